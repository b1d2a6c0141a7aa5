// Beats to look at: rare ones, and those whose label another came close to.
const STRIPS = 20, STRIP_SECONDS = 10, STRIP_EDGE = .5, RAREST = 1e-6;

/** @param {Beats} beats */
function oddOf({all, counts}) {
  const labelled = all.filter(({label}) => label !== facts.unclassified), n = labelled.length;
  const likely = ({label, margin}) => counts[label] / n / (1 + Math.exp(-margin / UNIT_OF_MARGIN));
  return labelled.map((beat) => ({beat, odd: -Math.log(Math.max(likely(beat), RAREST))}))
    .sort((a, b) => b.odd - a.odd || a.beat.sample - b.beat.sample).slice(0, STRIPS).map(({beat}) => beat);
}
/** @param {number} time @param {number} duration */
function stripAround(time, duration) {
  const start = Math.min(Math.max(time - STRIP_SECONDS / 2, 0), Math.max(duration - STRIP_SECONDS, 0));
  return {start, stop: Math.min(start + STRIP_SECONDS, duration)};
}
// A strip around each beat that no strip before shows whole.
/** @param {FoundBeat[]} odd @param {number} duration */
function stripsAround(odd, duration) {
  const latest = Math.max(duration - STRIP_SECONDS, 0);
  /** @type {{start: number, stop: number, odd: number}[]} */
  const strips = [];
  for (const {sample, time} of odd) {
    const isShown = strips.some(({start, stop}) =>
      time >= start + (start > 0 ? STRIP_EDGE : 0) && time <= stop - (start < latest ? STRIP_EDGE : 0));
    if (!isShown) strips.push({...stripAround(time, duration), odd: sample});
  }
  return strips;
}
