"""A classifier that kills the worker that it is in, as often as a file says."""

import os
import signal
from pathlib import Path

from sklearn_ecg import PrunedCNNClassifier


class Deadly(PrunedCNNClassifier):
    """Dies at the first beat of a recording, once for each line of its `lives`."""

    lives: str = ""

    def predict(self, X):
        lives = Path(self.lives)
        left = lives.read_text().splitlines() if lives.exists() else []
        if left:
            lives.write_text("\n".join(left[1:]))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().predict(X)
