import numpy as np
import pytest
from wfdb.io.annotation import ann_labels, is_qrs

from sklearn_ecg.datasets import AAMI_CLASSES, BEAT_SYMBOLS, map_symbols


def test_beat_symbols_are_those_that_wfdb_marks_as_qrs_complexes():
    of_wfdb = {label.symbol for label in ann_labels if is_qrs[label.label_store]}
    # AAMI EC57 does not count the waves of ventricular flutter, "!", as beats.
    assert set(BEAT_SYMBOLS) == of_wfdb - {"!"}
    assert len(BEAT_SYMBOLS) == len(set(BEAT_SYMBOLS))


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (
            "aami",
            {"N": "NLRBejn", "S": "AaJS", "V": "VrE", "F": "F", "Q": "/fQ?"},
        ),
        (
            "bxb",
            {"N": "NLRB", "S": "AaJSejn", "V": "VrE", "F": "F", "Q": "/fQ?"},
        ),
    ],
)
def test_each_beat_symbol_has_the_class_of_its_scheme(classes, expected):
    for label, symbols in expected.items():
        assert set(map_symbols(list(symbols), classes)) == {label}
    assert sorted("".join(expected.values())) == sorted(BEAT_SYMBOLS)
    assert tuple(expected) == AAMI_CLASSES


def test_symbols_scheme_keeps_the_symbols():
    assert map_symbols(BEAT_SYMBOLS, "symbols").tolist() == list(BEAT_SYMBOLS)


def test_mapping_gives_its_own_labels_in_order():
    labels = map_symbols(np.array(["V", "N", "V"]), {"N": "normal", "V": "ectopic"})
    assert labels.tolist() == ["ectopic", "normal", "ectopic"]
    assert labels.dtype.kind == "U"


def test_no_symbols_give_no_labels():
    assert map_symbols([]).shape == (0,)


@pytest.mark.parametrize("symbol", ["+", "~", "!", None, np.nan])
def test_symbol_without_class_is_an_error_that_names_it(symbol):
    with pytest.raises(ValueError, match=rf"No class .*{symbol!s}".replace("+", r"\+")):
        map_symbols(["N", symbol])


def test_symbol_missing_from_mapping_is_an_error():
    with pytest.raises(ValueError, match=r"\['A'\]"):
        map_symbols(["N", "A"], {"N": "normal"})


@pytest.mark.parametrize("classes", ["AAMI", None, 5, ["N"]])
def test_unknown_scheme_is_an_error_that_lists_the_known(classes):
    with pytest.raises(ValueError, match=r"\['aami', 'bxb', 'symbols'\]"):
        map_symbols(["N"], classes)


@pytest.mark.parametrize("mapping", [{}, {"+": "x"}, {"NN": "x"}])
def test_mapping_with_other_keys_than_beat_symbols_is_an_error(mapping):
    with pytest.raises(ValueError, match="WFDB beat symbols N L R"):
        map_symbols(["N"], mapping)


@pytest.mark.parametrize("label", ["", 1, None])
def test_mapping_to_anything_but_a_name_is_an_error(label):
    with pytest.raises(ValueError, match=r"'N' into .* non-empty string"):
        map_symbols(["N"], {"N": label})
