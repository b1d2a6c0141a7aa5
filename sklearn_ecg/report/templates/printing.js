// On paper: what the summary tells of, then the first of the beats to look at, to scale.
const PRINTED = 6, SECONDS = 7, LINE_OF_PAPER = 5, SMALL_LINE = 1;  // The last two in mm
const SPEED = 25, GAIN = 10;  // mm a second, mm a millivolt

// A part of a strip that fits on paper, with a moment in its middle.
/** @param {Strip} here @param {number} time @returns {Strip} */
function partAround(here, time) {
  const latest = Math.max(here.stop - SECONDS, here.start), start = Math.min(Math.max(time - SECONDS / 2, here.start), latest);
  const stop = Math.min(start + SECONDS, here.stop);
  const signals = here.signals.map(({rate, values}) =>
    ({rate, values: values.slice(Math.round((start - here.start) * rate), Math.round((stop - here.start) * rate))}));
  return {start, stop, signals, beats: foundBetween(start, stop)};
}
// In millimetres: a strip at the speed and the gain of paper.
function paperOf(here, chosen) {
  const ranges = here.signals.map(rangeOf), talls = ranges.map(({low, high}) =>
    LINE_OF_PAPER * Math.ceil((Math.min(high, 3 * UNITS) - Math.max(low, -3 * UNITS)) * GAIN / UNITS / LINE_OF_PAPER + .4));
  const width = SPEED * SECONDS, height = talls.reduce((sum, tall) => sum + tall, 0) + LINE_OF_PAPER;
  const svg = element("svg", {class: "paper", viewBox: `0 0 ${width} ${height}`, style: `width: ${width}mm; height: ${height}mm`, role: "img"});
  drawPaper(svg, width, height);
  let top = LINE_OF_PAPER;
  for (const [lead, {rate, values}] of here.signals.entries()) {
    const zero = top + Math.min(ranges[lead].high, 3 * UNITS) * GAIN / UNITS + 1;
    drawTrace(svg, values, (index) => SPEED * index / rate, (value) => zero - value * GAIN / UNITS);
    svg.append(element("text", {x: .5, y: top + 3, class: "lead"}, leadName(lead, values)));
    top += talls[lead];
  }
  for (const beat of beatsOf(here)) {
    const x = SPEED * (beat[1] - here.start), label = labelOf(beat);
    svg.append(element("text", {x, y: 3.6, class: `beat ${colourOf(label)}`, "text-anchor": "middle"}, label));
    if (isSame(beat, chosen)) svg.append(element("line", {class: "odd", x1: x, x2: x, y1: 4.2, y2: height}));
  }
  return svg;
}
/** @param {SVGElement} svg @param {number} width @param {number} height */
function drawPaper(svg, width, height) {
  for (const {of, apart} of [{of: "small", apart: SMALL_LINE}, {of: "large", apart: LINE_OF_PAPER}]) {
    const across = Array.from({length: Math.floor(width / apart) + 1}, (_, i) => `M${i * apart} ${LINE_OF_PAPER}V${height}`);
    const along = Array.from({length: Math.floor((height - LINE_OF_PAPER) / apart) + 1}, (_, i) => `M0 ${LINE_OF_PAPER + i * apart}H${width}`);
    svg.append(element("path", {class: of, d: across.concat(along).join("")}));
  }
}
function drawTrace(svg, values, x, y) {
  let points = [];
  const end = () => {
    if (points.length > 1) svg.append(element("polyline", {class: "trace", points: points.join(" ")}));
    points = [];
  };
  values.forEach((value, index) => {
    if (value === null) end();
    else points.push(`${x(index).toFixed(2)},${y(value).toFixed(2)}`);
  });
  end();
}
function figureOf(here, time, title) {
  const part = partAround(here, time), figure = document.createElement("figure"), caption = document.createElement("figcaption");
  const chosen = nearest(beatsOf(part), ([, at]) => Math.abs(at - time));
  caption.textContent = `${title} From ${clock(part.start)}, 25 mm/s, 10 mm/mV.`;
  figure.append(caption, paperOf(part, chosen));
  return figure;
}
function drawPrinted() {
  if (!by("printed")) return;  // All is on paper
  const found = data.found.map((here) => {
    const all = here.told ?? [];
    return figureOf(here, all[0].at, `${all.map(({title, at}) => `${title} at ${clock(at)}`).join("; ")}.`);
  });
  const isTold = (here) => data.found.some(({start, stop}) => start <= here.start + 1 && here.stop - 1 <= stop);
  const odd = data.strips.filter((here) => !isTold(here)).slice(0, PRINTED).map((here) => {
    const beat = oddOf(here);
    return figureOf(here, beat?.[1] ?? here.start, beat ? `Marked: ${labelOf(beat)} at ${exactly(beat[1])}${certaintyOf(beat)}.` : "");
  });
  by("printed").replaceChildren(...found, ...odd);
}
// Paper is white, whatever the screen is.
function toPaper(isPaper) {
  document.documentElement.classList.toggle("on-paper", isPaper);
  if (isPaper) drawPrinted();
  if (by("lorenz")) drawLorenz();
}
addEventListener("beforeprint", () => toPaper(true));
addEventListener("afterprint", () => toPaper(false));
