import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_ecg.patient import FEATURES
from sklearn_ecg.windows._columns import (
    InputLayout,
    channel_names,
    is_sample_column,
    layout_of,
    sample_columns,
    without_channels,
)

leads = st.lists(st.text(min_size=1), min_size=1, max_size=3, unique=True)
# Surrogates and the like are legal in a str; so are line ends and "@".
windows = st.tuples(st.integers(0, 60), st.integers(2, 60), st.floats(0.5, 20_000))


def channels_of(leads):
    try:
        return channel_names(leads)
    except ValueError:
        return channel_names(leads[:1])


@given(leads=leads, window=windows, features=st.sets(st.sampled_from(list(FEATURES))))
def test_what_is_written_is_read_back(leads, window, features):
    before, after, rate = window
    channels = channels_of(leads)
    samples = sample_columns(channels, -before, after, rate)
    names = [*samples, *features]
    assert len(set(names)) == len(names)
    assert [name for name in names if not is_sample_column(name)] == [*features]
    layout = InputLayout(len(channels), before + after, len(features))
    assert layout_of(names, (1, len(names))) == layout


@given(leads=leads, window=windows, random=st.randoms(use_true_random=False))
def test_columns_in_any_order_hold_the_same_windows(leads, window, random):
    before, after, rate = window
    names = [*sample_columns(channels_of(leads)[:1], -before, after, rate), "rr_prev"]
    shuffled = random.sample(range(len(names)), len(names))
    layout = layout_of([names[place] for place in shuffled], (1, len(names)))
    arranged = layout.arrange(np.array([shuffled]))
    assert arranged.tolist() == [list(range(len(names)))]


def test_names_hold_the_lead_and_the_seconds_from_the_r_peak():
    names = sample_columns(["MLII", "V1"], -1, 1, 250)
    assert names == ["MLII@-0.004", "MLII@+0.000", "V1@-0.004", "V1@+0.000"]


def test_leads_are_called_what_json_can_hold_but_no_two_the_same():
    assert channel_names(['E[C]{G}":,1', "II"]) == ["E_C__G____1", "II"]
    with pytest.raises(ValueError, match=r"'E:1' and 'E,1' .* both be called 'E_1'"):
        channel_names(["E:1", "E,1"])


@pytest.mark.parametrize("name", [*FEATURES, "MLII", "V1@", "II@0.1", "@+0.1", 3])
def test_other_columns_are_no_samples(name):
    assert not is_sample_column(name)


def test_names_without_channels_are_those_of_any_other_lead():
    one, other = (
        [*sample_columns([lead], -9, 9, 180), "rr_prev"] for lead in ("II", "ECG@+0.1")
    )
    assert one != other
    assert without_channels(one) == without_channels(other)
    assert without_channels(one) != without_channels(one[1:])


def test_a_sample_that_is_there_twice_is_refused():
    with pytest.raises(ValueError, match=r"lead 'II' at 0.1 s .* 'II@\+0.10'"):
        layout_of(["II@+0.0", "II@+0.1", "II@+0.10"], (1, 3))


def test_leads_become_channels_and_other_columns_rhythm():
    names = ["MLII@-0.1", "MLII@+0.0", "V1@-0.1", "V1@+0.0", "rr_prev"]
    assert layout_of(names, (7, 5)) == InputLayout(2, 2, 1)


def test_columns_in_another_order_are_put_right():
    names = ["rr_prev", "MLII@+0.0", "V1@-0.1", "MLII@-0.1", "V1@+0.0"]
    layout = layout_of(names, (1, 5))
    X = np.array([[9, 1, 2, 0, 3]])
    assert layout.arrange(X).tolist() == [[0, 1, 2, 3, 9]]


def test_columns_in_order_are_not_copied():
    X = np.zeros((3, 2))
    assert layout_of(["II@+0.0", "II@+0.1"], X.shape).arrange(X) is X


def test_unnamed_columns_are_one_channel():
    assert layout_of((), (7, 5)) == InputLayout(1, 5, 0)
    assert layout_of(["a", "b", "c"], (7, 3)) == InputLayout(1, 3, 0)


def test_three_dimensions_are_channels_and_samples():
    assert layout_of((), (7, 2, 5)) == InputLayout(2, 5, 0)


def test_leads_at_different_times_are_refused():
    with pytest.raises(ValueError, match="'V1' has 1 samples a beat at other times"):
        layout_of(["II@+0.0", "II@+0.1", "V1@+0.0"], (1, 3))
