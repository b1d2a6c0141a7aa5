"""The transformer from beat tables to windows of signal."""

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from tqdm.auto import tqdm

from .._types import OnInvalid
from ..beats import (
    check_table,
    interval_columns,
    rows_by_record,
    rows_of_r_peaks,
    rr_intervals,
    sample_numbers,
)
from ..patient import (
    BeatState,
    RhythmState,
    chosen_features,
    look_at_signal,
    milliseconds_of,
    required_columns,
)
from ..records import (
    LeftOut,
    UnusableSignalError,
    check_r_peaks,
    read_leads,
    tell_of_choices,
)
from ._columns import channel_names, sample_columns, without_channels
from ._features import columns_of, rhythm_columns
from ._grid import BEATS_AT_ONCE
from ._parameters import check_parameters
from ._ways import WINDOW, changes_for
from ._window_cutter import WindowCutter

_NO_SIGNAL = "samples of its window are missing (NaN, infinite or beyond ±4.3e9)"


class BeatSegmenter(TransformerMixin, BaseEstimator):
    """Cut a window of signal out of its record around each beat of a beat table.

    Each record is read once, and its lead, chosen by name, is checked and cut around
    the R peaks; each window is then standardized. Rhythm features follow the windows.
    Output rows are input rows, in their order, and each depends on its own beat and
    record alone, so that nothing leaks from one fold of a cross-validation into
    another.

    How windows are cut depends on `relative_features`. Without, the lead is resampled
    as a whole. A device that samples at `sampling_rate` can then repeat everything from
    the raw samples of one window and the RR intervals; `deployable_` says whether that
    holds for the other parameters. A device at another rate must resample too, and the
    filter for that reaches 10 samples of the slower of the two rates past either end of
    the window. With relative features, windows are those of a whole chain on a device:
    cut between the sums of samples, near 125 Hz, in which it detects R peaks.

    Parameters
    ----------
    lead : str or sequence of str, default=("MLII", "II", "V5")
        The leads, by the names that the records give them, in any spelling: ``"II"``
        finds ``ii``, ``Lead II`` and ``ECG II``. What several names mean is said by
        `channels`. The default is the modified lead II of ambulatory recorders, the
        lead II that it imitates, and the lead that the MIT-BIH Arrhythmia Database
        itself puts in its place in records 102 and 104. ``"any"`` is the first lead
        of a recording that is not called like another signal, such as ``Resp``, for a
        model that was trained on many leads. A fitted pipeline can be told
        to read another database, by ``pipeline.set_params(segment__lead="ECG1")``;
        its columns keep their names.

    channels : {"first", "all"}, default="first"
        - ``"first"``: one channel, the first of the leads that the record has. The
          columns carry the name of the first lead *listed*, for which the others
          stand in. One warning names the records in which a lead of another kind
          stands in; lead II is of the kind of MLII.
        - ``"all"``: a channel for each lead, in the order given. A record must have
          them all.

    before, after : float, default=0.25 and 0.45
        Extent of the window before and after the R peak, in seconds. Past the ends
        of the recording, the window is filled with the signal's first or last value.

    sampling_rate : float, default=180
        The rate of the windows, in Hz. Records at any rate are resampled to it, with a
        linear-phase low-pass filter against aliasing. With `relative_features`, it is
        the rate at which windows are interpolated, linearly, between working samples;
        a rate far above their 125 Hz shows nothing more.

    baseline : {None, "median"}, default=None
        ``"median"`` subtracts the baseline that median filters of 200 and 600 ms
        leave, after [1]_. Not deployable.

    bandpass : (float, float) or None, default=None
        Edges, in Hz, of a Butterworth band-pass filter of second order (fourth order
        in all) that is applied to the whole recording. The upper must be below half
        of `sampling_rate`, and of the rate of each record. Not deployable: the window
        that a device hands over doesn't hold the past of the filter.

    zero_phase : bool, default=False
        Run the band-pass filter forwards and backwards, so that it delays no wave. Has
        no effect without `bandpass`. Not deployable.

    normalize : {"beat", "record", None}, default="beat"
        - ``"beat"``: each channel of each window gets mean 0 and standard deviation 1.
          A flat window becomes zeros.
        - ``"record"``: the median of the whole lead is subtracted, then it is divided
          by the interquartile range. Not deployable: it looks ahead.
        - None: millivolts. Leads in V and µV are converted; those whose unit is
          unknown are left as they are.

    rr_features : {"all", "causal", None} or sequence of str, default="all"
        Rhythm features, in columns after the windows. Intervals are in seconds, whole
        milliseconds; ratios are whole multiples of 1/1024.

        - ``rr_prev``, ``rr_next``: the intervals from the beat before and to the beat
          after.
        - ``rr_local``: the local mean interval.
        - ``rr_prev_ratio``, ``rr_next_ratio``: the two intervals over the local mean.

        ``"causal"`` leaves out the two that must wait for the next beat. A device can
        repeat both sets, ``"all"`` with a delay of one beat. An unknown local mean
        counts as the previous interval, or as 1 s if that is unknown too, as at the
        first beat of a record; an unknown interval counts as the local mean.
        Intervals count up to 3 s, ratios up to 3.

    relative_features : {"all", "causal", None} or sequence of str, default=None
        Features that compare the beat with what is typical of its patient so far, in
        the last columns. They carry over to patients whom a model was not trained on
        far better than windows and intervals do. They need the column ``r_peaks`` of
        the beat table, and look back over all its beats. They are computed in integers,
        as on a device, and returned as multiples of their units. Not deployable from
        one window; :func:`~sklearn_ecg.edge.quantize`, given a `sampling_rate`, takes
        them into a chain, with the detector.

        - ``rr_prev_over_mean32`` and others: the two intervals over running means,
          quantiles and each other, in octaves (binary logarithms), and how irregular
          they are;
        - ``qrs_correlation``, ``qrs_width_relative`` and others: the QRS complex in
          the first channel against a running typical one;
        - ``p_size_relative``, ``t_correlation`` and others: the segments of P and T
          wave against those of usual beats;
        - ``qrs_correlation_1_before`` and others: the same of the three beats before.

        The user guide lists all. ``"causal"`` leaves out those that must wait for the
        next beat: all that start with ``rr_next``.

    on_invalid : {"warn", "raise", "ignore"}, default="warn"
        What happens to a beat without signal: one whose window holds a sample that is
        missing. Rows cannot be left out here:
        ``"warn"`` fills the whole row with NaN and warns once, naming all such beats;
        ``"ignore"`` fills it without a word; ``"raise"`` makes it an error. See
        `has_signal` for the way to leave them out.

    n_jobs : int or None, default=None
        Records that are read at the same time, in threads. None means 1, unless a
        `joblib.parallel_config` context says otherwise.

    verbose : int, default=0
        If not 0, a progress bar over the records is shown.

    Attributes
    ----------
    n_samples_ : int
        Samples in a window of one channel.

    times_ : ndarray of shape (n_samples,)
        Their times in seconds, with the R peak at 0.

    feature_names_out_ : ndarray of shape (n_features_out,)
        Names of the output columns: lead and time (``MLII@-0.250``), one channel
        after the other, then the rhythm features, then the relative ones. Characters of
        a lead's name that have a meaning in JSON are replaced by ``_``, because
        LightGBM refuses them.

    deployable_ : bool
        Whether a device that samples at `sampling_rate` can repeat the transformation
        from the raw samples of one window and the RR intervals. If not, a whole chain
        may still do it, from all samples of a lead, as with `relative_features`;
        ``sklearn-ecg info`` says both of a model.

    undeployable_parameters_ : tuple of str
        The parameters that prevent it.

    See Also
    --------
    sklearn_ecg.datasets.load_beats : Make the beat table of a directory of records.
    sklearn_ecg.datasets.beat_table : Make the beat table of one recording.

    Notes
    -----
    Windows of a resampled signal start on the sample of it that is nearest to where
    they should; those of working samples begin at any place between two of them. A
    working sample is the sum of so many samples that the rate is nearest to 125 Hz: of
    one at 128 Hz, of two at 250 Hz, of three at 360 Hz.

    Samples that are missing (NaN, or infinite) count as the last one before them when
    the signal is filtered; a window that holds one is a matter of `on_invalid`.
    Values of 2**32 and more, in the units of the record, count as missing: no
    converter counts so far.

    The beat table names records and doesn't hold them. So ``Pipeline(memory=...)``,
    which compares tables, returns the windows that it has cached even if a file of a
    record has changed since, or is gone: clear the cache then.

    There is no `n_features_in_`, which would make scikit-learn refuse other tables:
    columns are found by name, and further ones, in any order, are ignored.

    References
    ----------
    .. [1] P. de Chazal, M. O'Dwyer, R. B. Reilly (2004), "Automatic classification of
       heartbeats using ECG morphology and heartbeat interval features", IEEE
       Transactions on Biomedical Engineering 51(7):1196-1206.

    Examples
    --------
    >>> import numpy as np, wfdb
    >>> from sklearn_ecg import BeatSegmenter
    >>> from sklearn_ecg.datasets import beat_table
    >>> seconds = np.arange(0, 10, 1 / 250)
    >>> ecg = np.exp(-(((seconds % 0.8 - 0.4) / 0.02) ** 2))
    >>> record = wfdb.Record(
    ...     record_name="metronome", fs=250, sig_name=["II"], units=["mV"],
    ...     p_signal=ecg[:, np.newaxis], n_sig=1, sig_len=len(ecg),
    ... )
    >>> r_peaks = np.arange(100, 2500, 200)
    >>> segmenter = BeatSegmenter("II", before=0.1, after=0.2, sampling_rate=100)
    >>> windows = segmenter.fit_transform(beat_table(record, r_peaks))
    >>> windows.shape
    (12, 35)
    >>> windows.columns[[0, 10, 29, 30]].tolist()
    ['II@-0.100', 'II@+0.000', 'II@+0.190', 'rr_prev']
    >>> windows[["rr_prev", "rr_next_ratio"]].iloc[-1].tolist()  # no beat follows
    [0.800..., 1.0]
    >>> segmenter.deployable_
    True
    """

    def __init__(
        self,
        lead: str | Sequence[str] = ("MLII", "II", "V5"),
        *,
        channels: Literal["first", "all"] = "first",
        before: float = 0.25,
        after: float = 0.45,
        sampling_rate: float = 180,
        baseline: Literal["median"] | None = None,
        bandpass: tuple[float, float] | None = None,
        zero_phase: bool = False,
        normalize: Literal["beat", "record"] | None = "beat",
        rr_features: str | Sequence[str] | None = "all",
        relative_features: str | Sequence[str] | None = None,
        on_invalid: OnInvalid = "warn",
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.lead = lead
        self.channels = channels
        self.before = before
        self.after = after
        self.sampling_rate = sampling_rate
        self.baseline = baseline
        self.bandpass = bandpass
        self.zero_phase = zero_phase
        self.normalize = normalize
        self.rr_features = rr_features
        self.relative_features = relative_features
        self.on_invalid = on_invalid
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Check the parameters and the beat table, and name the output columns.

        No record is read, and nothing is learnt from `X`.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            A beat table.

        y : None
            Ignored; scikit-learn passes it.

        Returns
        -------
        self : BeatSegmenter

        Raises
        ------
        TypeError
            If `X` is not a DataFrame.
        ValueError
            If a parameter has a value that is not allowed, or `X` has no row or lacks
            a column.
        """
        check_parameters(self)
        check_table(X, self._required_columns())
        return self._name_outputs()

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Cut a window for each beat, and compute its rhythm features.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            A beat table. Rows may come in any order, from any number of records.

        Returns
        -------
        DataFrame of shape (n_beats, n_features_out), float32
            With the index of `X`; a view on one C-ordered array. Or the container that
            `set_output` asks for.

        Raises
        ------
        FileNotFoundError
            If a record does not exist.
        TypeError
            If `X` is not a DataFrame.
        ValueError
            If a record is damaged, lacks the lead, or is too short; if the lead is
            constant or saturated; if an R peak is outside of it; if `X` has no row or
            lacks a column; if parameters were set since `fit` that change the columns;
            with ``on_invalid="raise"`` also if a beat has no signal.

        Warns
        -----
        UserWarning
            If beats have no signal, or a lead of another kind stands in for the first.
        """
        check_is_fitted(self)
        check_parameters(self)
        self._check_columns_unchanged()
        check_table(X, self._required_columns())
        features = np.empty((len(X), len(self.feature_names_out_)), dtype=np.float32)
        usable = self._fill_from_records(X, features)
        rr_features = self._rr_features()
        if rr_features:
            intervals = interval_columns(X, required_columns(rr_features))
            end = features.shape[1] - len(self._relative_features())
            rhythm = slice(end - len(rr_features), end)
            features[:, rhythm] = rhythm_columns(intervals, rr_features, len(X))
        features[~usable] = np.nan
        return pd.DataFrame(
            features, index=X.index, columns=self.feature_names_out_, copy=False
        )

    def has_signal(self, X: pd.DataFrame) -> np.ndarray:
        """Tell which beats have a signal: those that `transform` can cut a window of.

        None has of a recording whose files are missing or damaged, or whose lead is
        constant, saturated or missing throughout.

        ``X = X[segmenter.has_signal(X)]`` leaves the others out of a beat table.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            A beat table.

        Returns
        -------
        ndarray of shape (n_beats,), bool

        Raises
        ------
        TypeError, ValueError
            If `X` is no beat table, or a recording lacks the lead.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_ecg import BeatSegmenter
        >>> from sklearn_ecg.datasets import beat_table
        >>> from sklearn_ecg.records import recording_from_array
        >>> signal = np.sin(np.arange(1000.0))
        >>> signal[410] = np.nan
        >>> table = beat_table(recording_from_array(signal, 100, "II"), [200, 400, 600])
        >>> BeatSegmenter().fit(table).has_signal(table).tolist()
        [True, False, True]
        """
        check_is_fitted(self)
        check_parameters(self)
        check_table(X, [])
        samples = sample_numbers(X)
        cutter = WindowCutter.of(self)
        usable = np.ones(len(X), dtype=bool)
        for source, rows in rows_by_record(X):
            try:
                leads = read_leads(source, self._leads(), self.channels)
            except (OSError, UnusableSignalError):
                usable[rows] = False
                continue
            for lead in leads:
                check_r_peaks(lead, samples[rows])
                usable[rows] &= cutter.cut(lead).is_usable(samples[rows])
        return usable

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the output columns.

        Parameters
        ----------
        input_features : None
            Ignored; scikit-learn passes it.

        Returns
        -------
        ndarray of shape (n_features_out,), object
        """
        check_is_fitted(self)
        return self.feature_names_out_.copy()

    @property
    def deployable_(self) -> bool:
        """Whether a device at `sampling_rate` can repeat it all from one raw window."""
        return not self.undeployable_parameters_

    @property
    def undeployable_parameters_(self) -> tuple[str, ...]:
        """The parameters whose values a device can't repeat from one raw window."""
        check_is_fitted(self)
        return tuple(changes_for(self, WINDOW))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Rows refer to signals that are kept elsewhere; X is no array of features.
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _leads(self):
        return list(map(str, [self.lead] if isinstance(self.lead, str) else self.lead))

    def _rr_features(self):
        return chosen_features("rhythm", self.rr_features)

    def _relative_features(self):
        return chosen_features("relative", self.relative_features)

    def _required_columns(self):
        return required_columns(self._rr_features() + self._relative_features())

    def _name_outputs(self):
        """Set all that `fit` sets: it follows from the parameters."""
        check_parameters(self)
        cutter = WindowCutter.of(self)
        self.n_samples_ = cutter.n_samples
        self.times_ = np.arange(cutter.first, cutter.end) / cutter.sampling_rate
        self.feature_names_out_ = self._feature_names()
        return self

    def _feature_names(self):
        leads = self._leads()[: None if self.channels == "all" else 1]
        cutter = WindowCutter.of(self)
        names = sample_columns(
            channel_names(leads), cutter.first, cutter.end, cutter.sampling_rate
        )
        names += self._rr_features() + self._relative_features()
        return np.array(names, dtype=object)

    def _check_columns_unchanged(self):
        """Refuse parameters set after `fit` that would give other columns."""
        names = self._feature_names()
        if without_channels(names) != without_channels(self.feature_names_out_):
            raise ValueError(
                "Parameters of BeatSegmenter were set after fit that change its output "
                f"columns: from {len(self.feature_names_out_)}, "
                f"{self.feature_names_out_[0]!r} first, to {len(names)}, {names[0]!r} "
                "first. Fit it again, and what was fitted on its output."
            )

    def _fill_from_records(self, table, features):
        """Write windows into the first columns, relative features into the last."""
        samples = sample_numbers(table)
        groups = rows_by_record(table)
        # Threads, because reading and filtering let go of the interpreter's lock, and
        # each record fills rows of its own.
        parallel = Parallel(
            n_jobs=self.n_jobs, require="sharedmem", return_as="generator"
        )
        progress = tqdm(
            parallel(
                delayed(self._fill_rows)(source, samples, rows, table, features)
                for source, rows in groups
            ),
            desc="Segmenting records",
            total=len(groups),
            disable=not self.verbose,
        )
        usable = np.ones(len(table), dtype=bool)
        taken, lost = [], LeftOut(self.on_invalid)
        for (_, rows), (record, chosen, of_rows) in zip(groups, progress, strict=True):
            usable[rows] = of_rows
            taken += [(record, choice) for choice in chosen]
            lost.add(record, _NO_SIGNAL, samples[rows[~of_rows]])
        wanted = self._leads()
        tell_of_choices(wanted if self.channels == "first" else [], taken)
        lost.tell(
            "Leave them out with X[segmenter.has_signal(X)].", verb="without signal"
        )
        return usable

    def _fill_rows(self, source, samples, rows, table, features):
        """Write what is read from one record into its rows of `features`."""
        leads = read_leads(source, self._leads(), self.channels)
        cutter = WindowCutter.of(self)
        usable = np.ones(len(rows), dtype=bool)
        for number, lead in enumerate(leads):
            check_r_peaks(lead, samples[rows])
            cut = cutter.cut(lead)
            usable &= cut.is_usable(samples[rows])
            columns = slice(number * self.n_samples_, (number + 1) * self.n_samples_)
            for start in range(0, len(rows), BEATS_AT_ONCE):
                some = rows[start : start + BEATS_AT_ONCE]
                features[some, columns] = cut.windows(samples[some])
            if number == 0 and cutter.on_grid:
                r_peaks, places = rows_of_r_peaks(table, rows)
                check_r_peaks(lead, r_peaks)
                relative = self._relative_columns(table, rows, lead, cut)
                n_columns = relative.shape[1]
                features[rows, -n_columns:] = relative[places]
        return leads[0].record, [lead.choice for lead in leads], usable

    def _relative_columns(self, table, rows, lead, cut):
        """Compare all beats of a record with what is typical of its patient."""
        r_peaks, places = rows_of_r_peaks(table, rows)
        rr_prev = rr_intervals(r_peaks, lead.position_rate)["rr_prev"]
        rr_next = np.full(len(r_peaks), np.nan)
        if "rr_next" in self._required_columns():
            rr_next[places] = interval_columns(table.iloc[rows], ["rr_next"])["rr_next"]
        prev, following = map(milliseconds_of, (rr_prev, rr_next))
        rhythm = RhythmState().update(prev, following)
        names, window_rate = self._relative_features(), float(self.sampling_rate)
        state = BeatState(window_rate) if look_at_signal(names) else None
        columns = np.empty((len(r_peaks), len(names)), dtype=np.float32)
        for start in range(0, len(r_peaks), BEATS_AT_ONCE):
            some = r_peaks[start : start + BEATS_AT_ONCE]
            stop = start + len(some)
            of_some = {key: each[start:stop] for key, each in rhythm.features.items()}
            if state is not None:
                of_some |= state.update(cut.around(cut.spans(some)), of_some)
            columns[start:stop] = columns_of(of_some, names, len(some), window_rate)
        return columns
