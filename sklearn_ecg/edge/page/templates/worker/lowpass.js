// The low-pass of a resampler, bit for bit that of windows/_cutting.py: each step is in its order.
const HALF_LENGTH = 10, KAISER = 5, TERMS_OF_SINE = 12, TERMS_OF_BESSEL = 24;

// sin(x) / x at a whole multiple of pi / slower.
/** @param {number} place @param {number} slower */
function sincOf(place, slower) {
  if (place === 0) return 1;
  const within = place % (2 * slower), sign = within < slower ? 1 : -1, half = within % slower;
  const angle = Math.PI * Math.min(half, slower - half) / slower;
  let sine = 1;
  for (let n = TERMS_OF_SINE; n > 0; n -= 1) sine = 1 - angle * angle / (2 * n * (2 * n + 1)) * sine;
  return sign * angle * sine / (Math.PI * place / slower);
}
// The Bessel function I0 of twice the root of a number.
/** @param {number} quarter */
function besselOf(quarter) {
  let total = 1;
  for (let n = TERMS_OF_BESSEL; n > 0; n -= 1) total = 1 + quarter / (n * n) * total;
  return total;
}
/** @param {number} up @param {number} down */
function lowPassOf(up, down) {
  const slower = Math.max(up, down), half = HALF_LENGTH * slower, taps = new Float64Array(2 * half + 1);
  for (let place = 0; place <= half; place += 1) {
    const share = place / half;
    const tap = sincOf(place, slower) * besselOf(KAISER * KAISER / 4 * (1 - share * share));
    taps[half + place] = taps[half - place] = tap;
  }
  for (let phase = 0; phase < up; phase += 1) {
    let sum = taps[phase];
    for (let i = phase + up; i < taps.length; i += up) sum += taps[i];
    for (let i = phase; i < taps.length; i += up) taps[i] = taps[i] / (up * sum) * up;
  }
  return taps;
}
