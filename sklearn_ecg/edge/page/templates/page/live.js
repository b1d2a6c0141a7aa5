// What is read now, with its labels: drawn once a frame, however fast the worker is.
const LIVE_HEIGHT = 150, LABEL_ROOM = 24, LIVE_SECONDS = 10;
/** @type {Seen | null} */
let latest = null;
let isDrawn = true;

/** @param {HTMLCanvasElement} canvas @param {number} height */
function brushFor(canvas, height) {
  const sharp = devicePixelRatio || 1, width = Math.max(canvas.clientWidth, 100);
  canvas.width = Math.round(width * sharp); canvas.height = Math.round(height * sharp);
  canvas.style.height = `${height}px`;
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  brush.scale(sharp, sharp);
  return {brush, width};
}
/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
/** @param {string} label */
const colourOfLabel = (label) => colour(/^[NSVFQO]$/.test(label) ? `--${label}` : "--O");

/** @param {Seen} seen */
function showLatest(seen) {
  latest = seen;
  if (isDrawn) requestAnimationFrame(drawLatest);
  isDrawn = false;
}
function drawLatest() {
  isDrawn = true;
  if (!latest || by("labelling").hidden) return;
  const {values, stop, rate, beats} = latest, {brush, width} = brushFor(by("live"), LIVE_HEIGHT), start = stop - values.length;
  const known = values.filter((value) => !Number.isNaN(value)), x = (sample) => width * (sample - start) / (LIVE_SECONDS * rate);
  let low = -.5, high = .5;
  for (const value of known) { low = Math.min(low, value); high = Math.max(high, value); }
  const y = (value) => LABEL_ROOM + (LIVE_HEIGHT - LABEL_ROOM - 6) * (high - value) / (high - low);
  drawTrace(brush, values, (i) => x(start + i), y);
  brush.font = "bold 14px system-ui, sans-serif"; brush.textAlign = "center";
  for (const {sample, label} of beats) {
    brush.fillStyle = colourOfLabel(label);
    brush.fillText(label, x(sample), 16);
  }
}
/** @param {CanvasRenderingContext2D} brush @param {Float64Array} values @param {(i: number) => number} x @param {(value: number) => number} y */
function drawTrace(brush, values, x, y) {
  let isOn = false;
  brush.strokeStyle = colour("--ink"); brush.lineWidth = 1.3; brush.lineJoin = "round";
  brush.beginPath();
  values.forEach((value, i) => {
    const isKnown = !Number.isNaN(value);
    if (isKnown && isOn) brush.lineTo(x(i), y(value)); else if (isKnown) brush.moveTo(x(i), y(value));
    isOn = isKnown;
  });
  brush.stroke();
}
