// Looking at beats one by one, and saying what they are.
const strip = by("strip");
const NUDGE = .02, SNAP = .08;
let isReady = false;  // Once beats and strips are read
let number = 0, zoom = 1, marked = null, note = "";
let visited = null;  // A strip that is in no list, or of another one
let soughtAt = data.start;  // From where the next of a kind is sought
let place = null;  // In seconds, of a beat that is to be added
let ends = [];  // Of a stretch that is to be named

const current = () => visited ?? data.strips[number];
const oddOf = (here) => beatsOf(here).find((beat) => beat[0] === here.odd) ?? beatsOf(here)[0];
// What the reader points at: a place, or a beat.
const spot = () => place === null ? marked : [Math.round(place * data.rate), place];
const certaintyOf = (beat) => beat[3] === null ? "" : ` (${Math.round(100 * beat[3])} % sure)`;

function drawPlace(svg, here, view) {
  const x = view.x(place - here.start);
  svg.append(element("line", {class: "place", x1: x, x2: x, y1: TOP - 2, y2: view.height - 5}));
  svg.append(element("text", {class: "beat place", x, y: 40, "text-anchor": "middle", tabindex: 0,
    role: "slider", "aria-label": "Place of the beat to add", "aria-valuemin": here.start,
    "aria-valuemax": here.stop, "aria-valuenow": place,
    "aria-valuetext": hundredths(place)}, "+"));
}

function draw() {
  if (!isReady) return;
  think();
  drawQuestions();
  drawKept();
  drawDisclosure();
  drawOnPaper();
  const here = current();
  for (const each of document.querySelectorAll("#review .controls:not(#keeping) button")) each.disabled = !here;
  by("where").textContent = visited ? `at ${clock(soughtAt)}` : here ? `${number + 1} of ${data.strips.length}` : "";
  if (here) drawHere(here);
  else announce("told", note || "There are no beats to look at.");
}
/** @param {Strip} here */
function drawHere(here) {
  const hadFocus = strip.contains(document.activeElement);
  marked = beatsOf(here).find((beat) => isSame(beat, marked)) ?? oddOf(here);
  const view = viewOf(here, Math.max(strip.clientWidth, 300), zoom, spot());
  drawStrip(strip, here, view, marked, pendingStretch());
  if (place !== null) drawPlace(strip, here, view);
  if (hadFocus || place !== null) (strip.querySelector("[role=slider]") ?? strip.querySelector("[tabindex='0']"))?.focus();
  drawButtons(here);
  showPlace(here, false);
  announce("told", note || tellOf(here));
  by("scale").textContent = `${linesOf(view)[0].toUpperCase()}${linesOf(view).slice(1)}.` +
    (here.isCoarse ? ` Of ${Math.round(here.signals[0].rate)} samples a second: R peaks look lower than they are.` : "");
}

function drawButtons(here) {
  const isBeat = place === null && ends.length < 2;
  by("previous").disabled = !visited && number === 0;
  by("next").disabled = !visited && number >= data.strips.length - 1;
  by("undo").disabled = !past.length && !isAsking();
  by("noise").disabled = ends.length < 2;
  by("end").disabled = !ends.length;
  by("choice").textContent = isBeat ? "Label of the marked beat:" :
    place === null ? "Label of the stretch:" : "Label of the beat to add:";
  for (const button of document.querySelectorAll("[data-label]"))
    button.setAttribute("aria-pressed", isBeat && Boolean(marked) && button.dataset.label === labelOf(marked));
  by("add").setAttribute("aria-pressed", place !== null);
  by("begin").setAttribute("aria-pressed", ends.length > 0);
  by("check").setAttribute("aria-pressed", isChecked(here));
}
function drawKept() {
  for (const each of document.querySelectorAll("#keeping button")) each.disabled = !beatTable.samples.length;
  by("n-saved").textContent = String(toSave().length);
  drawReader();
  listCorrections();
}
function drawReader() {
  const isNamed = Boolean(by("who").value.trim());
  if (by("name-reader")) by("name-reader").hidden = isNamed;
  announce("kept", (isKept ? "This browser keeps what you say, also when the page is closed." :
    "This browser keeps nothing: save before you close the page.") +
    (isNamed ? "" : " No reader is named: the file will not say who said it."));
}

function tellOf(here) {
  if (place !== null)
    return `A beat is added at ${hundredths(place)}: arrows or a click move the place, a label adds it, Enter one of ${usual()}, Escape or Undo leaves.`;
  if (ends.length === 2)
    return `A stretch from ${exactly(ends[0][1])} to ${exactly(ends[1][1])}: a label names its beats, X is noise, Escape or Undo leaves.`;
  const begun = ends.length ? `A stretch begins at ${exactly(ends[0][1])}: mark its last beat, then ] or "to here". ` : "";
  const strip = visited ? "Strip" : `Strip ${number + 1} of ${data.strips.length},`;
  const what = (here.told ?? []).map(({title}) => `${title}. `).join("");
  return `${begun}${what}${strip} from ${clock(here.start)}. ` +
    (marked ? `Marked: beat at ${exactly(marked[1])}, ${marked[2] || "added"}${certaintyOf(marked)}` +
      `${isCorrected(marked) ? `, corrected to ${labelOf(marked)}` : ""}.` : "");
}

const textOf = ({what, stop, time, before, label}) =>
  what === TEMPLATE ? `${exactly(time)}: ${label}, and beats that look alike` :
  what === "stretch" ? `${exactly(time)} to ${exactly(stop / data.rate)}: ${label}` :
  what === "added" ? `${exactly(time)}: ${label} added` : `${exactly(time)}: ${before} → ${label}`;
const WHAT = {beat: "the correction of the beat", added: "the beat added", stretch: "the stretch",
  [TEMPLATE]: "the answer about the beat"};

function listCorrections() {
  const rows = [...said].filter(([, row]) => row.what in WHAT && (row.before !== row.label || row.what === TEMPLATE));
  by("corrected").replaceChildren(...rows.map(([key, row]) => {
    const item = document.createElement("li"), undo = document.createElement("button");
    item.append(`${textOf(row)} `);
    undo.className = "screen";
    undo.textContent = "Undo";
    undo.setAttribute("aria-label", `Undo ${WHAT[row.what]} at ${exactly(row.time)}`);
    undo.addEventListener("click", () => {
      act(() => said.delete(key)); focusBeat();
    });
    item.append(undo);
    return item;
  }));
}

function pendingStretch() {
  return ends.length ? [{sample: ends[0][0], stop: (ends[1] ?? ends[0])[0], label: "…"}] : [];
}
function act(does) {
  note = "";
  inOneStep(does);
  draw();
}

// A strip in which a label was corrected has been looked at.
function correct(label) {
  if (!marked) return;
  const [sample] = marked, before = foundOf(marked), isAdded = rowOf(sample)?.what === "added";
  if (isAdded && label === NO_BEAT) said.delete(keyOf({what: "added", sample, stop: ""}));
  else say({sample, before, label, what: isAdded ? "added" : "beat"});
  checkRest(current());
}
function add(label) {
  const here = current(), [sample, time] = spot();
  const close = beatsOf(here).find((beat) => labelOf(beat) !== NO_BEAT && Math.abs(beat[1] - time) < data.apart);
  const there = here.beats.find((beat) => beat[0] === sample);
  if (close) note = `There is a beat at ${exactly(close[1])}: correct that one.`;
  if (label === NO_BEAT) note = "A beat that is added needs a class.";
  if (note) return;
  say({sample, before: there ? foundOf(there) : "", label, what: there ? "beat" : "added"});
  checkRest(here);
  marked = [sample]; place = null;
}
function nameStretch(label) {
  const [from, to] = ends.map(([sample]) => sample).sort((a, b) => a - b);
  note = sayStretch(from, to, label);
  if (!note) ends = [];
}
function choose(label) {
  if (place !== null) add(label);
  else if (ends.length === 2) nameStretch(label);
  else correct(label);
}
const usual = () => data.labels.includes("N") ? "N" : data.labels[0];
function change() {
  if (place !== null) return add(usual());
  correct(data.labels[(data.labels.indexOf(labelOf(marked)) + 1) % data.labels.length]);
}
function check() {
  const here = current();
  if (isChecked(here)) uncheck(here);
  else checkRest(here);
}

// Where the signal is farthest from its baseline, about a place.
function peakAt(here, time) {
  const {rate, values} = here.signals[0], first = Math.max(Math.round((time - SNAP - here.start) * rate), 0);
  const around = values.slice(first, Math.round((time + SNAP - here.start) * rate) + 1);
  const heights = around.map((value) => Math.abs(value ?? 0));
  return around.length ? here.start + (first + heights.indexOf(Math.max(...heights))) / rate : time;
}
function movePlace(time) {
  const here = current(), stop = here.stop - 1 / here.signals[0].rate;
  place = Math.min(Math.max(time, here.start), stop);
}
function beginPlace() {
  const here = current(), beats = beatsOf(here);
  if (place !== null) { place = null; return; }
  const at = marked ? marked[1] : here.start;
  const next = beats.find((beat) => beat[1] > at)?.[1] ?? here.stop;
  movePlace(peakAt(here, (at + next) / 2));
}
function beginStretch() { if (spot()) { ends = [spot()]; place = null; } }
function endStretch() {
  if (!ends.length) note = "Mark the first beat of the stretch, and press [ there.";
  else if (!spot() || isSame(spot(), ends[0])) note = "A stretch has two ends: mark its last beat, and press ] there.";
  else { ends = [ends[0], spot()]; place = null; }
}
function noise() {
  if (ends.length === 2) nameStretch(NOISE);
  else note = "Noise is a stretch: [ begins it at the marked beat, ] ends it.";
}
const isAsking = () => place !== null || ends.length > 0;
function leave() { place = null; ends = []; }
// What was begun is left before anything is undone.
function takeBack() {
  note = "";
  if (isAsking()) leave();
  else { undo(); tell(() => "The last step is undone."); }
  draw();
}

// From a strip that was visited, a step leads back to the list.
function step(by_) {
  place = marked = null;
  if (!visited) number = Math.min(Math.max(number + by_, 0), data.strips.length - 1);
  visited = null;
  if (current()) { soughtAt = oddOf(current())?.[1] ?? current().start; showPlace(current(), true); }
}
// The strip of a moment: one of those that are finely drawn, else of what the page has.
async function visit(time) {
  const isIn = ({start, stop}) => time >= start + Math.min(1, time) && time <= stop - 1;
  visited = [...data.found, ...data.strips].find(isIn) ?? (N_HOURS ? await stripAround(time) : null);
  if (!visited) return;
  soughtAt = time; place = null; note = "";
  marked = nearest(beatsOf(visited), ([, at]) => Math.abs(at - time)) ?? null;
  turnTo(false);
  draw();
  showPlace(visited, true);
  strip.scrollIntoView({block: "nearest"});
}
// Whoever goes to a moment goes on at its strip.
const focusBeat = () => strip.querySelector("[tabindex='0']")?.focus({preventScroll: true});
function mark(by_) {
  const beats = beatsOf(current()), index = beats.findIndex((beat) => isSame(beat, marked));
  marked = beats[Math.min(Math.max(index + by_, 0), beats.length - 1)];
}
function move(by_, isShift) {
  if (place !== null) movePlace(place + NUDGE * by_ * (isShift ? 5 : 1));
  else if (isShift) mark(by_);
  else step(by_);
}
function scale(factor) { zoom = Math.min(Math.max(zoom * factor, 1), 8); }

async function loadFile(file) {
  if (!file) return;
  const text = await file.text(), wasSaved = isSaved;
  act(() => { try { note = load(text); } catch (error) { note = `${error.message} Nothing was loaded.`; } });
  isSaved = wasSaved; keep();
}

// A click on a label marks its beat, and another changes it; one below marks the nearest.
strip.addEventListener("click", (event) => {
  const here = current(), named = event.target.closest("[data-sample]");
  if (!here) return;
  const box = strip.getBoundingClientRect(), view = viewOf(here, box.width, zoom, spot());
  const x = event.clientX - box.left, beats = beatsOf(here);
  if (place !== null) return act(() => movePlace(peakAt(here, here.start + view.t(x))));
  if (!beats.length) return;
  const closest = nearest(beats, (beat) => Math.abs(view.x(beat[1] - here.start) - x));
  const beat = named ? beats.find((each) => String(each[0]) === named.dataset.sample) : closest;
  const isLabel = named || event.clientY - box.top < TOP;
  act(() => { if (isLabel && ends.length < 2 && isSame(beat, marked)) change(); else marked = beat; });
});
const KEYS = {"+": () => scale(2), "=": () => scale(2), "-": () => scale(.5), c: check, a: beginPlace,
  "[": beginStretch, "]": endStretch, x: noise, escape: leave};
// What a key does to the strip, nothing if it is none of its keys.
/** @param {KeyboardEvent} event @param {string} key */
function stripKey(event, key) {
  const isBeat = strip.contains(event.target), scrolls = event.target.closest("[role=region]");
  const label = data.labels.find((each) => each.toLowerCase() === key);
  if (label !== undefined) return () => choose(label);
  if (!scrolls && key === "arrowleft") return () => move(-1, event.shiftKey);
  if (!scrolls && key === "arrowright") return () => move(1, event.shiftKey);
  return isBeat && [" ", "enter"].includes(key) ? change : KEYS[key];
}
/** @param {KeyboardEvent} event @param {string} key */
function meaningOf(event, key) {
  if (event.ctrlKey || event.metaKey) return key === "z" ? takeBack : undefined;
  if (event.altKey) return undefined;
  const answers = answerKey(key, event.target), does = isAnswering || !current() ? undefined : stripKey(event, key);
  return answers ?? (does && (() => act(does)));
}
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select")) return;
  const does = meaningOf(event, event.key.toLowerCase());
  if (!does) return;
  does();
  event.preventDefault();
});
for (const button of document.querySelectorAll("[data-label]"))
  button.addEventListener("click", () => act(() => choose(button.dataset.label)));
for (const [id, does] of Object.entries({previous: () => step(-1), next: () => step(1),
  closer: () => scale(2), farther: () => scale(.5), check, add: beginPlace, begin: beginStretch,
  end: endStretch, noise, load: () => by("file").click()}))
  by(id).addEventListener("click", () => act(does));
by("undo").addEventListener("click", takeBack);
by("save").addEventListener("click", () => { save(); draw(); });
by("who").addEventListener("input", () => { keep(); drawReader(); });
by("name-reader")?.addEventListener("click", () => by("who").focus());
by("who").addEventListener("change", sign);
by("file").addEventListener("change", () => { loadFile(by("file").files[0]); by("file").value = ""; });
for (const link of document.querySelectorAll("[data-at]"))
  link.addEventListener("click", () => visit(Number(link.dataset.at)).then(focusBeat));
addEventListener("storage", ({key}) => { if (key === KEPT) { restore(); draw(); } });
addEventListener("resize", draw);
addEventListener("beforeunload", (event) => { if (!isSaved) event.preventDefault(); });
function openReview() {
  if (strip.clientWidth < NARROW) zoom = 2;
  isReady = true;
  restore(); draw();
}
