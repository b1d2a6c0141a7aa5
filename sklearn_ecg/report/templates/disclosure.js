// Full disclosure: a line a minute, drawn as it comes into sight.
const whole = by("whole"), lines = by("lines");
const LEAD = 26, BETWEEN = 8, LEGEND = 72;
const AROUND = 8;  // Lines that are drawn beside those in sight
const BUDGET = 8;  // Milliseconds of a frame
const isDisclosed = Boolean(N_HOURS && whole);  // Else all is on paper, or on other pages
const N_MINUTES = Math.ceil((data.stop - data.start) / MINUTE - 1e-9);
const LINE = data.leads.length * LEAD + BETWEEN;
const BEFORE = .1, AFTER = .25;  // Seconds of a beat that have its colour
const BAND_OF = {AF: "--S", pause: "--F", bradycardia: "--Q", tachycardia: "--V", "not analysable": "--faint"};
const canvases = new Map(), waiting = new Set();  // Both by minute
let isDrawing = false, drawnFor = "";
/** @type {any} */
let look = null;  // Sizes and colours, which are slow to ask for

const bandOf = (kind) => BAND_OF[kind] ?? (/VT|ventricular rhythm|^V /.test(kind) ? "--V" : "--S");
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
function drawLetters(ctx, beats, start, width, colour) {
  let last = -1e9;
  ctx.font = "bold 10px system-ui, sans-serif";
  for (const beat of beats) {
    const label = labelOf(beat), x = (beat[1] - start) / MINUTE * width;
    if (label === "N" || x - last < 7) continue;
    ctx.fillStyle = colour(COLOURED.has(label) ? `--${label}` : "--O");
    ctx.fillText(label, x - 3, 9);
    last = x;
  }
}
/** @param {number} start @returns {Beat[]} */
const beatsOfLine = (start) => [...foundBetween(start - AFTER, start + MINUTE + BEFORE), ...rowsOf("added")
  .filter(({time}) => start <= time && time < start + MINUTE)
  .map(({sample, time}) => /** @type {Beat} */ ([sample, time, "", null]))];

function lookNow() {
  const colour = coloursOf(), names = data.beats.names, sharp = Math.min(devicePixelRatio || 1, 2);
  const inks = ["--ink", ...names.map((name) => COLOURED.has(name) ? `--${name}` : "--ink")].map((name) => inked(colour(name), 1));
  return {colour, inks, sharp, width: Math.round(sharp * Math.max(lines.clientWidth - LEGEND, 100))};
}
function drawLine(canvas, minute, signals) {
  const {colour, inks, sharp, width} = look;
  const start = data.start + minute * MINUTE, hour = Math.floor(minute / 60), beats = beatsOfLine(start);
  const picture = pictureOf(width, Math.round(sharp * LINE)), bands = bandsOf(start, width);
  for (const {kind, from, wide} of bands) {
    fillBox(picture, [from, 0, wide, sharp * (LINE - 2)], inked(colour(bandOf(kind)), .13));
    fillBox(picture, [from, sharp * (LINE - 4), wide, 2 * sharp], inked(colour(bandOf(kind)), 1));
  }
  const nameOfColumn = namesOfColumns(beats, start, width, data.beats.names);
  signals.forEach((values, lead) => {
    const {rate} = data.hours[hour][lead], within = minute - 60 * hour;
    const columns = columnsOf(values, Math.floor(within * MINUTE * rate), Math.floor((within + 1) * MINUTE * rate), width);
    const middle = middleOf(Array.from(columns.low.filter((_, x) => x % 8 === 0))), zero = sharp * (lead + .65) * LEAD;
    const y = (value) => zero - .9 * sharp * LEAD * 1000 * (value - middle) / TALL;
    drawTraceOf(picture, columns, nameOfColumn, inks, y, sharp);
  });
  const ctx = brushOf(canvas);
  canvas.style.visibility = "visible";
  if (canvas.width !== width + sharp * LEGEND || canvas.height !== picture.height) {
    canvas.width = width + sharp * LEGEND; canvas.height = picture.height;
  }
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, sharp * LEGEND, picture.height);
  ctx.putImageData(new ImageData(new Uint8ClampedArray(picture.pixels.buffer), width), sharp * LEGEND, 0);
  ctx.scale(sharp, sharp);
  drawWords(ctx, start, beats, bands.map((each) => ({...each, from: each.from / sharp, wide: each.wide / sharp})), width / sharp, colour);
}
function drawWords(ctx, start, beats, bands, width, colour) {
  ctx.fillStyle = colour("--faint"); ctx.font = "11px system-ui, sans-serif";
  ctx.fillText((data.clock?.begin ?? 0) % 60 ? clock(start) : clock(start).slice(0, -3), 2, LINE / 2 + 4);
  ctx.translate(LEGEND, 0);
  ctx.font = "10px system-ui, sans-serif";
  for (const {kind, from, wide, start: begins} of bands) {
    if (begins < start || wide < 6 * kind.length) continue;
    ctx.fillStyle = colour(bandOf(kind));
    ctx.fillText(kind, from + 2, LINE - 6);
  }
  drawLetters(ctx, beats.filter(([, time]) => start <= time && time < start + MINUTE), start, width, colour);
}
// Those in the middle of what is in sight come first, as many as fit into a frame.
async function drawNext() {
  const middle = (whole.scrollTop + whole.clientHeight / 2) / LINE, far = (minute) => Math.abs(minute - middle);
  const next = [...waiting].filter((minute) => canvases.has(minute)).sort((a, b) => far(a) - far(b));
  waiting.clear();
  for (const minute of next) waiting.add(minute);
  const began = performance.now();
  for (const minute of next) {
    const signals = await hourOf(Math.floor(minute / 60)), canvas = canvases.get(minute);
    waiting.delete(minute);
    if (canvas) drawLine(canvas, minute, signals);
    if (performance.now() - began > BUDGET) break;
  }
  isDrawing = waiting.size > 0;
  if (isDrawing) requestAnimationFrame(drawNext);
}
function drawSoon(minute) {
  waiting.add(minute);
  if (!isDrawing) { isDrawing = true; requestAnimationFrame(drawNext); }
}
function showLines() {
  if (!isDisclosed) return;
  const first = Math.floor(whole.scrollTop / LINE) - AROUND;
  const last = Math.min(Math.floor((whole.scrollTop + whole.clientHeight) / LINE) + AROUND, N_MINUTES - 1);
  const far = [...canvases.keys()].filter((minute) => minute < first || minute > last);
  for (let minute = Math.max(first, 0); minute <= last; minute += 1) {
    if (canvases.has(minute)) continue;
    const old = far.pop(), canvas = canvases.get(old) ?? lines.appendChild(document.createElement("canvas"));
    canvases.delete(old); canvases.set(minute, canvas);
    canvas.style.transform = `translateY(${minute * LINE}px)`; canvas.style.height = `${LINE}px`;
    canvas.style.visibility = "hidden";
    drawSoon(minute);
  }
}
// Labels that a reader or an answer has changed are drawn anew.
function drawDisclosure() {
  if (!isDisclosed) return;
  const now = [inquiry?.key, ...[...said].map(([key, {label}]) => `${key} ${label}`)].join();
  if (now === drawnFor) return;
  drawnFor = now;
  for (const minute of canvases.keys()) drawSoon(minute);
}
function redrawAll() {
  drawnFor = "";
  look = lookNow();
  lines.style.height = `${N_MINUTES * LINE}px`;
  showLines(); drawDisclosure();
}

// Where the strip is that is shown above; its line is brought into sight.
function showPlace({start, stop}, isSought) {
  if (!isDisclosed) return;
  const width = lines.clientWidth - LEGEND, first = Math.floor((start - data.start) / MINUTE), last = Math.floor((stop - data.start - 1e-6) / MINUTE);
  const boxes = Array.from({length: last - first + 1}, (_, i) => {
    const begin = data.start + (first + i) * MINUTE, box = document.createElement("div");
    const x = (time) => Math.min(Math.max((time - begin) / MINUTE, 0), 1) * width;
    box.className = "here";
    Object.assign(box.style, {top: `${(first + i) * LINE}px`, height: `${LINE - 1}px`,
      left: `${LEGEND + x(start)}px`, width: `${x(stop) - x(start)}px`});
    return box;
  });
  for (const box of lines.querySelectorAll(".here")) box.remove();
  lines.append(...boxes);
  const top = first * LINE, isSeen = top >= whole.scrollTop && top + 2 * LINE <= whole.scrollTop + whole.clientHeight;
  if (isSought && !isSeen) whole.scrollTop = top - whole.clientHeight / 3;
}

// Times as a reader types them: of the clock the next that comes, else from the start.
function timeIn(text, now) {
  const found = /^\D*(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?\s*$/.exec(text);
  if (!found) return undefined;
  const [h, m, s] = found.slice(1).map((each) => Number(each ?? 0)), seconds = 3600 * h + 60 * m + s;
  if (!data.clock) return seconds;
  const first = ((seconds - data.clock.begin) % 86400 + 86400) % 86400, later = first + 86400 * Math.ceil((now - first) / 86400);
  return later < data.stop ? later : first + 86400 * Math.ceil((data.start - first) / 86400);
}

// What can be sought: labels but the usual one, and episodes.
const isOf = (kind, beat) => labelOf(beat) === kind;
function nextBeat(label, now, by_) {
  const {samples} = beatTable;
  for (let place = by_ > 0 ? placeOf(now * data.rate + 1) : placeOf(now * data.rate - .5) - 1;
    place >= 0 && place < samples.length; place += by_) {
    const beat = beatAt(place);
    if (isOf(label, beat)) return beat[1];
  }
  return undefined;
}
function nextEpisode(kind, now, by_) {
  const own = episodes.filter((each) => each.kind === kind).map(({start}) => start);
  return by_ > 0 ? own.find((start) => start > now + 1e-3) : own.reverse().find((start) => start < now - 1e-3);
}
function fillKinds() {
  const counts = new Map(), select = by("kind");
  for (let place = 0; place < beatTable.samples.length; place += 1) {
    const label = data.beats.names[beatTable.labels[place]];
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const option = (value, text) => Object.assign(document.createElement("option"), {value, textContent: text});
  const labels = [...counts].filter(([label]) => label !== usual()).sort((a, b) => a[1] - b[1]);
  const kinds = data.episodes.names.map((kind) => [kind, episodes.filter((each) => each.kind === kind).length]);
  select.replaceChildren(
    ...labels.map(([label, n]) => option(`beat ${label}`, `${several(n, "beat", "beats")} ${label}`)),
    ...kinds.map(([kind, n]) => option(`episode ${kind}`, `${kind}: ${n.toLocaleString("en")}`)));
  by("seek").hidden = !select.options.length;
}
function seek(by_) {
  const [what, ...words] = by("kind").value.split(" "), kind = words.join(" ");
  const found = (what === "beat" ? nextBeat : nextEpisode)(kind, soughtAt, by_);
  if (found === undefined) { note = `There is no ${by_ > 0 ? "later" : "earlier"} ${kind}.`; draw(); return; }
  visit(found);
}

function openDisclosure() {
  if (!isDisclosed) return;
  by("disclosure").hidden = false;
  fillKinds(); redrawAll();
  whole.addEventListener("scroll", showLines, {passive: true});
  addEventListener("resize", redrawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
  lines.addEventListener("click", (event) => {
    const box = lines.getBoundingClientRect(), minute = Math.floor((event.clientY - box.top) / LINE);
    const within = (event.clientX - box.left - LEGEND) / (lines.clientWidth - LEGEND);
    visit(Math.min(data.start + (minute + Math.min(Math.max(within, 0), 1)) * MINUTE, data.stop));
  });
  by("earlier").addEventListener("click", () => seek(-1));
  by("later").addEventListener("click", () => seek(1));
  by("time").addEventListener("change", () => {
    const time = timeIn(by("time").value, soughtAt);
    if (time !== undefined && data.start <= time && time <= data.stop) visit(time);
    else { note = `No time of this recording: ${by("time").value}. Type hours:minutes, as ${clock(data.start)}.`; draw(); }
  });
}
