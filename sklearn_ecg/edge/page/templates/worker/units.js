// Units of voltage, however they are spelled.
const PREFIXES = {"": 1e3, m: 1, milli: 1, n: 1e-6, nano: 1e-6};
const VOLTAGE = /^[[(]?(milli|micro|nano|mc|m|u|n|\?|[^\x00-\x7f]{1,6})?\s*v(?:ol(?:ts?)?)?[\])]?$/;  // eslint-disable-line no-control-regex
const LARGEST = 2 ** 32;

// How many millivolts a unit is; nothing if it is no voltage.
/** @param {string} unit @returns {number | undefined} */
function millivoltsOf(unit) {
  const found = VOLTAGE.exec(unit.trim().toLowerCase());
  return found ? PREFIXES[found[1] ?? ""] ?? 1e-3 : undefined;
}
// A signal in its unit becomes millivolts, in place; what can't be is missing.
/** @param {Float64Array} signal @param {string} unit */
function toMillivolts(signal, unit) {
  const factor = millivoltsOf(unit) ?? 1;
  for (let i = 0; i < signal.length; i += 1) {
    const value = signal[i];
    signal[i] = value > -LARGEST && value < LARGEST ? factor === 1 ? value : value * factor : NaN;
  }
  return signal;
}
