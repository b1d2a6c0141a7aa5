"""Makes the chain in the box, and the module of its page.

Whatever changes the chain, its C or the compiler's options wants a new one: the tests
of the page say so. Of a chain that stays the same, `--module-only` compiles anew.

    OMP_NUM_THREADS=1 python benchmarks/ready_chain.py --data DIRECTORY
"""

from pathlib import Path

from harness import parser_of

import sklearn_ecg
from sklearn_ecg import load_pretrained, save_model
from sklearn_ecg._cli._export import chosen_to_calibrate
from sklearn_ecg.edge import quantize
from sklearn_ecg.edge.page._module import compiled
from sklearn_ecg.records import recordings_in

PACKAGE = Path(sklearn_ecg.__file__).parent
RATE, GAIN = 250, 200


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--module-only", action="store_true", help="of the same chain")
    arguments = parser.parse_args()
    path = PACKAGE / "models/pretrained/chains/wearable.ecg"
    if not arguments.module_only:
        save_model(chain_of(arguments.data), path)
    chain = sklearn_ecg.load_model(path)
    ready = PACKAGE / "edge/page/ready"
    ready.mkdir(exist_ok=True)
    for old in ready.glob("*.wasm"):
        old.unlink()
    module = ready / f"{chain.fingerprint_[:16]}.wasm"
    module.write_bytes(compiled(chain))
    for written in (path, module):
        print(f"{written}: {written.stat().st_size} bytes")


def chain_of(data):
    """Quantize as `sklearn-ecg export wearable --rate 250` does."""
    model = load_pretrained("wearable")
    chosen = chosen_to_calibrate(recordings_in(data / "mitdb"))
    chain = quantize(model, chosen, sampling_rate=RATE, adc_gain=GAIN)
    chain.card_ = model.card_
    return chain


if __name__ == "__main__":
    main()
