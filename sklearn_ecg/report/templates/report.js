const strip = by("strip"), told = by("told");
const COLOURED = new Set(["N", "S", "V", "F", "Q", "O"]);
const TOP = 46, HEIGHT = 290, MARGIN = 12, PRINTED = 6;
const NUDGE = .02, SNAP = .08;
let number = 0, zoom = 1, marked = null, note = "";
let place = null;  // In seconds, of a beat that is to be added
let ends = [];  // Of a stretch that is to be named

const element = (name, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const clock = (seconds) => {
  const s = Math.floor(seconds), two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
};
// With tenths of a second, so that no two beats have one name.
const hundredths = (seconds) => `${clock(seconds)}.${String(Math.floor(100 * seconds + 1e-6) % 100).padStart(2, "0")}`;
const exactly = (seconds) => `${clock(seconds)}.${Math.floor(10 * seconds) % 10}`;
const colourOf = (label) => `of-${COLOURED.has(label) ? label : "O"}`;
const linesOf = (view) => `lines every ${view.lineTime} s and ${view.lineVoltage / 200} mV`;
const oddOf = (here) => beatsOf(here).find((beat) => beat[0] === here.odd) ?? beatsOf(here)[0];
const isSame = (beat, other) => beat?.[0] === other?.[0];
// What the reader points at: a place, or a beat.
const spot = () => place === null ? marked : [Math.round(place * data.rate), place];
const certaintyOf = (beat) => beat[3] === null ? "" : ` (${Math.round(100 * beat[3])} % sure)`;

// Where time and voltage stand in a drawing, and how far its lines are apart.
function viewOf(here, width, zoomed, centre) {
  const all = here.signal.length / here.rate, seconds = all / zoomed;
  const middle = (centre ? centre[1] - here.start : all / 2) - seconds / 2;
  const start = Math.min(Math.max(middle, 0), all - seconds);
  const values = here.signal.filter((value) => value !== null);
  const low = Math.min(...values, -50), high = Math.max(...values, 50);
  const inner = width - 2 * MARGIN;
  return {
    width, start, seconds, low, high,
    x: (t) => MARGIN + inner * (t - start) / seconds,
    t: (x) => start + seconds * (x - MARGIN) / inner,
    y: (value) => HEIGHT - 12 - (HEIGHT - 18 - TOP) * (value - low) / (high - low),
    lineTime: inner * .2 / seconds < 9 ? 1 : .2,
    lineVoltage: [100, 200, 1000, 2000, 10000].find((each) => (high - low) / each < 14) ?? 1e5,
  };
}

function drawGrid(svg, view) {
  const {x, y, width, start, seconds, low, high, lineTime, lineVoltage} = view;
  for (let n = Math.ceil(start / lineTime); n * lineTime <= start + seconds; n += 1) {
    const place = x(n * lineTime);
    svg.append(element("line", {class: "grid", x1: place, x2: place, y1: TOP, y2: HEIGHT - 5}));
  }
  for (let v = Math.ceil(low / lineVoltage) * lineVoltage; v <= high; v += lineVoltage)
    svg.append(element("line", {class: "grid", x1: 0, x2: width, y1: y(v), y2: y(v)}));
}

function drawSignal(svg, here, view) {
  let points = [];
  const end = () => {
    if (points.length > 1) svg.append(element("polyline", {class: "ecg", points: points.join(" ")}));
    points = [];
  };
  here.signal.forEach((value, index) => {
    const t = index / here.rate;
    if (value === null || t < view.start - .1 || t > view.start + view.seconds + .1) end();
    else points.push(`${view.x(t).toFixed(1)},${view.y(value).toFixed(1)}`);
  });
  end();
}

function nameOf(beat) {
  const was = !isCorrected(beat) ? "" : beat[2] ? `, corrected from ${beat[2]}` : ", added";
  return `Beat at ${exactly(beat[1])}, class ${labelOf(beat)}${was}`;
}

// Labels that would lie on each other stand on two lines.
function drawBeats(svg, here, view, chosen) {
  const ends = [-1e9, -1e9];
  for (const beat of beatsOf(here)) {
    const peak = view.x(beat[1] - here.start), label = labelOf(beat), isChosen = isSame(beat, chosen);
    if (peak < 0 || peak > view.width) continue;
    const half = 5.5 * label.length + 1;
    const place = Math.min(Math.max(peak, half + 3), view.width - half - 3);
    const row = place - half < ends[0] && ends[1] < ends[0] ? 1 : 0;
    ends[row] = place + half;
    if (isChosen)
      svg.append(element("line", {class: "odd", x1: peak, x2: peak, y1: TOP - 2, y2: HEIGHT - 5}));
    if (isCorrected(beat))
      svg.append(element("rect", {class: "corrected", x: place - half - 2, y: 4 + 20 * row,
        width: 2 * half + 4, height: 20, rx: 3}));
    const presses = {role: "button", "aria-pressed": isChosen, tabindex: isChosen ? 0 : -1, "aria-label": nameOf(beat)};
    svg.append(element("text", {class: `beat ${colourOf(label)}`, x: place, y: 20 + 20 * row,
      "text-anchor": "middle", "data-sample": beat[0], ...(svg === strip ? presses : {})}, label));
  }
}

function drawStretches(svg, here, view) {
  const pending = ends.length ? [{sample: ends[0][0], stop: (ends[1] ?? ends[0])[0], label: "…"}] : [];
  for (const {sample, stop, label} of [...rowsOf("stretch"), ...pending]) {
    const bounds = [sample, stop].map((each) => view.x(each / data.rate - here.start));
    const [from, to] = bounds.sort((a, b) => a - b).map((x) => Math.min(Math.max(x, 0), view.width));
    if (from === to && (from === 0 || from === view.width)) continue;
    svg.append(element("rect", {class: "stretch", x: from, y: TOP, width: Math.max(to - from, 2), height: HEIGHT - 5 - TOP}));
    svg.append(element("text", {class: "stretch", x: from + 3, y: HEIGHT - 9}, label));
  }
}

function drawPlace(svg, here, view) {
  const x = view.x(place - here.start);
  svg.append(element("line", {class: "place", x1: x, x2: x, y1: TOP - 2, y2: HEIGHT - 5}));
  svg.append(element("text", {class: "beat place", x, y: 40, "text-anchor": "middle", tabindex: 0,
    role: "slider", "aria-label": "Place of the beat to add", "aria-valuemin": here.start,
    "aria-valuemax": here.start + here.signal.length / here.rate, "aria-valuenow": place,
    "aria-valuetext": hundredths(place)}, "+"));
}

function drawStrip(svg, here, view, chosen) {
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${view.width} ${HEIGHT}`);
  drawStretches(svg, here, view);
  drawGrid(svg, view);
  drawSignal(svg, here, view);
  drawBeats(svg, here, view, chosen);
}

function draw() {
  think();
  drawQuestions();
  drawKept();
  const here = data.strips[number], hadFocus = strip.contains(document.activeElement);
  by("where").textContent = here ? `${number + 1} of ${data.strips.length}` : "";
  for (const each of document.querySelectorAll("#review .controls:not(#keeping) button")) each.disabled = !here;
  if (!here) { told.textContent = note || "There are no beats to look at."; return; }
  marked = beatsOf(here).find((beat) => isSame(beat, marked)) ?? oddOf(here);
  const view = viewOf(here, Math.max(strip.clientWidth, 300), zoom, spot());
  drawStrip(strip, here, view, marked);
  if (place !== null) drawPlace(strip, here, view);
  if (hadFocus || place !== null) (strip.querySelector("[role=slider]") ?? strip.querySelector("[tabindex='0']"))?.focus();
  drawButtons(here);
  told.textContent = note || tellOf(here);
  by("scale").textContent = `${linesOf(view)[0].toUpperCase()}${linesOf(view).slice(1)}.`;
}

function drawButtons(here) {
  const isBeat = place === null && ends.length < 2;
  by("previous").disabled = number === 0;
  by("next").disabled = number === data.strips.length - 1;
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
  for (const each of document.querySelectorAll("#keeping button")) each.disabled = !strips.length;
  by("n-saved").textContent = String(toSave().length);
  by("kept").textContent = isKept ? "This browser keeps what you say, also when the page is closed." :
    "This browser keeps nothing: save before you close the page.";
  listCorrections();
}

function tellOf(here) {
  if (place !== null)
    return `A beat is added at ${hundredths(place)}: arrows or a click move the place, a label adds it, Enter one of ${usual()}, Escape or Undo leaves.`;
  if (ends.length === 2)
    return `A stretch from ${exactly(ends[0][1])} to ${exactly(ends[1][1])}: a label names its beats, X is noise, Escape or Undo leaves.`;
  const begun = ends.length ? `A stretch begins at ${exactly(ends[0][1])}: mark its last beat, then ] or "to here". ` : "";
  return `${begun}Strip ${number + 1} of ${data.strips.length}, from ${clock(here.start)}. ` +
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
      act(() => said.delete(key)); strip.querySelector("[tabindex='0']")?.focus();
    });
    item.append(undo);
    return item;
  }));
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
  checkRest(data.strips[number]);
}
function add(label) {
  const here = data.strips[number], [sample, time] = spot();
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
  const here = data.strips[number];
  if (isChecked(here)) uncheck(here);
  else checkRest(here);
}

// Where the signal is farthest from its baseline, about a place.
function peakAt(here, time) {
  const first = Math.max(Math.round((time - SNAP - here.start) * here.rate), 0);
  const around = here.signal.slice(first, Math.round((time + SNAP - here.start) * here.rate) + 1);
  const heights = around.map((value) => Math.abs(value ?? 0));
  return around.length ? here.start + (first + heights.indexOf(Math.max(...heights))) / here.rate : time;
}
function movePlace(time) {
  const here = data.strips[number], stop = here.start + (here.signal.length - 1) / here.rate;
  place = Math.min(Math.max(time, here.start), stop);
}
function beginPlace() {
  const here = data.strips[number], beats = beatsOf(here);
  if (place !== null) { place = null; return; }
  const at = marked ? marked[1] : here.start;
  const next = beats.find((beat) => beat[1] > at)?.[1] ?? here.start + here.signal.length / here.rate;
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

function step(by_) {
  place = null;
  number = Math.min(Math.max(number + by_, 0), data.strips.length - 1);
  marked = null;
}
function mark(by_) {
  const beats = beatsOf(data.strips[number]), index = beats.findIndex((beat) => isSame(beat, marked));
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
  const here = data.strips[number], named = event.target.closest("[data-sample]");
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
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input")) return;
  const key = event.key.toLowerCase(), isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
  const answers = isPlain ? answerKey(key, event.target) : undefined;
  if (answers) { answers(); event.preventDefault(); }
  const isBelow = !isAnswering && data.strips.length;
  if (answers || !isBelow && isPlain) return;
  const isBeat = strip.contains(event.target), scrolls = event.target.closest("[role=region]");
  const label = data.labels.find((each) => each.toLowerCase() === key);
  let does = isPlain && KEYS[key];
  if (isPlain && label !== undefined) does = () => choose(label);
  else if (!scrolls && isPlain && key === "arrowleft") does = () => move(-1, event.shiftKey);
  else if (!scrolls && isPlain && key === "arrowright") does = () => move(1, event.shiftKey);
  else if (isBeat && isPlain && (key === "enter" || key === " ")) does = change;
  if (does) act(does);
  else if (key === "z" && (event.ctrlKey || event.metaKey)) takeBack();
  else return;
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
by("who").addEventListener("input", keep);
by("who").addEventListener("change", sign);
by("file").addEventListener("change", () => { loadFile(by("file").files[0]); by("file").value = ""; });
addEventListener("storage", ({key}) => { if (key === KEPT) { restore(); draw(); } });
addEventListener("resize", draw);
addEventListener("beforeunload", (event) => { if (!isSaved) event.preventDefault(); });
addEventListener("beforeprint", () => {
  by("printed").replaceChildren(...data.strips.slice(0, PRINTED).map((here) => {
    const figure = document.createElement("figure"), caption = document.createElement("figcaption");
    const svg = element("svg", {class: "strip"}), odd = oddOf(here);
    const view = viewOf(here, 1000, 1, odd);
    drawStrip(svg, here, view, odd);
    caption.textContent = `From ${clock(here.start)}, ${linesOf(view)}` +
      (odd ? `; marked: ${labelOf(odd)} at ${exactly(odd[1])}${certaintyOf(odd)}` : "");
    figure.append(svg, caption);
    return figure;
  }));
});
if (strip.clientWidth < 600) zoom = 2;
restore();
draw();
