// The ratio of two rates as a fraction that a resampler can use, as Python's Fraction finds it.
const LARGEST_DENOMINATOR = 10000n;

// A number as a fraction, exactly.
/** @param {number} value @returns {[bigint, bigint]} */
function fractionOf(value) {
  let whole = value, denominator = 1n;
  while (!Number.isInteger(whole)) { whole *= 2; denominator *= 2n; }
  const reduced = commonDivisor(BigInt(whole), denominator);
  return [BigInt(whole) / reduced, denominator / reduced];
}
/** @param {bigint} a @param {bigint} b @returns {bigint} */
const commonDivisor = (a, b) => b ? commonDivisor(b, a % b) : a;

// The closest fraction of a small denominator, by continued fractions.
/** @param {number} to @param {number} from @returns {{up: number, down: number}} */
function ratioOf(to, from) {
  const [whole, parts] = fractionOf(to / from);
  if (parts <= LARGEST_DENOMINATOR) return {up: Number(whole), down: Number(parts)};
  let [p0, q0, p1, q1] = [0n, 1n, 1n, 0n], [n, d] = [whole, parts];
  for (;;) {
    const a = n / d, q2 = q0 + a * q1;
    if (q2 > LARGEST_DENOMINATOR) break;
    [p0, q0, p1, q1] = [p1, q1, p0 + a * p1, q2];
    [n, d] = [d, n - a * d];
  }
  const k = (LARGEST_DENOMINATOR - q0) / q1;
  const isLast = 2n * d * (q0 + k * q1) <= parts;
  const [up, down] = isLast ? [p1, q1] : [p0 + k * p1, q0 + k * q1];
  return {up: Number(up), down: Number(down)};
}
