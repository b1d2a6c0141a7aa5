// Hands what was found to the strips of a report, which are in a frame.
const THIN = 45, FINE = 125, STEPS_OF_MILLIVOLT = 200, HOUR = 3600;

// Means of samples, about so many a second.
/** @param {Float64Array} signal @param {number} step */
function thinned(signal, step) {
  const means = new Float32Array(Math.floor(signal.length / step));
  for (let i = 0; i < means.length; i += 1) {
    let sum = 0;
    for (let j = 0; j < step; j += 1) sum += signal[i * step + j];
    means[i] = sum / step;
  }
  return means;
}
const middleOf = (values) => [...values].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** @param {Labelled} labelled @returns {Given} */
function givenOf(labelled) {
  const {lead, place, beats, names, duration} = labelled;
  const read = (start, stop) => call("millivolts", place, Math.round(start * lead.rate), Math.round(stop * lead.rate));
  const stepOf = (rate) => Math.max(1, Math.round(lead.rate / rate));
  return {
    asked: askedOf(labelled),
    beats: {
      samples: Float64Array.from(beats.all, ({sample}) => sample),
      labels: Uint32Array.from(beats.all, ({label}) => names.indexOf(label)),
      sure: new Uint32Array(beats.all.length).fill(255), cells: new Uint32Array(beats.all.length),
    },
    episodes: beats.episodes.map(({name, start, stop}) => ({kind: name, start, stop: Math.min(stop, duration)})).sort((a, b) => a.start - b.start),
    async hour(hour, duration) { return [thinned(await read(hour * HOUR, Math.min((hour + 1) * HOUR, duration)), stepOf(THIN))]; },
    async strip(start, stop) {
      const step = stepOf(FINE), values = thinned(await read(start, stop), step), middle = middleOf(values);
      const units = Array.from(values, (value) => Number.isNaN(value) ? null : Math.round(STEPS_OF_MILLIVOLT * (value - middle)));
      return [{rate: lead.rate / step, values: units}];
    },
  };
}
/** @param {Labelled} labelled */
function dataOf({opened, lead, beats, duration, names, tall}) {
  const rate = lead.rate / Math.max(1, Math.round(lead.rate / THIN)), start = opened.startTime;
  return {
    recording: opened.name, fingerprint: `${facts.fingerprint} ${lead.name} ${beats.n}`, rate: beats.rate,
    near: facts.near, apart: facts.apart, duration, start: 0, stop: duration,
    labels: [...facts.labels.filter((label) => label !== NO_BEAT), NO_BEAT], leads: [lead.name],
    clock: start && {begin: 3600 * start[3] + 60 * start[4] + start[5], date: [start[0], start[1] - 1, start[2]], isLong: duration > 24 * HOUR},
    strips: stripsAround(oddOf(beats), duration).map((strip) => ({...strip, signals: [], beats: []})), found: [],
    samples: "", missing: 0, beats: {names}, episodes: {names: [...new Set(beats.episodes.map(({name}) => name))]}, questions: null, constants: facts.constants,
    hours: Array.from({length: Math.ceil(duration / HOUR - 1e-9)}, () => [{rate, steps: [], gaps: [], tall}]),
  };
}
// The frame is as high as what is in it.
/** @param {Labelled} labelled */
function showStrips(labelled) {
  const frame = by("strips"), text = JSON.stringify(dataOf(labelled)).replaceAll("<", "\\u003c");
  Object.assign(window, {given: givenOf(labelled)});
  frame.srcdoc = JSON.parse(by("frame").textContent).replace("@data@", () => text);
  frame.onload = () => {
    const inside = /** @type {Document} */ (frame.contentDocument).documentElement;
    new ResizeObserver(() => { frame.style.height = `${inside.offsetHeight + 4}px`; }).observe(inside);
  };
}
