"""Pipelines put together for a purpose."""

from typing import Any

from sklearn.pipeline import Pipeline

from ._types import RandomState
from .classifier._classifier import PrunedCNNClassifier
from .windows._segmenter import BeatSegmenter


def make_interpatient_pipeline(
    sparsity: float = 0.9,
    *,
    causal: bool = False,
    random_state: RandomState = None,
    verbose: int = 0,
    **parameters: Any,
) -> Pipeline:
    """Make a Pipeline for patients who are not in the training data.

    The segmenter's relative features say how a beat differs from what is typical of
    its own patient, and the network ``"twobranch"`` keeps them apart from the window,
    which is shifted by up to 3 samples, and noisy, while training. All this was chosen
    by cross-validation between the patients of DS1; what it is worth is in the results
    of the documentation. For patients who are known, whose beats are in the training
    data, the defaults of the two steps do better.

    Parameters
    ----------
    sparsity : float in [0, 1), default=0.9
        Fraction of the prunable weights that is zero at the end.
    causal : bool, default=False
        Do without the interval to the next beat, which a device must wait for.
    random_state : int, RandomState instance or None, default=None
        As in `PrunedCNNClassifier`.
    verbose : int, default=0
        If not 0, progress is shown.
    **parameters
        Further parameters of `PrunedCNNClassifier`, but `module`; among them
        `max_shift` and `max_noise`, which are not its defaults here.

    Returns
    -------
    Pipeline
        With the steps ``segment`` and ``classify``, not fitted.

    See Also
    --------
    sklearn_ecg.model_selection.DeChazalSplit : Measure it on patients kept apart.

    Examples
    --------
    >>> from sklearn_ecg import make_interpatient_pipeline
    >>> from sklearn_ecg.datasets import make_ecg
    >>> beats = make_ecg(n_records=3, random_state=0)
    >>> training = beats.groups != beats.groups[-1]
    >>> pipeline = make_interpatient_pipeline(n_epochs=2, n_stages=1, random_state=0)
    >>> pipeline = pipeline.fit(beats.data[training], beats.target[training])
    >>> labels = pipeline.predict(beats.data[~training])
    """
    chosen = {
        "max_shift": 3,
        "max_noise": 0.2,
        "batch_size": 1024,
        "learning_rate": 0.006,
    }
    segmenter = BeatSegmenter(
        rr_features=["rr_prev"] if causal else ["rr_prev", "rr_next"],
        relative_features="causal" if causal else "all",
        verbose=verbose,
    )
    classifier = PrunedCNNClassifier(
        sparsity,
        module="twobranch",
        random_state=random_state,
        verbose=verbose,
        **chosen | parameters,
    )
    return Pipeline([("segment", segmenter), ("classify", classifier)])
