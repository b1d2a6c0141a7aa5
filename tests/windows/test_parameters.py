import numpy as np
import pytest

from sklearn_ecg.windows._parameters import as_float, check_parameters
from sklearn_ecg.windows._segmenter import BeatSegmenter


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lead", ""),
        ("lead", []),
        ("lead", None),
        ("lead", 0),
        ("lead", ["II", 1]),
        ("lead", ["II", "II"]),
        ("lead", {"II", "V1"}),
        ("lead", iter(["II"])),
        ("lead", np.array(["II", "II"])),
        ("lead", np.array(["II", ""])),
        ("channels", "both"),
        ("channels", None),
        ("before", -0.1),
        ("before", "0.25"),
        ("before", np.nan),
        ("after", np.inf),
        ("after", True),
        ("sampling_rate", 0),
        ("sampling_rate", -180),
        ("sampling_rate", None),
        ("baseline", "mean"),
        ("baseline", False),
        ("bandpass", 40),
        ("bandpass", (0.5,)),
        ("bandpass", (0, 40)),
        ("bandpass", (40, 0.5)),
        ("bandpass", (0.5, 90)),
        ("bandpass", ("a", "b")),
        ("zero_phase", 1),
        ("zero_phase", None),
        ("normalize", "beats"),
        ("normalize", True),
        ("rr_features", "rr_prev"),
        ("rr_features", ["rr_previous"]),
        ("rr_features", ["rr_prev", "rr_prev"]),
        ("rr_features", 3),
        ("rr_features", {"rr_prev", "rr_local"}),
        ("rr_features", iter(["rr_prev"])),
        ("rr_features", np.array(["rr_prev", "rr_prev"])),
        ("zero_phase", np.int64(1)),
        ("channels", np.array(["all"])),
        ("n_jobs", 0),
        ("n_jobs", "all"),
        ("verbose", "yes"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_its_parameter(name, value):
    message = f"The '{name}' parameter of BeatSegmenter must be .*instead"
    with pytest.raises(ValueError, match=message) as caught:
        check_parameters(BeatSegmenter(**{name: value}))
    assert f"Got {value!r} instead" in str(caught.value)


def test_a_window_shorter_than_two_samples_is_refused():
    with pytest.raises(ValueError, match="fewer than 2 samples at sampling_rate=180"):
        check_parameters(BeatSegmenter(before=0, after=0.01))


@pytest.mark.parametrize(
    "parameters",
    [
        {"lead": "ECG"},
        {"lead": np.array(["V1", "V2"]), "channels": "all"},
        {"before": 0, "after": np.float32(0.5), "sampling_rate": 100.5},
        {"bandpass": [0.5, 40], "zero_phase": True, "baseline": "median"},
        {"normalize": None, "rr_features": None},
        {"rr_features": ["rr_next_ratio", "rr_local"], "n_jobs": -1},
        {"rr_features": ()},
        {"rr_features": np.array(["rr_prev", "rr_local"])},
        {"channels": np.str_("all"), "baseline": np.str_("median")},
        {"normalize": np.str_("beat"), "rr_features": np.str_("causal")},
        {"zero_phase": np.True_, "bandpass": np.array([0.5, 40])},
        {"before": np.int64(1), "after": np.float64(0.5), "n_jobs": np.int64(2)},
        {"sampling_rate": np.int32(100)},
        {"sampling_rate": np.uint8(250), "before": np.uint8(1), "after": np.uint8(1)},
        {"before": np.float16(0.25), "after": np.longdouble(0.45)},
        {"bandpass": (np.float32(0.5), np.int64(40)), "verbose": np.int8(1)},
        {"lead": ("II", "V1")},
        {"lead": np.str_("II")},
        {"lead": np.array(["II", "V1"], dtype=object)},
        {"relative_features": np.array(["qrs_correlation"])},
    ],
)
def test_values_that_are_allowed_pass(parameters):
    check_parameters(BeatSegmenter(**parameters))


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])
def test_a_number_of_numpy_is_the_one_that_it_was_written_as(kind):
    for number in (0.35, 0.45, 180.0, 2.3):
        assert as_float(kind(number)) == number
        assert type(as_float(kind(number))) is float


def test_whole_numbers_of_numpy_do_not_wrap_around():
    assert as_float(np.uint8(250)) * as_float(np.uint8(2)) == 500
