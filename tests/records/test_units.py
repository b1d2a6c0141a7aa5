import numpy as np
import pytest

from sklearn_ecg.records._units import is_voltage, to_millivolts


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        *(("V", 1e3), ("volt", 1e3), ("mV", 1), ("MV", 1), ("millivolts", 1)),
        *(("uV", 1e-3), ("mcV", 1e-3), ("Microvolt", 1e-3), ("microvol", 1e-3)),
        *(("nV", 1e-6), ("[uV]", 1e-3), ("(mV)", 1), (" \u00b5 V", 1e-3)),
        # The micro sign, mu, and what other code pages make of them.
        *(("\u00b5V", 1e-3), ("\u03bcV", 1e-3), ("\u039cV", 1e-3)),
        *(("\u00e6V", 1e-3), ("\u00c2\u00b5V", 1e-3), ("\ufffdV", 1e-3), ("?V", 1e-3)),
    ],
)
def test_voltages_become_millivolts_however_they_are_spelled(unit, factor):
    assert is_voltage(unit)
    np.testing.assert_allclose(to_millivolts(np.array([2.0]), unit), [2 * factor])


@pytest.mark.parametrize("unit", ["mmHg", "", "adu", "V/s", "g", "%", "None", "degC"])
def test_what_is_no_voltage_stays_as_it_is(unit):
    assert not is_voltage(unit)
    assert to_millivolts(np.array([2.0]), unit) == [2.0]
