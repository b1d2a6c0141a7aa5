"""The command ``python -m sklearn_ecg``, which is ``sklearn-ecg``."""

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main())
