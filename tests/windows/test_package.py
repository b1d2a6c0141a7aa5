import subprocess
import sys
from pathlib import Path

import sklearn_ecg

WITHOUT_ITS_OWN_IMPORTS = """
import sys, types
package = types.ModuleType("sklearn_ecg")
package.__path__ = [sys.argv[1]]
sys.modules["sklearn_ecg"] = package
import sklearn_ecg.windows
from sklearn_ecg.windows import BeatSegmenter
loaded = {name.partition(".")[0] for name in sys.modules}
rooms = {name.split(".")[1] for name in sys.modules if name.startswith("sklearn_ecg.")}
print(*sorted(loaded & {"torch", "skorch", "numpy"}), *sorted(rooms))
"""


def test_windows_are_cut_without_torch_and_without_the_rooms_that_follow():
    # What the package itself imports for its users is another matter.
    root = Path(sklearn_ecg.__file__).parent
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_ITS_OWN_IMPORTS, str(root)],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(found.stdout.split())
    assert {"numpy", "windows", "beats", "records"} <= loaded
    assert not loaded & {"torch", "skorch", "networks", "training", "classifier"}
    assert not loaded & {"datasets", "edge", "metrics", "displays"}
