import numpy as np
import pandas as pd
import pytest
from annotation_tables import annotations
from wfdb.io.annotation import ann_labels, is_qrs

from sklearn_ecg.datasets import AAMI_CLASSES, BEAT_SYMBOLS, map_symbols
from sklearn_ecg.records._annotations import (
    Spans,
    atrial_fibrillation,
    atrial_flutter,
    fibrillation,
    rhythms_at,
    shutdown,
)


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


def bounds(spans):
    return list(zip(spans.starts.tolist(), spans.stops.tolist(), strict=True))


def test_fibrillation_lasts_from_mark_to_mark_or_to_the_end():
    text = "] 50, [ 100, [ 150, ] 200, ] 250, 300, [ 400"
    assert bounds(fibrillation(annotations(text))) == [(100, 200), (400, np.inf)]


def test_shutdown_lasts_until_a_mark_that_says_otherwise():
    text = "~(0) 50, ~(-1) 100, ~(48) 150, ~(1) 200, ~(-1) 300"
    assert bounds(shutdown(annotations(text))) == [(100, 200), (300, np.inf)]
    assert not len(shutdown(annotations("100, 200")))


def test_atrial_fibrillation_lasts_until_the_next_rhythm():
    text = "+(AFIB 100, +(N 200, +(AFL 300, +(AFIB 400"
    found = atrial_fibrillation(annotations(text))
    assert bounds(found) == [(100, 200), (400, np.inf)]


def test_a_rhythm_holds_from_its_mark_on():
    table = annotations("90, +(N 95, 100, +(AFIB 200, 200, 250, +(VT 300")
    samples = [0, 94, 95, 199, 200, 299, 300, 10_000]
    expected = ["", "", "N", "N", "AFIB", "AFIB", "VT", "VT"]
    assert rhythms_at(table, samples).tolist() == expected


def test_marks_that_are_not_in_order_are_put_in_order():
    table = annotations("+(AFIB 200, +(N 100")
    assert rhythms_at(table, [150, 250]).tolist() == ["N", "AFIB"]


@pytest.mark.parametrize("note", ["(T", "(T\0", "(T \0\0", " (T"])
def test_the_text_of_a_rhythm_ends_before_zeros_and_blanks(note):
    table = pd.DataFrame({"sample": [10], "symbol": ["+"], "note": [note]})
    assert rhythms_at(table, [10]).tolist() == ["T"]


def test_beats_without_a_rhythm_have_an_empty_one():
    for table in (annotations("100, 200"), pd.DataFrame({"sample": [], "symbol": []})):
        rhythms = rhythms_at(table, [150, 250])
        assert rhythms.tolist() == ["", ""]
        assert rhythms.dtype.kind == "U"


def test_atrial_flutter_lasts_until_the_next_rhythm():
    text = "+(AFIB 100, +(AFL 200, +(AFLX 250, +(N 300, +(AFL 400"
    found = atrial_flutter(annotations(text))
    assert bounds(found) == [(200, 300), (400, np.inf)]


def test_the_last_sample_is_inside_only_if_it_is_said_so():
    samples = [99, 100, 200, 201, np.nan]
    closed, open_ = (
        Spans.of([(100, 200)], includes_stop=kind) for kind in (True, False)
    )
    assert closed.hold(samples).tolist() == [False, True, True, False, False]
    assert open_.hold(samples).tolist() == [False, True, False, False, False]


def test_stretches_that_meet_are_told():
    spans = Spans.of([(100, 200), (400, np.inf)])
    starts, stops = [0, 0, 150, 201, 300], [99, 100, 160, 399, 500]
    assert spans.touch(starts, stops).tolist() == [False, True, True, False, True]


def test_what_lies_within_is_measured():
    spans = Spans.of([(0, 50), (90, 120), (150, 160), (400, np.inf)])
    assert bounds(spans.within(100, 500)) == [(100, 120), (150, 160), (400, 500)]
    assert spans.within(100, 500).length() == 130
    assert Spans.of([]).length() == 0
