"""Annotations: symbols of beats, the schemes of their classes, stretches they bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from wfdb.io.annotation import ann_labels

BEAT_SYMBOLS = tuple("NLRBAaJSVrFejnE/fQ?")
"""The WFDB annotation symbols that mark a beat; every other symbol is no beat."""

WFDB_SYMBOLS = tuple(label.symbol for label in ann_labels if label.symbol.strip())
"""All annotation symbols of WFDB, those of rhythms, noise and waves among them."""

NO_BEAT = "O"
"""The label of no beat: a detection that is none, a beat that was not detected."""

AAMI_CLASSES = ("N", "S", "V", "F", "Q")
"""The five classes of ANSI/AAMI EC57, in the order of the standard."""


def _symbol_to_class(**symbols_of_class):
    return {
        symbol: label
        for label, symbols in symbols_of_class.items()
        for symbol in symbols
    }


_SCHEMES = {
    "aami": _symbol_to_class(N="NLRBejn", S="AaJS", V="VrE", F="F", Q="/fQ?"),
    "bxb": _symbol_to_class(N="NLRB", S="AaJSejn", V="VrE", F="F", Q="/fQ?"),
    "symbols": {symbol: symbol for symbol in BEAT_SYMBOLS},
}


def map_symbols(
    symbols: ArrayLike, classes: str | Mapping[str, str] = "aami"
) -> np.ndarray:
    """Turn WFDB beat symbols into class labels.

    Parameters
    ----------
    symbols : array-like of str, shape (n_beats,)
        WFDB beat symbols, such as ``"N"`` or ``"V"``.

    classes : {"aami", "bxb", "symbols"} or mapping of str to str, default="aami"
        The scheme:

        - ``"aami"``: the classes of ANSI/AAMI EC57 as most papers read them, escape
          beats with the normal ones: N (``N L R B e j n``), S (``A a J S``), V
          (``V r E``), F (``F``) and Q (``/ f Q ?``);
        - ``"bxb"``: the same with the supraventricular escape beats ``e j n`` in S, as
          PhysioNet's comparator ``bxb`` counts them;
        - ``"symbols"``: each symbol is its own class;
        - a mapping from symbol to label, for any other scheme.

        The bundle branch block beat ``B``, the R-on-T premature ventricular beat ``r``
        and the beat left unclassified while a detector learnt ``?`` are absent from
        the MIT-BIH databases and from most published tables; they go to N, V and Q.

    Returns
    -------
    labels : ndarray of str, shape (n_beats,)
        The class of each symbol, in the order given.

    Raises
    ------
    ValueError
        If `classes` is no known scheme, or a symbol has no class in it. Annotations
        that mark no beat, such as ``"+"``, never have one:
        :func:`~sklearn_ecg.datasets.beat_table` leaves them out.

    References
    ----------
    ANSI/AAMI EC57:2012, *Testing and reporting performance results of cardiac rhythm
    and ST segment measurement algorithms*. Symbols and ``bxb``: G. B. Moody, *WFDB
    Applications Guide*, https://physionet.org/physiotools/wag/.

    Examples
    --------
    >>> from sklearn_ecg.datasets import map_symbols
    >>> map_symbols(["N", "L", "j", "A", "V", "/"])
    array(['N', 'N', 'N', 'S', 'V', 'Q'], dtype='<U1')
    >>> map_symbols(["N", "j", "A"], classes="bxb")
    array(['N', 'S', 'S'], dtype='<U1')
    >>> map_symbols(["N", "V"], classes={"N": "normal", "V": "ectopic"})
    array(['normal', 'ectopic'], dtype='<U7')
    """
    scheme = resolve_scheme(classes)
    symbols = np.asarray(symbols, dtype=object).ravel()
    without_class = sorted({str(s) for s in symbols if s not in scheme})
    if without_class:
        raise ValueError(
            f"No class for the symbols {without_class} in classes={classes!r}, which "
            f"knows {sorted(scheme)}; leave such annotations out or give a mapping "
            "that names them."
        )
    return np.array([scheme[symbol] for symbol in symbols], dtype=str)


def resolve_scheme(classes):
    """Return the scheme called `classes`, or `classes` itself, as a checked dict."""
    if isinstance(classes, Mapping):
        return _check_mapping(dict(classes))
    if isinstance(classes, str) and classes in _SCHEMES:
        return _SCHEMES[classes]
    raise ValueError(
        f"classes={classes!r} is not known; allowed are {sorted(_SCHEMES)} or a "
        "mapping from beat symbol to label."
    )


def labels_in_order(scheme, labels):
    """List the labels that occur, in the order in which the scheme names them."""
    present = set(np.unique(labels).tolist())
    return [label for label in dict.fromkeys(scheme.values()) if label in present]


def aami_first(labels):
    """Return labels in the order of the standard, then others as they come."""
    labels = list(labels)
    first = [label for label in AAMI_CLASSES if label in labels]
    return first + [label for label in labels if label not in first]


def _check_mapping(mapping):
    no_beats = [symbol for symbol in mapping if symbol not in BEAT_SYMBOLS]
    if no_beats or not mapping:
        raise ValueError(
            f"The mapping given as classes has the keys {list(mapping)}; allowed are "
            f"the WFDB beat symbols {' '.join(BEAT_SYMBOLS)}, at least one."
        )
    for symbol, label in mapping.items():
        if not isinstance(label, str) or not label:
            raise ValueError(
                f"The mapping given as classes turns {symbol!r} into {label!r}; a "
                "label must be a non-empty string."
            )
    return mapping


# The bits of a signal quality that say of two leads that they cannot be read. All are
# set in -1, which says it of the whole signal.
_NO_SIGNAL = 0x30


@dataclass(frozen=True)
class Spans:
    """Stretches that do not overlap, in time order."""

    starts: np.ndarray  # In samples
    stops: np.ndarray  # In samples; a stretch without an end stops at infinity
    includes_stop: bool = True  # Whether the sample of the end belongs to the stretch

    @classmethod
    def of(cls, pairs, *, includes_stop=True) -> Spans:
        """Make spans of pairs of start and stop."""
        bounds = np.array(pairs, dtype=float).reshape(-1, 2)
        return cls(bounds[:, 0], bounds[:, 1], includes_stop)

    def __len__(self) -> int:
        return len(self.starts)

    def hold(self, samples) -> np.ndarray:
        """Tell which samples are inside."""
        samples = np.asarray(samples, dtype=float)
        place = np.searchsorted(self.starts, samples, side="right")
        stop = np.append(-np.inf, self.stops)[place]
        return samples <= stop if self.includes_stop else samples < stop

    def touch(self, starts, stops) -> np.ndarray:
        """Tell which stretches from `starts` to `stops` meet one of these."""
        n_begun = np.searchsorted(self.starts, stops, side="right")
        n_over = np.searchsorted(self.stops, starts, side="left")
        return n_begun > n_over

    def within(self, start, stop) -> Spans:
        """Return what of the stretches is between two samples."""
        starts, stops = np.clip([self.starts, self.stops], start, stop)
        inside = (self.stops >= start) & (self.starts <= stop)
        return Spans(starts[inside], stops[inside], self.includes_stop)

    def length(self) -> float:
        """Return how many samples they last together."""
        return float((self.stops - self.starts).sum())


def fibrillation(annotations: pd.DataFrame) -> Spans:
    """Return ventricular flutter and fibrillation, from ``[`` to ``]``."""
    marks = annotations[annotations["symbol"].isin(["[", "]"])]
    found, start = [], None
    for sample, symbol in zip(marks["sample"], marks["symbol"], strict=True):
        if symbol == "[" and start is None:
            start = sample
        elif symbol == "]" and start is not None:
            found.append((start, sample))
            start = None
    if start is not None:
        found.append((start, np.inf))
    return Spans.of(found)


def shutdown(annotations: pd.DataFrame) -> Spans:
    """Return where ``~`` says that there is no signal, until the next ``~``."""
    marks = annotations[annotations["symbol"] == "~"]
    is_on = (marks["subtype"].to_numpy() & _NO_SIGNAL) == _NO_SIGNAL
    return _until_the_next(marks["sample"].to_numpy(), is_on)


def rhythm_changes(annotations: pd.DataFrame) -> pd.DataFrame:
    """Return where a rhythm begins, in time order, and what it is, without ``(``."""
    marks = annotations[annotations["symbol"] == "+"]
    # EDF+ has no notes, and files of WFDB end them with zeros.
    notes = marks["note"] if "note" in marks else pd.Series("", index=marks.index)
    texts = notes.astype(str).str.strip("\0 ").str.removeprefix("(")
    changes = pd.DataFrame({"sample": marks["sample"], "rhythm": texts.astype(object)})
    return changes.sort_values("sample", kind="stable", ignore_index=True)


def rhythms_at(annotations: pd.DataFrame, samples: np.ndarray) -> np.ndarray:
    """Return the rhythm at each sample, ``""`` before the first that is annotated."""
    changes = rhythm_changes(annotations)
    places = np.searchsorted(changes["sample"].to_numpy(), samples, side="right")
    return np.array(["", *changes["rhythm"]], dtype=str)[places]


def atrial_fibrillation(annotations: pd.DataFrame) -> Spans:
    """Return where the rhythm is ``(AFIB``, until the next rhythm."""
    return _rhythm(annotations, "(AFIB")


def atrial_flutter(annotations: pd.DataFrame) -> Spans:
    """Return where the rhythm is ``(AFL``, until the next rhythm."""
    return _rhythm(annotations, "(AFL")


def _rhythm(annotations, text):
    """Return where the text of the rhythm begins so, until the next rhythm."""
    marks = annotations[annotations["symbol"] == "+"]
    is_on = marks["note"].astype(str).str.startswith(text).to_numpy(dtype=bool)
    return _until_the_next(marks["sample"].to_numpy(), is_on)


def _until_the_next(samples, is_on):
    """Join the stretches from each sample that is on until the next one that is off."""
    was_on = np.append(False, is_on[:-1])[: len(is_on)]
    starts, stops = samples[is_on & ~was_on], samples[~is_on & was_on]
    missing = len(starts) - len(stops)
    stops = np.append(stops.astype(float), [np.inf] * missing)
    return Spans(starts.astype(float), stops, includes_stop=False)
