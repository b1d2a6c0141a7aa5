// Beats and signals of the page around this frame, which has labelled them.
/** @type {Given} */
const {beats: handedBeats, episodes: handedEpisodes, hour: handedHour, strip: handedStrip, asked: handedQuestions} = /** @type {any} */ (parent).given;

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
// Questions come once the beats are grouped, and take no letter from whoever names beats by then.
async function askLater() {
  const asked = await handedQuestions;
  if (!asked) return;
  await readStrips(asked.questions.shown.flat().map(({strip}) => strip));
  beatTable.cells = asked.cells;
  for (const here of [...data.strips, ...visited ? [visited] : []]) here.beats = foundBetween(here.start, here.stop);
  begunToAsk(asked.questions);
  draw();
}
askLater();
Object.assign(window, {visitMoment: (time) => visit(time)});
