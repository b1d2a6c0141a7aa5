// What is asked about the beats: they are grouped by the worker, and the frame of the strips asks.
/** @param {Labelled} labelled @returns {Promise<Asked | null>} */
async function askedOf({place, beats, duration}) {
  const {all, counts} = beats, {grouping} = facts;
  if (duration <= grouping.short) return null;  // Each beat is seen
  const given = {times: Float64Array.from(all, ({time}) => time), margins: Int32Array.from(all, ({margin}) => margin),
    codes: Int32Array.from(all, ({label}) => grouping.classes.indexOf(label))};
  const found = await call("group", place, given, grouping);
  if (!found) return null;
  const {cells, shown, ...groups} = found;
  const asked = (i) => ({sample: all[i].sample, time: all[i].time, cell: cells[i], strip: {...stripAround(all[i].time, duration), signals: [], beats: []}});
  return {cells: Uint32Array.from(cells, (cell) => cell + 1),
    questions: {...groups, shown: shown.map((own) => own.map(asked)), classes: grouping.classes, answers: [], counts, areOwn: true}};
}
