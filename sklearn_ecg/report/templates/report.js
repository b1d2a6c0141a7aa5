"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const by = (id) => document.getElementById(id);
const strip = by("strip"), told = by("told");
const COLOURED = new Set(["N", "S", "V", "F", "Q", "O"]);
const TOP = 46, HEIGHT = 290, MARGIN = 12, PRINTED = 6;
const corrections = new Map(), checked = new Set();
let number = 0, zoom = 1, marked = null, isSaved = true;

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
const exactly = (seconds) => `${clock(seconds)}.${Math.floor(10 * seconds) % 10}`;
const colourOf = (label) => `of-${COLOURED.has(label) ? label : "O"}`;
const labelOf = (beat) => corrections.get(beat[0])?.label ?? beat[2];
const linesOf = (view) => `lines every ${view.lineTime} s and ${view.lineVoltage / 200} mV`;
const oddOf = (here) => here.beats.find((beat) => beat[0] === here.odd) ?? here.beats[0];
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
  const was = corrections.has(beat[0]) ? `, corrected from ${beat[2]}` : "";
  return `Beat at ${exactly(beat[1])}, class ${labelOf(beat)}${was}`;
}

// Labels that would lie on each other stand on two lines.
function drawBeats(svg, here, view, chosen) {
  const ends = [-1e9, -1e9];
  for (const beat of here.beats) {
    const peak = view.x(beat[1] - here.start), label = labelOf(beat);
    if (peak < 0 || peak > view.width) continue;
    const half = 5.5 * label.length + 1;
    const place = Math.min(Math.max(peak, half + 3), view.width - half - 3);
    const row = place - half < ends[0] && ends[1] < ends[0] ? 1 : 0;
    ends[row] = place + half;
    if (beat === chosen)
      svg.append(element("line", {class: "odd", x1: peak, x2: peak, y1: TOP - 2, y2: HEIGHT - 5}));
    if (corrections.has(beat[0]))
      svg.append(element("rect", {class: "corrected", x: place - half - 2, y: 4 + 20 * row,
        width: 2 * half + 4, height: 20, rx: 3}));
    svg.append(element("text", {class: `beat ${colourOf(label)}`, x: place, y: 20 + 20 * row,
      "text-anchor": "middle", role: "button", "aria-pressed": beat === chosen,
      tabindex: beat === chosen ? 0 : -1, "data-sample": beat[0], "aria-label": nameOf(beat)}, label));
  }
}

function drawStrip(svg, here, view, chosen) {
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${view.width} ${HEIGHT}`);
  drawGrid(svg, view);
  drawSignal(svg, here, view);
  drawBeats(svg, here, view, chosen);
}

function draw() {
  const here = data.strips[number], hadFocus = strip.contains(document.activeElement);
  by("where").textContent = here ? `${number + 1} of ${data.strips.length}` : "";
  for (const button of document.querySelectorAll(".controls button")) button.disabled = !here;
  if (!here) { told.textContent = "There are no beats to look at."; return; }
  if (!here.beats.includes(marked)) marked = oddOf(here);
  by("previous").disabled = number === 0;
  by("next").disabled = number === data.strips.length - 1;
  const view = viewOf(here, Math.max(strip.clientWidth, 300), zoom, marked);
  drawStrip(strip, here, view, marked);
  if (hadFocus) strip.querySelector("[tabindex='0']")?.focus();
  for (const button of document.querySelectorAll("[data-label]"))
    button.setAttribute("aria-pressed", Boolean(marked) && button.dataset.label === labelOf(marked));
  by("check").setAttribute("aria-pressed", checked.has(number));
  by("n-saved").textContent = rows().length;
  told.textContent = `Strip ${number + 1} of ${data.strips.length}, from ${clock(here.start)}. ` +
    (marked ? `Marked: beat at ${exactly(marked[1])}, ${marked[2]}${certaintyOf(marked)}` +
      `${corrections.has(marked[0]) ? `, corrected to ${labelOf(marked)}` : ""}.` : "");
  by("scale").textContent = `${linesOf(view)[0].toUpperCase()}${linesOf(view).slice(1)}.`;
  listCorrections();
}

function listCorrections() {
  by("corrected").replaceChildren(...[...corrections.values()].map((row) => {
    const item = document.createElement("li"), undo = document.createElement("button");
    item.append(`${exactly(row.time)}: ${row.before} → ${row.label} `);
    undo.className = "screen";
    undo.textContent = "Undo";
    undo.setAttribute("aria-label", `Undo the correction of the beat at ${exactly(row.time)}`);
    undo.addEventListener("click", () => {
      corrections.delete(row.sample); isSaved = false; draw(); strip.querySelector("[tabindex='0']")?.focus();
    });
    item.append(undo);
    return item;
  }));
}

// A strip in which a label was corrected has been looked at.
function correct(label) {
  if (!marked) return;
  const [sample, time, before] = marked;
  if (label === before) corrections.delete(sample);
  else corrections.set(sample, {sample, time, before, label});
  checked.add(number); isSaved = false;
  draw();
}
function change() {
  correct(data.labels[(data.labels.indexOf(labelOf(marked)) + 1) % data.labels.length]);
}
function check() {
  if (!checked.delete(number)) checked.add(number);
  isSaved = false;
  draw();
}
function step(by_) {
  number = Math.min(Math.max(number + by_, 0), data.strips.length - 1);
  marked = null; draw();
}
function mark(by_) {
  const beats = data.strips[number].beats;
  marked = beats[Math.min(Math.max(beats.indexOf(marked) + by_, 0), beats.length - 1)]; draw();
}
function scale(factor) { zoom = Math.min(Math.max(zoom * factor, 1), 8); draw(); }

// What was corrected, and the other beats of strips that were checked: their labels are right.
function rows() {
  const found = new Map();
  for (const place of checked)
    for (const [sample, time, label] of data.strips[place].beats)
      if (data.labels.includes(label)) found.set(sample, {sample, time, before: label, label});
  for (const [sample, row] of corrections) found.set(sample, row);
  return [...found.values()].sort((a, b) => a.sample - b.sample);
}
function table() {
  const cell = (value) => `"${String(value).replaceAll('"', '""')}"`;
  return ["recording,sample,time,before,label", ...rows().map((row) =>
    [cell(data.recording), row.sample, row.time, cell(row.before), cell(row.label)].join(","))].join("\n") + "\n";
}
function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([table()], {type: "text/csv"}));
  link.download = `${data.recording.replaceAll(/[^\w-]/g, "_")}-corrections.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  isSaved = true;
}

// A click on a label marks its beat, and another changes it; one below marks the nearest.
strip.addEventListener("click", (event) => {
  const here = data.strips[number], named = event.target.closest("[data-sample]");
  if (!here?.beats.length) return;
  const box = strip.getBoundingClientRect(), view = viewOf(here, box.width, zoom, marked);
  const far = (beat) => Math.abs(view.x(beat[1] - here.start) - (event.clientX - box.left));
  const nearest = here.beats.reduce((a, b) => far(b) < far(a) ? b : a);
  const beat = named ? here.beats.find((each) => String(each[0]) === named.dataset.sample) : nearest;
  const isLabel = named || event.clientY - box.top < TOP;
  if (isLabel && beat === marked) change();
  else { marked = beat; draw(); }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !data.strips.length) return;
  const isBeat = strip.contains(event.target), scrolls = event.target.closest("[role=region]");
  const label = data.labels.find((each) => each.toUpperCase() === event.key.toUpperCase());
  const move = (by_) => event.shiftKey ? mark(by_) : step(by_);
  let does = {"+": () => scale(2), "=": () => scale(2), "-": () => scale(.5)}[event.key];
  if (label !== undefined) does = () => correct(label);
  else if (event.key === "c" || event.key === "C") does = check;
  else if (!scrolls && event.key === "ArrowLeft") does = () => move(-1);
  else if (!scrolls && event.key === "ArrowRight") does = () => move(1);
  else if (isBeat && (event.key === "Enter" || event.key === " ")) does = change;
  if (does) { does(); event.preventDefault(); }
});
for (const button of document.querySelectorAll("[data-label]"))
  button.addEventListener("click", () => correct(button.dataset.label));
for (const [id, does] of Object.entries({previous: () => step(-1), next: () => step(1),
  closer: () => scale(2), farther: () => scale(.5), check, save}))
  by(id).addEventListener("click", does);
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
draw();
