// All that was recorded, and every beat.
const HOUR = 3600, MINUTE = 60, NOT_KNOWN = 255;
const N_HOURS = data.hours.length, hoursRead = new Map();
const beatTable = {samples: new Float64Array(), labels: new Uint32Array(), sure: new Uint32Array(), cells: new Uint32Array()};
/** @type {Episode[]} */
const episodes = [];  // By their start: {kind, start, stop}

// The first beat at a sample or later.
/** @param {number} sample */
function placeOf(sample) {
  const {samples} = beatTable;
  let low = 0, high = samples.length;
  while (low < high) {
    const middle = low + high >> 1;
    if (samples[middle] < sample) low = middle + 1; else high = middle;
  }
  return low;
}
// A beat as strips have it: sample, seconds, label, how sure, and its cell if it has one.
/** @param {number} place @returns {Beat} */
function beatAt(place) {
  const sample = beatTable.samples[place], sure = beatTable.sure[place], cell = beatTable.cells[place];
  /** @type {Beat} */
  const beat = [sample, sample / data.rate, data.beats.names[beatTable.labels[place]], sure === NOT_KNOWN ? null : sure / 100];
  if (cell) beat[4] = cell - 1;
  return beat;
}
/** @param {number} start @param {number} stop */
function foundBetween(start, stop) {
  const first = placeOf(start * data.rate), past = placeOf(stop * data.rate);
  return Array.from({length: past - first}, (_, i) => beatAt(first + i));
}
const foundAt = (sample) => {
  const place = placeOf(sample);
  return beatTable.samples[place] === sample ? beatAt(place) : undefined;
};
function foundNear(sample) {
  const place = placeOf(sample), around = [place - 1, place].filter((each) => each >= 0 && each < beatTable.samples.length);
  return nearest(around.map(beatAt), ([other]) => Math.abs(other - sample));
}

// Signals of an hour, read once.
function hourOf(hour) {
  if (!hoursRead.has(hour)) hoursRead.set(hour, readHour(hour));
  return hoursRead.get(hour);
}

// A stretch of a lead; where no hour has it, it is missing.
/** @param {number} lead @param {number} start @param {number} stop */
async function stretchOf(lead, start, stop) {
  const {rate} = data.hours[0][lead];
  /** @type {number[]} */
  const values = [];
  for (let hour = Math.floor((start - data.start) / HOUR); hour < N_HOURS; hour += 1) {
    const begin = data.start + hour * HOUR, from = Math.max(Math.round((start - begin) * rate), 0);
    if (begin >= stop) break;
    values.push(...(await hourOf(hour))[lead].slice(from, Math.round((stop - begin) * rate)));
  }
  return {rate, values};
}
const middleOf = (values) => {
  const known = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return known.length ? known[known.length >> 1] : 0;
};
// A strip of ten seconds with a moment in its middle, of the samples that the page has.
/** @param {number} time @returns {Promise<Strip>} */
async function stripAround(time) {
  const latest = Math.max(data.stop - 10, data.start), start = Math.min(Math.max(time - 5, data.start), latest);
  const stop = Math.min(start + 10, data.stop);
  const signals = await Promise.all(data.leads.map(async (_, lead) => {
    const {rate, values} = await stretchOf(lead, start, stop), middle = middleOf(values);
    return {rate, values: values.map((value) => Number.isNaN(value) ? null : Math.round(200 * (value - middle)))};
  }));
  const beats = foundBetween(start, stop);
  /** @param {Beat} beat */
  const far = ([, at]) => Math.abs(at - time);
  return {start, stop, signals, beats, odd: nearest(beats, far)?.[0], isCoarse: true};
}
