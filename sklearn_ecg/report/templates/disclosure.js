// Full disclosure: of all lines those that come into sight are drawn.
const whole = by("whole");
const AROUND = 8;  // Lines that are drawn beside those in sight
const BUDGET = 8;  // Milliseconds of a frame
const isDisclosed = Boolean(N_HOURS && whole);  // Else all is on paper, or on other pages
const N_MINUTES = Math.ceil((data.stop - data.start) / MINUTE - 1e-9);
const canvases = new Map(), waiting = new Set();  // Both by minute
let isDrawing = false;
/** @type {string | undefined} */
let drawnFor;  // What was said when lines were drawn

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
  fillKinds();
  for (const minute of canvases.keys()) drawSoon(minute);
}
function redrawAll() {
  if (!lines.clientWidth) return;  // On paper, it is not shown
  lookAnew();
  lines.style.height = `${N_MINUTES * LINE}px`;
  showLines();
  for (const minute of canvases.keys()) drawSoon(minute);
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

function openDisclosure() {
  if (!isDisclosed) return;
  by("disclosure").hidden = false;
  redrawAll(); openSeeking();
  whole.addEventListener("scroll", showLines, {passive: true});
  new ResizeObserver(redrawAll).observe(lines);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
  lines.addEventListener("click", (event) => {
    const box = lines.getBoundingClientRect(), minute = Math.floor((event.clientY - box.top) / LINE);
    const within = (event.clientX - box.left - LEGEND) / (lines.clientWidth - LEGEND);
    visit(Math.min(data.start + (minute + Math.min(Math.max(within, 0), 1)) * MINUTE, data.stop));
  });
}
