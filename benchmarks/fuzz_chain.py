"""Whatever libFuzzer thinks of, played to the C of a chain under sanitizers.

The chain in the box, with rhythm and names, and the same network in two leads, with
rhythm, are compiled by clang with libFuzzer, AddressSanitizer and
UndefinedBehaviorSanitizer. It pushes samples, tells of gaps, polls, ends, and sends
tables of names: of which bytes were changed, with the checksum of before or with a
right one. A finding ends it, and the input that did it is kept in the directory.

    python benchmarks/fuzz_chain.py --data DIRECTORY --minutes 60

It takes as long as is said, for both chains at once, and some minutes before.
"""

import subprocess
from pathlib import Path

from chain import LIMITS, RATE, SPLITS, paths, wearable_in_two_leads
from harness import parser_of

from sklearn_ecg.edge import export_c, names_table, quantize
from sklearn_ecg.edge._names import with_odd_names
from sklearn_ecg.models import load_pretrained_chain

SOURCE = Path(__file__).with_suffix(".c")
FLAGS = ["-g", "-O1", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover"]


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--out", type=Path, default=Path("fuzzed"))
    arguments = parser.parse_args()
    chains = {"one": load_pretrained_chain(), "two": in_two_leads(arguments.data)}
    running = {
        name: started(compiled(chain, arguments.out / name), 60 * arguments.minutes)
        for name, chain in chains.items()
    }
    for name, process in running.items():
        is_found = process.wait() != 0
        told = (arguments.out / name / "log").read_text().splitlines()
        print(name, "a finding" if is_found else "no finding")
        print(*[line for line in told if line.startswith("stat::number")], sep="\n")


def started(program, seconds):
    """Start a fuzzer, whose log is beside it."""
    directory = program.parent.resolve()
    corpus = directory / "corpus"
    corpus.mkdir(exist_ok=True)
    command = [program.resolve(), f"-max_total_time={round(seconds)}", "-max_len=2048"]
    command += ["-len_control=0", "-print_final_stats=1", corpus]
    # The C allocates nothing, and the peak of this process would count as the fuzzer's.
    command.append("-rss_limit_mb=0")
    with open(directory / "log", "w") as log:
        return subprocess.Popen(command, cwd=directory, stderr=log)


def in_two_leads(data):
    """Quantize the network of the chain in the box in two leads, with a gate."""
    recordings = paths(data / "mitdb", SPLITS["DS1"])
    model = wearable_in_two_leads()
    return quantize(model, recordings, sampling_rate=RATE, limits=LIMITS)


def compiled(chain, directory):
    """Compile the C of a chain with the fuzzer."""
    directory.mkdir(parents=True, exist_ok=True)
    takes_names = chain.inputs.n_leads == 1
    export_c(chain, directory, names=takes_names)
    if takes_names:
        table = names_table(chain, with_odd_names(chain))
        numbers = ", ".join(map(str, table))
        text = f"static const uint8_t named[{len(table)}] = {{{numbers}}};\n"
        (directory / "table.h").write_text(text)
    program = directory / "fuzz"
    define = "-DNAMES" if takes_names else "-DTWO_LEADS"
    command = ["clang", *FLAGS, define, f"-I{directory}", SOURCE, "-o", program]
    subprocess.run(command, check=True)
    return program


if __name__ == "__main__":
    main()
