// A line a minute: a picture of all leads, made pixel by pixel, and words on it.
const lines = by("lines");
const LEAD = 26, BETWEEN = 8, LEGEND = data.clock?.isLong ? 80 : 56;
const LINE = data.leads.length * LEAD + BETWEEN;
const BEFORE = .1, AFTER = .25;  // Seconds of a beat that have its colour
const BAND_OF = {AF: "--S", pause: "--F", bradycardia: "--Q", tachycardia: "--V", "not analysable": "--faint"};
/** @type {any} */
let look = null;  // Sizes and colours, which are slow to ask for

const bandOf = (kind) => BAND_OF[kind] ?? (/\bVT|ventricular rhythm|^V /.test(kind) ? "--V" : "--S");
/** @param {HTMLCanvasElement} canvas */
const brushOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", {willReadFrequently: true}));
const coloursOf = () => {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(name).trim();
};
// So tall that most beats stay on their line.
const TALL = Math.max(500, ...data.leads.map((_, lead) => {
  const all = data.hours.map((hour) => hour[lead].tall).sort((a, b) => a - b);
  return all[all.length >> 1] ?? 0;
}));

// Of each pixel the lowest and the highest sample.
function columnsOf(values, first, past, width) {
  const low = new Float32Array(width).fill(NaN), high = new Float32Array(width).fill(NaN);
  const scale = width / (past - first);
  for (let i = first; i < Math.min(past, values.length); i += 1) {
    const value = values[i], x = Math.floor((i - first) * scale);
    if (!(value >= low[x])) low[x] = Number.isNaN(value) ? low[x] : value;
    if (!(value <= high[x])) high[x] = Number.isNaN(value) ? high[x] : value;
  }
  return {low, high};
}
// Of each pixel the label of the beat it is of, as a place among names.
function namesOfColumns(beats, start, width, names) {
  const of = new Uint8Array(width), scale = width / MINUTE;
  for (const beat of beats) {
    const from = Math.max(Math.floor((beat[1] - BEFORE - start) * scale), 0);
    of.fill(names.indexOf(labelOf(beat)) + 1, from, Math.max(Math.ceil((beat[1] + AFTER - start) * scale), 0));
  }
  return of;
}
// A picture of a line, pixel by pixel: thousands of strokes would be drawn too late.
/** @param {number} width @param {number} height */
const pictureOf = (width, height) => ({width, height, pixels: new Uint32Array(width * height)});
/** @param {string} text #rrggbb @param {number} share */
function inked(text, share) {
  const [red, green, blue] = [1, 3, 5].map((place) => parseInt(text.slice(place, place + 2), 16));
  return ((Math.round(255 * share) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
function fillBox({width, height, pixels}, [x, y, wide, tall], ink) {
  const from = Math.max(Math.round(x), 0), to = Math.min(Math.round(x + wide), width);
  for (let row = Math.max(Math.round(y), 0); row < Math.min(Math.round(y + tall), height); row += 1)
    pixels.fill(ink, row * width + from, row * width + to);
}
// A bar for each pixel along, which meets the one before it.
function drawTraceOf(picture, {low, high}, nameOfColumn, inks, y, thick) {
  const {width, height, pixels} = picture;
  let lowest = NaN, highest = NaN;
  for (let x = 0; x < low.length; x += 1) {
    const below = lowest, above = highest;
    lowest = low[x]; highest = high[x];
    if (Number.isNaN(lowest)) continue;
    const top = y(below > highest ? below : highest) - thick / 2, bottom = y(above < lowest ? above : lowest) + thick / 2;
    for (let row = Math.max(Math.round(top), 0); row < Math.min(Math.round(bottom), height); row += 1)
      pixels[row * width + x] = inks[nameOfColumn[x]];
  }
}
// Episodes of a minute, each with where it is: from and wide, in pixels.
function bandsOf(start, width) {
  const stop = start + MINUTE, x = (time) => Math.min(Math.max((time - start) / MINUTE, 0), 1) * width;
  return episodes.filter((each) => each.start < stop && each.stop > start)
    .map((each) => ({...each, from: x(each.start), wide: Math.max(x(each.stop) - x(each.start), 2)}));
}
/** @param {number} start @returns {Beat[]} */
const beatsOfLine = (start) => [...foundBetween(start - AFTER, start + MINUTE + BEFORE), ...rowsOf("added")
  .filter(({time}) => start <= time && time < start + MINUTE)
  .map(({sample, time}) => /** @type {Beat} */ ([sample, time, "", null]))];

function lookAnew() {
  const colour = coloursOf(), names = data.beats.names, sharp = Math.min(devicePixelRatio || 1, 2);
  const inks = ["--ink", ...names.map((name) => COLOURED.has(name) ? `--${name}` : "--ink")].map((name) => inked(colour(name), 1));
  look = {colour, inks, sharp, width: Math.round(sharp * Math.max(lines.clientWidth - LEGEND, 100))};
}
function drawBands(picture, bands) {
  const {colour, sharp} = look;
  for (const {kind, from, wide} of bands) {
    fillBox(picture, [from, 0, wide, sharp * (LINE - 2)], inked(colour(bandOf(kind)), .13));
    fillBox(picture, [from, sharp * (LINE - 4), wide, 2 * sharp], inked(colour(bandOf(kind)), 1));
  }
}
// Of each lead its minute, around the middle of it.
function drawTraces(picture, minute, signals, beats) {
  const {inks, sharp, width} = look, hour = Math.floor(minute / 60), within = minute - 60 * hour;
  const nameOfColumn = namesOfColumns(beats, data.start + minute * MINUTE, width, data.beats.names);
  signals.forEach((values, lead) => {
    const {rate} = data.hours[hour][lead];
    const columns = columnsOf(values, Math.floor(within * MINUTE * rate), Math.floor((within + 1) * MINUTE * rate), width);
    const middle = middleOf(Array.from(columns.low.filter((_, x) => x % 8 === 0))), zero = sharp * (lead + .65) * LEAD;
    const y = (value) => zero - .9 * sharp * LEAD * 1000 * (value - middle) / TALL;
    drawTraceOf(picture, columns, nameOfColumn, inks, y, sharp);
  });
}
/** @param {HTMLCanvasElement} canvas */
function put(canvas, {width, height, pixels}) {
  const left = Math.round(look.sharp * LEGEND), ctx = brushOf(canvas);
  canvas.width = left + width; canvas.height = height;  // Which clears it
  ctx.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), width), left, 0);
  ctx.scale(look.sharp, look.sharp);
  return ctx;
}
function drawLine(canvas, minute, signals) {
  const {sharp, width} = look, start = data.start + minute * MINUTE, beats = beatsOfLine(start);
  const picture = pictureOf(width, Math.round(sharp * LINE)), bands = bandsOf(start, width);
  drawBands(picture, bands);
  drawTraces(picture, minute, signals, beats);
  drawWords(put(canvas, picture), start, beats, bands.map(({kind, from}) => ({kind, from: from / sharp})), width / sharp);
  canvas.style.visibility = "visible";
}
// Letters and names have an edge of paper: they lie on what is drawn.
function write(ctx, text, x, y, ink) {
  ctx.strokeStyle = look.colour("--paper"); ctx.lineWidth = 3; ctx.lineJoin = "round";
  ctx.strokeText(text, x, y);
  ctx.fillStyle = ink;
  ctx.fillText(text, x, y);
}
function drawWords(ctx, start, beats, bands, width) {
  ctx.font = "11px system-ui, sans-serif";
  write(ctx, (data.clock?.begin ?? 0) % 60 ? clock(start) : clock(start).slice(0, -3), 2, LINE / 2 + 4, look.colour("--faint"));
  ctx.translate(LEGEND, 0);
  drawKinds(ctx, bands, width);
  drawLetters(ctx, beats.filter(([, time]) => start <= time && time < start + MINUTE), start, width);
}
// A band has its name, also where it goes on, unless another's is in the way.
function drawKinds(ctx, bands, width) {
  let free = 0;
  ctx.font = "10px system-ui, sans-serif";
  for (const {kind, from} of bands) {
    const wide = ctx.measureText(kind).width, x = Math.min(from + 2, width - wide - 1);
    if (x < free) continue;
    write(ctx, kind, x, LINE - 6, look.colour(bandOf(kind)));
    free = x + wide + 4;
  }
}
function drawLetters(ctx, beats, start, width) {
  let last = -1e9;
  ctx.font = "bold 10px system-ui, sans-serif";
  for (const beat of beats) {
    const label = labelOf(beat), x = (beat[1] - start) / MINUTE * width;
    if (label === "N" || x - last < 7) continue;
    write(ctx, label, x - 3, 9, look.colour(COLOURED.has(label) ? `--${label}` : "--O"));
    last = x;
  }
}
