// What was found, in a table, and the way to its strips.
/** @type {Labelled | null} */
let labelled = null;

/** @param {string} name @param {string} text @param {string} [of] */
function cell(name, text, of = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (of) made.className = of;
  return made;
}
/** @param {Beats} beats */
function fillCounts({counts}) {
  const n = Object.entries(counts).reduce((sum, [label, each]) => sum + (label === NO_BEAT ? 0 : each), 0);
  const rows = [...facts.labels, facts.unclassified].filter((label) => counts[label]).map((label) => {
    const row = document.createElement("tr"), head = cell("th", label, `class of-${label}`);
    head.setAttribute("scope", "row");
    const share = label === NO_BEAT ? "" : `${(100 * counts[label] / n).toFixed(2)} %`;
    row.append(head, cell("td", counts[label].toLocaleString("en")), cell("td", share), cell("td", facts.meanings[label] ?? "", "text"));
    return row;
  });
  by("by-class").replaceChildren(...rows);
  return n;
}
/** @param {Labelled} done */
function showResults(done) {
  labelled = done;
  const {beats, duration, opened, lead} = done, n = fillCounts(beats), rate = beats.rateOfHeart();
  by("result").hidden = false;
  by("summary").textContent = `${opened.name}: ${several(n, "beat", "beats")} in ${asClock(duration)}` +
    `${Number.isNaN(rate) ? "" : `, ${rate} a minute (median)`}, lead ${lead.name}.`;
  by("save-atr").disabled = !hasCodes(beats);
  by("save-atr").title = hasCodes(beats) ? "" : "The labels of this chain are no symbols of WFDB.";
  fillEpisodes(beats.episodes, duration);
  showStrips(done);
}
by("save-atr").addEventListener("click", () => { if (labelled) saveAs(annotationBytes(labelled.beats), `${labelled.opened.name}.atr`); });
by("save-csv").addEventListener("click", () => { if (labelled) saveAs(tableOf(labelled.beats), `${labelled.opened.name}-beats.csv`); });
by("course").addEventListener("click", (event) => {
  if (course && labelled) visitMoment(course.timeAt(by("course"), event.offsetX));
});
const redrawCourse = () => course?.draw(by("course"));
addEventListener("resize", redrawCourse);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawCourse);
