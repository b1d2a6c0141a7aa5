// What beats look like to a reader: their shape, and when they come, as templates/_looks.py has it.
const UNIT_OF_LOOK = 8192;  // Looks are kept in 16 bits
const SECONDS_READ = 320, INTERVALS_AROUND = 32, FLAT = 1e-12;

/** @param {number[]} values */
const middleOf = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
// A ratio in octaves, at most one; nothing where it isn't known.
/** @param {number} over @param {number} under */
const octavesOf = (over, under) => over > 0 && under > 0 ? Math.min(Math.max(Math.log2(over / under), -1), 1) : 0;
// Intervals beside the usual one around, and beside one another.
/** @param {Float64Array} times @param {Int16Array} looks @param {GroupingFacts} how */
function writeIntervals(times, looks, {length, weights}) {
  const width = length + weights.length, between = times.map((time, i) => i ? time - times[i - 1] : NaN);
  let usual = NaN;
  for (let i = 0; i < times.length; i += 1) {
    if (i % INTERVALS_AROUND === 0) usual = middleOf([...between.subarray(Math.max(i - INTERVALS_AROUND, 1), i + 2 * INTERVALS_AROUND)]);
    const [before, next] = [between[i], between[i + 1]];
    const ratios = [octavesOf(before, usual), octavesOf(next, usual), octavesOf(before, between[i - 1]), octavesOf(next, before)];
    ratios.forEach((ratio, k) => { looks[i * width + length + k] = Math.round(UNIT_OF_LOOK * weights[k] * ratio); });
  }
}
// Means of the signal in equal steps around a beat, as tall as those of any other.
/** @param {Float64Array} signal @param {number} at In samples @param {number} rate @param {GroupingFacts} how */
function shapeAround(signal, at, rate, {before, spacing, length}) {
  const shape = new Float64Array(length), step = spacing * rate, begin = at - before * rate - step / 2;
  for (let k = 0; k < length; k += 1) {
    const first = Math.round(begin + k * step), past = Math.max(Math.round(begin + (k + 1) * step), first + 1);
    let sum = 0;
    if (first >= 0 && past <= signal.length) for (let i = first; i < past; i += 1) sum += signal[i];
    else for (let i = first; i < past; i += 1) sum += signal[Math.min(Math.max(i, 0), signal.length - 1)];
    shape[k] = sum / (past - first);
  }
  let mean = 0, square = 0;
  for (let k = 0; k < length; k += 1) mean += shape[k] / length;
  for (let k = 0; k < length; k += 1) square += (shape[k] - mean) * (shape[k] - mean);
  for (let k = 0; k < length; k += 1) shape[k] = square > FLAT ? (shape[k] - mean) / Math.sqrt(square) : 0;
  return shape;
}
// Looks of beats, a row for each, read piece by piece; nothing if another recording is labelled meanwhile.
/** @param {number} place @param {Float64Array} times @param {GroupingFacts} how */
async function looksOf(place, times, how) {
  const own = turn, lead = reader?.leads[place] ?? refuse("No recording is open."), {length, weights, before, after} = how;
  const width = length + weights.length, looks = new Int16Array(times.length * width);
  writeIntervals(times, looks, how);
  for (let i = 0; i < times.length;) {
    const first = Math.max(Math.floor((times[i] - 2 * before) * lead.rate), 0), until = times[i] + SECONDS_READ;
    const signal = await millivolts(place, first, Math.ceil((until + 2 * after) * lead.rate));
    if (own !== turn) return undefined;
    for (; i < times.length && times[i] < until; i += 1) {
      const shape = shapeAround(signal, times[i] * lead.rate - first, lead.rate, how);
      for (let k = 0; k < length; k += 1) looks[i * width + k] = UNIT_OF_LOOK * shape[k];
    }
  }
  return looks;
}
