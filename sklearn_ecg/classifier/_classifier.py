"""PrunedCNNClassifier: the scikit-learn boundary of training and pruning."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import Bunch, check_array, check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted
from torch import nn

from .._messages import listed, warn
from .._parameter_checks import checked, checked_weights
from .._types import RandomState
from ..networks import Complexity
from ..training import infer, ordinary_torch, run_stages, seeded
from ._adaptation import STRENGTHS, Strength, adapted_network
from ._calibration import Scaling, scaled_network
from ._data import (
    as_tensor,
    check_classes,
    forget,
    known_codes,
    read_rows,
    read_training_beats,
)
from ._network import (
    build_network,
    check_structure,
    with_contiguous_weights,
    with_weights,
)
from ._parameters import (
    checked_parameters,
    checked_sparsities,
    checked_stage_epochs,
    class_weights,
    compaction,
    epochs_of_first,
    held_out,
    progress,
    pruning_plan,
    training_plan,
)
from ._stage_record import RecallGuard, StageRecord, complexity_of


class PrunedCNNClassifier(ClassifierMixin, BaseEstimator):
    """Convolutional network for heartbeats, pruned and retrained in stages.

    `fit` trains a dense network, then repeats `n_stages` times: zero the weights that
    matter least, retrain the rest. It ends with the fraction `sparsity` of all
    convolution and dense weights at exactly zero. The method is by Li et al. [1]_,
    whose abstract leaves network, schedule and criterion open: those are choices of
    this project.

    Parameters
    ----------
    sparsity : float in [0, 1), default=0.6
        Fraction of the prunable weights (those of convolutions and dense layers) that
        is zero at the end, or of something else by `budget`. 0 gives the dense network.
    n_stages : int >= 1, default=4
        Number of times to prune and retrain. 1 is one-shot pruning with fine-tuning.
    criterion : {"lamp", "magnitude"} or callable, default="lamp"
        Which weights go first: layer-adaptive magnitude [2]_, or the smallest of all.
        Or a function of your own: of the squared weights of a layer, a tensor of shape
        (n_weights,), it returns their scores; over all layers, the lowest go first.
    schedule : {"cubic", "linear", "geometric"} or list of float, default="cubic"
        Sparsity after each stage. A list names all of them, rising; it ends with
        `sparsity` and takes the place of `n_stages`.
    layer_floor : float in [0, 1], default=0.1
        Each layer keeps at least this share of the weights that it would keep if all
        layers were pruned alike, so that no thin layer is emptied.
    budget : {"weights", "macs"}, default="weights"
        What `sparsity`, and those of `schedule`, are fractions of: the prunable
        weights, or the multiplications with them in one beat (MACs). A weight of a
        convolution takes one for each output sample, so that weights then rank by
        score over cost: more go from convolutions, and fewer in all. At least that
        fraction of the dense network's MACs goes, and as little more as whole weights
        allow.
    structure : {"weight", "pair", "channel"}, default="weight"
        What is pruned together: nothing, or neighbouring taps of a kernel and
        neighbouring inputs of a dense layer in twos, (0, 1), (2, 3) and so on (an odd
        last one is alone), as instructions that multiply two pairs at once want it; or
        whole channels of convolutions and hidden units of a ``"beatcnn"``, which are
        dropped from `module_`: it gets smaller. With channels at least `sparsity` of
        the weights goes, those included that took the channels' output, and as little
        more as whole channels allow.
    n_epochs : int >= 1, default=10
        Epochs of the dense training.
    stage_epochs : int >= 1 or list of int, default=4
        Epochs of retraining in each stage; a list has a number for each. Of the same
        epochs in all, more at the last stage, as in ``[2, 2, 4, 8]``, make more of a
        very sparse network.
    batch_size : int >= 2, default=256
        Beats in a training step.
    learning_rate : float > 0, default=0.012
        Peak of the one-cycle schedule, which each stage starts anew ("rewinding" [3]_).
    stage_learning_rate : float > 0 or None, default=None
        Constant learning rate of the stages instead of rewinding.
    optimizer : {"adamw", "sgd"}, default="adamw"
        The optimizer.
    momentum : float in [0, 1), default=0.9
        Momentum of SGD.
    weight_decay : float >= 0, default=1e-4
        Weight decay.
    distillation : float in [0, 1], default=0.5
        Share of the loss of the stages that follows the dense network's logits, at
        temperature 2, rather than the labels [4]_. 0 does without.
    max_shift : int >= 0, default=0
        While training, each window is shifted by up to so many samples, later or
        earlier, drawn anew at every step: for R peaks that another detector finds
        elsewhere.
    max_noise : float >= 0, default=0.0
        While training, each window gets white noise of a standard deviation up to this
        one, in the unit of the windows.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, as everywhere in scikit-learn.
    min_recall : dict of label to float, or None, default=None
        Lowest recall (sensitivity) of a class, in [0, 1], that pruning may leave, such
        as ``{"V": 0.9}``. It is measured after each stage on a part of the training
        data that is held out, as for `early_stopping`. A stage that falls below is
        rejected: with a warning `fit` goes back to the stage before and ends there. A
        dense network that falls below is kept, with a warning, and not pruned.
    max_recall_drop : float in [0, 1], dict of label to float, or None, default=None
        The same relative to the dense network: how far the recall of a class may fall
        below the dense network's. A number is for all classes. Where a class has a
        floor from both, the higher counts.
    early_stopping : bool, default=False
        Hold out a part of the training data; stop the dense training, and each stage,
        when its loss there no longer falls, and keep the best epoch's weights.
    validation_fraction : float in (0, 0.5], default=0.1
        Size of the part held out for `early_stopping`, `min_recall` and
        `max_recall_drop`: whole patients if `fit` is given `groups`, else a random part
        stratified by class.
    patience : int >= 1, default=3
        Epochs without a lower validation loss before stopping.
    module : {"beatcnn", "twobranch", "acharya2017"} or callable, default="beatcnn"
        The network: ``"twobranch"`` for patients that are not in the training data,
        with the segmenter's relative features; or a class or function called as
        ``module(n_channels, n_samples, n_rhythm, n_classes, **module_params)`` that
        returns a `torch.nn.Module` with ``forward(signal, rhythm)``: see the user
        guide.
    module_params : dict or None, default=None
        Further arguments of `module`, such as ``{"n_hidden": 16}``.
    device : str, default="cpu"
        Where to train. The fitted network is on the CPU.
    random_state : int, RandomState instance or None, default=None
        Governs initial weights, batches, what is varied in them, and the validation
        part. With an int, fits are the same to the bit, and the global generators of
        torch and numpy are left as they were.
    verbose : int, default=0
        1 shows a progress bar over stages and epochs.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    module_ : torch.nn.Module
        The fitted network in evaluation mode, with the zeros in its weights. They are
        contiguous, as safetensors wants them.
    stages_ : list of dict
        One for the dense training and one for each stage: ``stage``,
        ``target_sparsity``, ``sparsity``, ``n_nonzero``, ``macs``, ``n_epochs``,
        ``train_loss`` (of the last epoch), ``train_score`` (accuracy on the training
        data, as `score` gives it with the same weights), ``losses`` and ``scores`` (of
        each epoch, while its weights still move); with a part held out also
        ``validation_score`` (accuracy) and ``validation_recall`` (by class; NaN for a
        class with no beat there), with `early_stopping` also ``validation_loss`` (the
        one kept) and ``validation_losses``; with `min_recall` or `max_recall_drop`
        also ``accepted``, False for a stage that was rejected, which is the last then.
        ``pandas.DataFrame(clf.stages_)`` makes a table of it.
    sparsity_ : float
        Fraction of the prunable weights that is zero, whatever the `budget`; counted
        in `module_`, also if other weights were loaded into it.
    complexity_ : Complexity
        Parameters, non-zeros, dense and remaining multiplications, bytes; counted as
        `sparsity_` is.
    recall_floors_ : dict of label to float
        Lowest recall allowed; with `min_recall` or `max_recall_drop` only.
    layout_ : InputLayout
        Channels, samples and rhythm features of a row.
    sample_range_ : tuple of float
        Least and greatest sample of the windows that it was trained on. It does not
        scale them: later ones have to be scaled as these were.
    n_features_in_ : int
        Columns of X (channels times samples for a 3-D array).
    feature_names_in_ : ndarray of str
        Names of the columns, if X has some.

    References
    ----------
    .. [1] Li, Panicker, Cardiff, John, "Multistage Pruning of CNN Based ECG Classifiers
       for Edge Devices", arXiv:2109.00516.
    .. [2] Lee et al., "Layer-adaptive Sparsity for the Magnitude-based Pruning",
       arXiv:2010.07611.
    .. [3] Renda, Frankle, Carbin, "Comparing Rewinding and Fine-tuning in Neural
       Network Pruning", arXiv:2003.02389.
    .. [4] Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network",
       arXiv:1503.02531.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
    >>> from sklearn_ecg.datasets import make_ecg
    >>> beats = make_ecg(n_records=2, random_state=0)
    >>> classifier = PrunedCNNClassifier(sparsity=0.8, n_stages=2, random_state=0)
    >>> pipeline = make_pipeline(BeatSegmenter(), classifier)
    >>> pipeline = pipeline.fit(beats.data, beats.target)
    >>> round(classifier.sparsity_, 3)
    0.8
    >>> labels = pipeline.predict(beats.data)
    """

    # With metadata routing on, scikit-learn hands the patients over when it has them.
    __metadata_request__fit = {"groups": True}  # noqa: RUF012

    def __init__(
        self,
        sparsity: float = 0.6,
        n_stages: int = 4,
        *,
        criterion: Literal["lamp", "magnitude"] | Callable[..., Any] = "lamp",
        schedule: Literal["cubic", "linear", "geometric"] | Sequence[float] = "cubic",
        layer_floor: float = 0.1,
        budget: Literal["weights", "macs"] = "weights",
        structure: Literal["weight", "pair", "channel"] = "weight",
        n_epochs: int = 10,
        stage_epochs: int | Sequence[int] = 4,
        batch_size: int = 256,
        learning_rate: float = 0.012,
        stage_learning_rate: float | None = None,
        optimizer: Literal["adamw", "sgd"] = "adamw",
        momentum: float = 0.9,
        weight_decay: float = 1e-4,
        distillation: float = 0.5,
        max_shift: int = 0,
        max_noise: float = 0.0,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        min_recall: Mapping[Any, float] | None = None,
        max_recall_drop: float | Mapping[Any, float] | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 3,
        module: str | Callable[..., nn.Module] = "beatcnn",
        module_params: Mapping[str, Any] | None = None,
        device: str = "cpu",
        random_state: RandomState = None,
        verbose: int = 0,
    ) -> None:
        self.sparsity = sparsity
        self.n_stages = n_stages
        self.criterion = criterion
        self.schedule = schedule
        self.layer_floor = layer_floor
        self.budget = budget
        self.structure = structure
        self.n_epochs = n_epochs
        self.stage_epochs = stage_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.stage_learning_rate = stage_learning_rate
        self.optimizer = optimizer
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.distillation = distillation
        self.max_shift = max_shift
        self.max_noise = max_noise
        self.class_weight = class_weight
        self.min_recall = min_recall
        self.max_recall_drop = max_recall_drop
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.module = module
        self.module_params = module_params
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        X: ArrayLike | pd.DataFrame,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train the network, prune it stage by stage, and retrain it.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_features), array-like of that shape, or \
array of shape (n_beats, n_channels, n_samples)
            The windows. In the table of a `BeatSegmenter` channels and rhythm features
            are told apart by the names of the columns; a 2-D array is one channel. A
            step in between that drops the names, such as a scaler, turns rhythm
            features into samples: have it keep them, by
            ``pipeline.set_output(transform="pandas")``.
        y : array-like of shape (n_beats,)
            Labels of any kind.
        groups : array-like of shape (n_beats,), default=None
            Patients. A validation part, for `early_stopping`, `min_recall` or
            `max_recall_drop`, consists of whole patients; without one, they are not
            used.
        sample_weight : array-like of shape (n_beats,) or float, default=None
            What each beat counts, 0 or more: in the loss, in the statistics of batch
            norm, in ``class_weight="balanced"`` and in the scores of `stages_`. A beat
            of weight 2 counts as the same beat twice, and one of weight 0 is left out,
            as if it were not in X. If all weigh the same, the fit is to the bit that
            without weights. Batches are of `batch_size` beats, whatever they weigh.

        Returns
        -------
        PrunedCNNClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter has the wrong type or is out of range, X, y or the weights
            are not usable, X has more channels than samples, fewer than two classes
            are in y, a guarded class has no beat in the validation part, or the
            loss becomes infinite or NaN. The estimator is then not fitted.

        Warns
        -----
        UserWarning
            If a class has one beat only, or `min_recall` or `max_recall_drop` ended the
            pruning.
        """
        try:
            return self._fit(X, y, groups, sample_weight)
        except BaseException:
            forget(self)
            raise

    @ordinary_torch()
    def _fit(self, X, y, groups, sample_weight):
        forget(self)
        parameters = checked_parameters(self)
        beats = read_training_beats(self, X, y, groups, sample_weight)
        check_classes(beats)
        classes, layout = beats.classes, beats.layout
        class_weight = class_weights(parameters.class_weight, beats)
        guard = RecallGuard.of(
            parameters.min_recall, parameters.max_recall_drop, classes.tolist()
        )

        random = check_random_state(parameters.random_state)
        data, validation = held_out(parameters, beats, guard, random)
        compact = compaction(parameters.structure)
        record = StageRecord(layout, classes, data, validation, guard, compact)
        with seeded(random, parameters.device) as generator:
            module = build_network(
                parameters.module, parameters.module_params, layout, classes
            )
            check_structure(parameters.structure, module)
            unpruned = complexity_of(module, layout)
            training = training_plan(parameters, class_weight, generator)
            _run_stages(parameters, module, data, validation, training, record)

        self.classes_ = classes
        self.layout_ = layout
        self.sample_range_ = beats.sample_range
        if guard is not None:
            self.recall_floors_ = record.floors
        module = record.last_accepted(module)
        self._finish(module, record.rows, record.weights, unpruned)
        # They are those of the network itself.
        self._stage_weights_.pop(self._last_stage(), None)
        if record.rejected:
            warn(record.rejection())
        return self

    def pruning_path(
        self,
        X: ArrayLike | pd.DataFrame,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        sparsities: Sequence[float] = (0.0, 0.5, 0.6, 0.8, 0.9, 0.95),
    ) -> Bunch:
        """Fit once, and keep the classifier of every sparsity on the way.

        Multistage training passes through the lower sparsities anyway, so that a whole
        path costs little more than its last classifier. With an int as `random_state`
        each classifier is to the bit the one that `fit` with its parameters gives. The
        estimator itself is left as it is.

        Parameters
        ----------
        X, y, groups, sample_weight : see `fit`
            Training data.
        sparsities : sequence of float in [0, 1)
            Where to stop on the way; they take the place of `sparsity`, `n_stages` and
            `schedule`.

        Returns
        -------
        Bunch
            With entries in order of sparsity: ``sparsities`` and ``n_nonzero`` (ndarray
            of shape (n_sparsities,)), ``stages`` (list of dict, as in `stages_`) and
            ``classifiers`` (list of fitted `PrunedCNNClassifier`). Where `min_recall`
            or `max_recall_drop` rejects a stage, the path ends with the one before, and
            is the dense network if there is none; ``stages`` has the rejected one too.

        Raises
        ------
        ValueError
            As `fit` does.

        Examples
        --------
        >>> from sklearn.datasets import make_blobs
        >>> from sklearn_ecg import PrunedCNNClassifier
        >>> X, y = make_blobs(100, n_features=20, random_state=0)
        >>> classifier = PrunedCNNClassifier(n_epochs=2, stage_epochs=1, random_state=0)
        >>> path = classifier.pruning_path(X, y, sparsities=[0, 0.5, 0.9])
        >>> [round(c.sparsity_, 2) for c in path.classifiers]
        [0.0, 0.5, 0.9]
        """
        owner = type(self).__name__
        stops = checked_sparsities(owner, sparsities)
        pruned = [sparsity for sparsity in stops if sparsity > 0]
        checked_stage_epochs(owner, self.stage_epochs, len(pruned))

        def at(sparsity):
            return self._through(
                pruned[: pruned.index(sparsity) + 1 if sparsity else 0]
            )

        last = at(stops[-1])._fit(X, y, groups, sample_weight)
        reached = {
            stage: sparsity
            for stage, sparsity in enumerate(stops, start=0 if stops[0] == 0 else 1)
            if stage <= last._last_stage()
        } or {0: 0.0}
        classifiers = [
            at(sparsity)._become(last, stage) for stage, sparsity in reached.items()
        ]
        return Bunch(
            sparsities=np.array(list(reached.values())),
            n_nonzero=np.array([c.complexity_.n_nonzero for c in classifiers]),
            stages=last.stages_[min(reached) :],
            classifiers=classifiers,
        )

    def at_stage(self, stage: int) -> PrunedCNNClassifier:
        """Return the classifier as it was when a stage was done.

        A fitted classifier keeps the weights of all its stages, those that are not zero
        and a bit for each. The one returned keeps its own only: ``at_stage(-1)`` is the
        classifier at its smallest, to be stored.

        Parameters
        ----------
        stage : int
            Number of the stage, as in `stages_`; 0 is the dense network. Negative
            numbers count from the end, as in a list.

        Returns
        -------
        PrunedCNNClassifier
            A fitted classifier with `stages_` up to that one, and to the bit the
            predictions of then. Its `sparsity` and `schedule` are those that `fit`
            would make it with.

        Raises
        ------
        ValueError
            If the weights of that stage are not here.
        TypeError
            If `stage` is no integer.

        Examples
        --------
        >>> from sklearn.datasets import make_blobs
        >>> from sklearn_ecg import PrunedCNNClassifier
        >>> X, y = make_blobs(100, n_features=20, random_state=0)
        >>> classifier = PrunedCNNClassifier(
        ...     sparsity=0.9, n_stages=2, n_epochs=2, stage_epochs=1, random_state=0
        ... ).fit(X, y)
        >>> [round(classifier.at_stage(k).sparsity_, 2) for k in (0, 1, 2)]
        [0.0, 0.79, 0.9]
        """
        check_is_fitted(self)
        number = self._stage_number(stage)
        pruned = [row["target_sparsity"] for row in self.stages_[1 : number + 1]]
        is_last = number == len(self.stages_) - 1
        then = clone(self) if is_last else self._through(pruned)
        return then._become(self, number, keep_earlier=False)

    @ordinary_torch()
    def adapted(
        self,
        X: ArrayLike | pd.DataFrame,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        strength: Strength = "auto",
    ) -> PrunedCNNClassifier:
        """Return a classifier that a few labelled beats of one patient have adapted.

        Only the last layer moves, and no weight that is zero becomes another: the
        network stays as small, and what it looks at stays as it is. Each weight is
        drawn towards what it was. This one is left as it is.

        Parameters
        ----------
        X : DataFrame, array-like or array
            Windows, as `predict` takes them; such as the beats of the first minutes, in
            order of time.
        y : array-like of shape (n_beats,)
            Their labels, all of them known to this classifier.
        sample_weight : array-like of shape (n_beats,), default=None
            What each beat counts, from 0 on; None is 1. Labels that were carried from
            one beat to others are one opinion, and count less.
        strength : "auto" or float > 0, default="auto"
            How far a weight is expected to move: the standard deviation of a normal
            prior around what it was. ``"auto"`` is careful, see Notes.

        Returns
        -------
        PrunedCNNClassifier
            Fitted; with the network of the last stage only.

        Raises
        ------
        ValueError
            If X or y are not usable, a label is unknown, or the network is not of this
            package.

        See Also
        --------
        sklearn_ecg.adapt : The same for a Pipeline.

        Notes
        -----
        A few minutes may be unlike the rest of a recording. So ``"auto"`` moves weights
        by 0.03, and by 0.1 or 0.3 only where that foretells beats better: each fifth of
        the rows is labelled after learning from the others, and their log-likelihood
        has to gain 20. And a class without a beat in `y` may still come: while others
        are learnt, its odds count a tenth, so that it is hardly unlearnt. A number
        takes the labels at their word.

        Examples
        --------
        >>> from sklearn.datasets import make_blobs
        >>> from sklearn_ecg import PrunedCNNClassifier
        >>> X, y = make_blobs(200, n_features=20, cluster_std=4, random_state=0)
        >>> classifier = PrunedCNNClassifier(n_epochs=2, stage_epochs=1, random_state=0)
        >>> classifier = classifier.fit(X[:100], y[:100])
        >>> moved = X + 2.0  # another patient
        >>> adapted = classifier.adapted(moved[100:150], y[100:150])
        >>> later = moved[150:], y[150:]
        >>> adapted.score(*later) >= classifier.score(*later)
        True
        """
        check_is_fitted(self)
        given = checked(
            type(self).__name__, {"strength": strength}, {"strength": STRENGTHS}
        )
        layout = self.layout_
        rows = as_tensor(layout.arrange(read_rows(self, X, layout)))
        codes = known_codes(self.classes_, y, len(rows))
        then = clone(self)._become(self, self._last_stage(), keep_earlier=False)
        weights = checked_weights(sample_weight, len(rows))
        weights = torch.ones(len(rows)) if weights is None else as_tensor(weights)
        then.module_ = adapted_network(
            then.module_, rows, layout.window_shape, codes, weights, given["strength"]
        )
        return then

    @ordinary_torch()
    def calibrated(
        self,
        log_proba: ArrayLike,
        y: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> PrunedCNNClassifier:
        """Return a classifier whose probabilities are as often right as they say.

        All logits are divided by one temperature [1]_, and classes get a bias, by
        maximum likelihood. Both go into the weights of the last layer, so that zeros
        stay zeros and the network, also on a device, computes nothing more. This one is
        left as it is.

        Parameters
        ----------
        log_proba : array-like of shape (n_beats, n_classes)
            `predict_log_proba` of beats of patients that weren't trained on, classes in
            the order of `classes_`: by this classifier, or in cross-validation by those
            of the folds. Of a `MultiLeadPipeline` take the Pipeline's, as the mean of
            the leads is calibrated by the same temperature and biases.
        y : array-like of shape (n_beats,)
            Labels of these beats, all of them known to this classifier. A class with
            few beats gets little bias.
        bias : array-like of labels, default=None
            The classes that get a bias; None is all. A temperature alone, by ``[]``,
            leaves every label as it is; biases move the borders between classes. A
            class that is too rarely found in some patients and too often in others is
            better left without.
        sample_weight : array-like of shape (n_beats,), default=None
            What each beat counts: less for those of a class that is rarer where the
            classifier will be used than in `y`.

        Returns
        -------
        PrunedCNNClassifier
            Fitted; with the network of the last stage only.

        Raises
        ------
        ValueError
            If `log_proba` has another shape or holds what is not finite, a label of `y`
            or `bias` is unknown, or the network is not of this package.

        References
        ----------
        .. [1] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern
           Neural Networks", arXiv:1706.04599.

        Examples
        --------
        >>> from sklearn.datasets import make_blobs
        >>> from sklearn.metrics import log_loss
        >>> from sklearn_ecg import PrunedCNNClassifier
        >>> X, y = make_blobs(900, n_features=9, cluster_std=8, random_state=0)
        >>> classifier = PrunedCNNClassifier(n_epochs=30, random_state=0)
        >>> classifier = classifier.fit(X[:100], y[:100])
        >>> new = classifier.predict_log_proba(X[100:500])
        >>> calibrated = classifier.calibrated(new, y[100:500])
        >>> loss, loss_before = (
        ...     log_loss(y[500:], each.predict_proba(X[500:]))
        ...     for each in (calibrated, classifier)
        ... )
        >>> loss < loss_before
        True
        """
        check_is_fitted(self)
        log_proba = check_array(log_proba, input_name="log_proba")
        if log_proba.shape[1] != len(self.classes_):
            raise ValueError(
                f"log_proba has {log_proba.shape[1]} columns: must have one for each "
                f"class, {len(self.classes_)}."
            )
        codes = known_codes(self.classes_, y, len(log_proba)).numpy()
        biased = self.classes_ if bias is None else np.asarray(bias)
        _refuse_unknown(biased, self.classes_)
        has_bias = np.isin(self.classes_, biased)
        weights = checked_weights(sample_weight, len(codes))
        scaling = Scaling.fitted(log_proba, codes, has_bias, weights)
        then = clone(self)._become(self, self._last_stage(), keep_earlier=False)
        then.module_ = scaled_network(then.module_, scaling)
        return then

    def _through(self, sparsities):
        """Return a classifier like this one that goes through the stages given."""
        then = clone(self).set_params(
            sparsity=sparsities[-1] if sparsities else 0.0,
            schedule=sparsities or "cubic",
        )
        epochs = epochs_of_first(self.stage_epochs, len(sparsities))
        return then.set_params(stage_epochs=epochs)

    def _stage_number(self, stage):
        """Check the number of a stage; a negative one counts from the end."""
        check_scalar(stage, "stage", Integral)
        here = self._kept_stages()
        number = here[-1] + 1 + stage if stage < 0 else stage
        if number not in here:
            raise ValueError(
                f"stage={stage!r}: must be one of the stages whose weights are here, "
                f"{here}, or negative to count from the last."
            )
        return number

    def _kept_stages(self):
        """List the numbers of the stages whose weights are here."""
        return [*self._stage_weights_, self._last_stage()]

    def _last_stage(self):
        """Return the number of the stage whose weights are those of the network."""
        accepted = sum(row.get("accepted", True) for row in self.stages_)
        return max(accepted, 1) - 1

    def _become(self, other, number, *, keep_earlier=True):
        """Become what `other` was when it had done the stage of that number."""
        names = ("n_features_in_", "feature_names_in_", "classes_", "layout_")
        for name in (*names, "sample_range_", "recall_floors_"):
            if hasattr(other, name):
                setattr(self, name, copy.copy(getattr(other, name)))
        weights = other._stage_weights_
        if number in weights:
            module = with_weights(other.module_, weights[number])
        else:
            module = copy.deepcopy(other.module_)
        earlier = range(number if keep_earlier else 0)
        return self._finish(
            module,
            copy.deepcopy(other.stages_[: number + 1]),
            {stage: weights[stage] for stage in earlier if stage in weights},
            other._unpruned_,
        )

    def _finish(self, module, stages, stage_weights, unpruned):
        self.module_ = with_contiguous_weights(module)
        self.stages_ = stages
        self._stage_weights_ = stage_weights
        self._unpruned_ = unpruned
        return self

    @property
    def sparsity_(self) -> float:
        """Fraction of the prunable weights that is zero in `module_`."""
        return self.complexity_.sparsity

    @property
    def complexity_(self) -> Complexity:
        """Parameters, non-zeros, multiplications and bytes of `module_`."""
        check_is_fitted(self)
        return complexity_of(self.module_, self.layout_, self._unpruned_)

    def predict_proba(self, X: ArrayLike | pd.DataFrame) -> np.ndarray:
        """Probability of each class.

        A beat's probabilities do not depend, to the last bit, on the other beats in X.

        Parameters
        ----------
        X : DataFrame, array-like or array
            Windows of the shape and, if named, with the columns seen in `fit`.

        Returns
        -------
        ndarray of shape (n_beats, n_classes)
            Probabilities, in the order of `classes_`.
        """
        logits = self._logits(X).double()
        return torch.softmax(logits, dim=1).numpy()

    def predict_log_proba(self, X: ArrayLike | pd.DataFrame) -> np.ndarray:
        """Logarithm of the probability of each class.

        Parameters
        ----------
        X : DataFrame, array-like or array
            Windows of the shape and, if named, with the columns seen in `fit`.

        Returns
        -------
        ndarray of shape (n_beats, n_classes)
            Natural logarithms, in the order of `classes_`; finite also where a
            probability is rounded to 0.
        """
        logits = self._logits(X).double()
        return torch.log_softmax(logits, dim=1).numpy()

    def predict(self, X: ArrayLike | pd.DataFrame) -> np.ndarray:
        """Most probable class.

        Parameters
        ----------
        X : DataFrame, array-like or array
            Windows of the shape and, if named, with the columns seen in `fit`.

        Returns
        -------
        ndarray of shape (n_beats,)
            Labels as they were given to `fit`.
        """
        codes = self._logits(X).argmax(dim=1).numpy()
        return self.classes_[codes]

    def _logits(self, X):
        check_is_fitted(self)
        layout = self.layout_
        rows = as_tensor(layout.arrange(read_rows(self, X, layout)))
        logits = infer(self.module_, rows, layout.window_shape)
        broken = torch.nonzero(~torch.isfinite(logits).all(dim=1)).flatten().tolist()
        if broken:
            raise ValueError(
                f"{len(broken)} of the {len(logits)} rows of X give scores that are "
                f"infinite or NaN, as they hold extreme values: {listed(broken)}. "
                "Leave these beats out."
            )
        return logits


def _refuse_unknown(biased, classes):
    """Refuse a bias for a class that there is not."""
    unknown = sorted(set(biased.tolist()) - set(classes.tolist()), key=str)
    if unknown:
        raise ValueError(
            f"bias has the labels {listed(list(map(str, unknown)))}: must be some of "
            f"{listed(list(map(str, classes.tolist())))}."
        )


def _run_stages(parameters, module, data, validation, training, record):
    """Run stage after stage, as long as the record accepts them."""
    pruning = pruning_plan(parameters)
    stopping = validation if parameters.early_stopping else None
    with progress(pruning.total_epochs, parameters.verbose) as show:
        for stage in run_stages(module, data, stopping, training, pruning, show):
            if not record.accepts(stage, module):
                break
