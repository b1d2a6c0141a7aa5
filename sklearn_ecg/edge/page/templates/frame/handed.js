// Beats and signals of the page around this frame, which has labelled them.
/** @type {Given} */
const {beats: handedBeats, episodes: handedEpisodes, hour: handedHour, strip: handedStrip} = /** @type {any} */ (parent).given;

async function readDay() {
  Object.assign(beatTable, handedBeats);
  episodes.push(...handedEpisodes);
}
/** @param {Strip[]} strips */
async function readStrips(strips) {
  for (const here of strips) {
    here.beats = foundBetween(here.start, here.stop);
    here.signals = await handedStrip(here.start, here.stop);
  }
}
/** @param {number} hour @returns {Promise<Float32Array[]>} */
const readHour = (hour) => handedHour(hour, data.duration);
Object.assign(window, {visitMoment: (time) => visit(time)});
