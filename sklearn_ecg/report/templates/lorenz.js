// Each interval against the one before it, in the colour of the beat that ends it.
const LONGEST = 2.5;
const USUAL = [1.5, 1.5], STROKES = {V: [5, 1.2], S: [1.2, 5], F: [3, 3], Q: [3, 3]};  // Wide and tall
function drawLorenz() {
  const canvas = by("lorenz");
  const size = canvas.clientWidth, sharp = devicePixelRatio || 1, ctx = brushOf(canvas), colour = coloursOf();
  canvas.width = canvas.height = sharp * size;
  ctx.scale(sharp, sharp);
  const edge = 34, scale = (size - edge - 16) / LONGEST;
  drawAxes(ctx, edge, scale, size, colour);
  ctx.globalAlpha = .5;
  const {names} = data.beats, colours = names.map((name) => colour(COLOURED.has(name) ? `--${name}` : "--ink"));
  const {samples, labels} = beatTable;
  let before = NaN, last = NaN;
  for (let place = 0; place < samples.length; place += 1) {
    const label = labels[place], time = samples[place] / data.rate, interval = time - last;
    if (names[label] === NO_BEAT) continue;
    if (before <= LONGEST && interval <= LONGEST) {
      ctx.fillStyle = colours[label];
      const [wide, tall] = STROKES[names[label]] ?? USUAL;
      ctx.fillRect(edge + scale * before - wide / 2, size - edge - scale * interval - tall / 2, wide, tall);
    }
    before = interval; last = time;
  }
}
function drawAxes(ctx, edge, scale, size, colour) {
  ctx.strokeStyle = colour("--line"); ctx.fillStyle = colour("--faint"); ctx.font = "11px system-ui, sans-serif";
  for (let s = 0; s <= LONGEST; s += .5) {
    const x = edge + scale * s, y = size - edge - scale * s;
    ctx.beginPath();
    ctx.moveTo(x, 6); ctx.lineTo(x, size - edge); ctx.moveTo(edge, y); ctx.lineTo(size - 6, y);
    ctx.stroke();
    ctx.fillText(s.toFixed(1), x - 8, size - edge + 14);
    ctx.fillText(s.toFixed(1), 8, y + 4);
  }
  ctx.fillText("interval before, s", size / 2, size - 4);
}
// Drawn once it comes into sight, and at any new size.
function openLorenz() {
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some(({isIntersecting}) => isIntersecting)) return;
    watch.disconnect(); drawLorenz();
    addEventListener("resize", drawLorenz);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawLorenz);
  }, {rootMargin: "200px"});
  if (by("lorenz")) watch.observe(by("lorenz"));
}
