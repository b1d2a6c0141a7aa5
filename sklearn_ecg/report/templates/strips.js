// Drawing strips: lead below lead, lines of paper, labels above.
const COLOURED = new Set(["N", "S", "V", "F", "Q", "O"]);
const TOP = 46, BELOW = 12, MARGIN = 12, UNITS = 200;
const ALONE = 232, TOGETHER = 320, NARROW = 600;  // How tall one lead is, and all of several on a wide screen

const element = (name, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const two = (n) => String(n).padStart(2, "0");
const hms = (s) => `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
// By the clock if the file says when it began, with the date if it is longer than a day.
function clock(seconds) {
  if (!data.clock) return hms(Math.floor(seconds));
  const {begin, date: [year, month, day], isLong} = data.clock, shown = begin + seconds;
  const date = new Date(Date.UTC(year, month, day + Math.floor(shown / 86400)));
  const text = hms(Math.floor(shown % 86400));
  return isLong ? `${date.getUTCDate()} ${date.toLocaleString("en", {month: "short", timeZone: "UTC"})} ${text}` : text;
}
// With tenths of a second, so that no two beats have one name.
const partOf = (seconds) => (data.clock ? data.clock.begin : 0) + seconds;
const hundredths = (seconds) => `${clock(seconds)}.${two(Math.floor(100 * partOf(seconds) + 1e-6) % 100)}`;
const exactly = (seconds) => `${clock(seconds)}.${Math.floor(10 * partOf(seconds) + 1e-6) % 10}`;
const colourOf = (label) => `of-${COLOURED.has(label) ? label : "O"}`;
const linesOf = (view) => `lines every ${view.lineTime} s and ${view.lineVoltage / UNITS} mV`;
const isSame = (beat, other) => beat?.[0] === other?.[0];

// How high and low a lead goes.
function rangeOf({values}) {
  const known = values.filter((value) => value !== null);
  return {low: Math.min(...known, -50), high: Math.max(...known, 50)};
}
// Where time and voltage stand in a drawing, and how far its lines are apart.
function viewOf(here, width, zoomed, centre) {
  const all = here.stop - here.start, seconds = all / zoomed;
  const middle = (centre ? centre[1] - here.start : all / 2) - seconds / 2;
  const start = Math.min(Math.max(middle, 0), all - seconds);
  const ranges = here.signals.map(rangeOf), spans = ranges.map(({low, high}) => high - low);
  const tall = ranges.length > 1 && width > NARROW ? TOGETHER : ALONE, inner = width - 2 * MARGIN;
  const span = spans.reduce((sum, each) => sum + each, 0), unit = (tall - 6 * spans.length) / span;
  const bottoms = spans.map((_, lead) => TOP + spans.slice(0, lead + 1).reduce((sum, each) => sum + each * unit + 6, 0));
  return {
    width, start, seconds, ranges,
    height: TOP + tall + BELOW,
    x: (t) => MARGIN + inner * (t - start) / seconds,
    t: (x) => start + seconds * (x - MARGIN) / inner,
    y: (value, lead) => bottoms[lead] - unit * (value - ranges[lead].low),
    lineTime: inner * .2 / seconds < 9 ? 1 : .2,
    lineVoltage: [100, 200, 1000, 2000, 10000].find((each) => span / each < 14) ?? 1e5,
  };
}

function drawGrid(svg, view) {
  const {x, y, width, height, start, seconds, ranges, lineTime, lineVoltage} = view;
  for (let n = Math.ceil(start / lineTime); n * lineTime <= start + seconds; n += 1)
    svg.append(element("line", {class: "grid", x1: x(n * lineTime), x2: x(n * lineTime), y1: TOP, y2: height - 5}));
  for (const [lead, {low, high}] of ranges.entries())
    for (let v = Math.ceil(low / lineVoltage) * lineVoltage; v <= high; v += lineVoltage)
      svg.append(element("line", {class: "grid", x1: 0, x2: width, y1: y(v, lead), y2: y(v, lead)}));
}

const isOff = (values) => values.every((value) => value === null);
const leadName = (lead, values) => `${data.leads[lead]}${isOff(values) ? ": no signal" : ""}`;
function drawLead(svg, here, view, lead) {
  const {rate, values} = here.signals[lead];
  let points = [];
  const end = () => {
    if (points.length > 1) svg.append(element("polyline", {class: "ecg", points: points.join(" ")}));
    points = [];
  };
  values.forEach((value, index) => {
    const t = index / rate;
    if (value === null || t < view.start - .1 || t > view.start + view.seconds + .1) end();
    else points.push(`${view.x(t).toFixed(1)},${view.y(value, lead).toFixed(1)}`);
  });
  end();
  if (here.signals.length > 1 || isOff(values))
    svg.append(element("text", {class: "lead", x: 3, y: view.y(view.ranges[lead].high, lead) + 12}, leadName(lead, values)));
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
      svg.append(element("line", {class: "odd", x1: peak, x2: peak, y1: TOP - 2, y2: view.height - 5}));
    if (isCorrected(beat))
      svg.append(element("rect", {class: "corrected", x: place - half - 2, y: 4 + 20 * row,
        width: 2 * half + 4, height: 20, rx: 3}));
    const presses = {role: "button", "aria-pressed": isChosen, tabindex: isChosen ? 0 : -1, "aria-label": nameOf(beat)};
    svg.append(element("text", {class: `beat ${colourOf(label)}`, x: place, y: 20 + 20 * row,
      "text-anchor": "middle", "data-sample": beat[0], ...(svg.id === "strip" ? presses : {})}, label));
  }
}

function drawStretches(svg, here, view, pending = []) {
  for (const {sample, stop, label} of [...rowsOf("stretch"), ...pending]) {
    const bounds = [sample, stop].map((each) => view.x(each / data.rate - here.start));
    const [from, to] = bounds.sort((a, b) => a - b).map((x) => Math.min(Math.max(x, 0), view.width));
    if (from === to && (from === 0 || from === view.width)) continue;
    svg.append(element("rect", {class: "stretch", x: from, y: TOP, width: Math.max(to - from, 2), height: view.height - 5 - TOP}));
    svg.append(element("text", {class: "stretch", x: from + 3, y: view.height - 9}, label));
  }
}

function drawStrip(svg, here, view, chosen, pending) {
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
  drawStretches(svg, here, view, pending);
  drawGrid(svg, view);
  for (const lead of here.signals.keys()) drawLead(svg, here, view, lead);
  drawBeats(svg, here, view, chosen);
}
