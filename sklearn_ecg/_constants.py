"""Names that the help of the command lists, without importing what takes seconds."""

from pathlib import Path

USUAL_LEADS = ("MLII", "II", "V5")
"""The leads that are looked for, in this order, where nobody names one.

The modified lead II of ambulatory recorders, the lead II that it imitates, and the lead
that the MIT-BIH Arrhythmia Database itself puts in its place in records 102 and 104.
"""

DATABASE_NAMES = ("mitdb", "svdb", "nstdb", "incartdb", "qtdb", "edb", "ltdb", "nsrdb")
"""The databases of PhysioNet that are known; `datasets.DATABASES` describes them."""

CPU_NAMES = (
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m33",
    "riscv32",
    "esp32c3",
)
"""The cores that can be emulated; `edge.CPUS` describes them."""

PACKAGE_NAMES = (
    "arduino",
    "cmake",
    "cmsis-pack",
    "esp-idf",
    "platformio",
    "qemu",
    "zephyr",
)
"""The build systems whose files `edge.export_c` writes beside the C."""

OUTPUT_FORMATS = ("wfdb", "edf", "csv", "parquet", "html", "pdf")
"""The formats in which an annotation is written."""

_BOX = Path(__file__).parent / "models" / "pretrained"
PRETRAINED = {path.stem: path for path in sorted(_BOX.glob("*.ecg"))}
"""The files of the models in the box, by name."""

CHAINS = {path.stem: path for path in sorted((_BOX / "chains").glob("*.ecg"))}
"""Those of them that are there as chains of a device, too."""
