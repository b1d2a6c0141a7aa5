"""Beat symbols of WFDB annotations, and the schemes that turn them into classes."""

from collections.abc import Mapping

import numpy as np
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
