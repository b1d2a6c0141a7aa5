// The course of the heart rate over the whole recording, which grows while it is labelled.
const MOST_BINS = 480, SECONDS_OF_BIN = 5, COURSE_HEIGHT = 140, MARKS = 22, LEFT = 30, HIGHEST_RATE = 200;

class Course {
  /** @param {number} duration In seconds */
  constructor(duration) {
    this.duration = duration;
    this.n = Math.min(Math.max(Math.round(duration / SECONDS_OF_BIN), 1), MOST_BINS);
    this.sums = new Float64Array(this.n); this.counts = new Uint32Array(this.n);
    this.early = new Uint32Array(this.n); this.wide = new Uint32Array(this.n);
  }
  /** @param {FoundBeat} beat */
  add({time, rr, label}) {
    const bin = Math.min(Math.floor(this.n * time / this.duration), this.n - 1);
    if (rr) { this.sums[bin] += rr; this.counts[bin] += 1; }
    if (label === "S") this.early[bin] += 1;
    if (label === "V") this.wide[bin] += 1;
  }
  /** @param {HTMLCanvasElement} canvas */
  draw(canvas) {
    const {brush, width} = brushFor(canvas, COURSE_HEIGHT), wide = (width - LEFT) / this.n, tall = COURSE_HEIGHT - 2 * MARKS;
    const y = (rate) => MARKS + tall * (1 - Math.min(rate, HIGHEST_RATE) / HIGHEST_RATE);
    brush.font = "11px system-ui, sans-serif"; brush.fillStyle = colour("--faint"); brush.strokeStyle = colour("--line");
    for (const rate of [0, 100, 200]) {
      brush.fillText(String(rate), 0, y(rate) + 4);
      brush.beginPath(); brush.moveTo(LEFT, y(rate)); brush.lineTo(width, y(rate)); brush.stroke();
    }
    this.drawRate(brush, (bin) => LEFT + wide * (bin + .5), y);
    this.drawMarks(brush, this.wide, wide, "--V", 0);
    this.drawMarks(brush, this.early, wide, "--S", COURSE_HEIGHT - MARKS);
  }
  /** @param {CanvasRenderingContext2D} brush @param {(bin: number) => number} x @param {(rate: number) => number} y */
  drawRate(brush, x, y) {
    brush.strokeStyle = colour("--ink"); brush.lineWidth = 1.5;
    brush.beginPath();
    this.counts.forEach((n, bin) => {
      if (!n) return;
      const at = y(60000 * n / this.sums[bin]);
      if (bin && this.counts[bin - 1]) brush.lineTo(x(bin), at); else brush.moveTo(x(bin) - 1, at);
    });
    brush.stroke();
  }
  // V hang from above, S stand below.
  /** @param {CanvasRenderingContext2D} brush @param {Uint32Array} counts @param {number} wide @param {string} name @param {number} top */
  drawMarks(brush, counts, wide, name, top) {
    const most = Math.max(...counts, 1);
    brush.fillStyle = colour(name);
    counts.forEach((n, bin) => {
      const tall = n ? Math.max(MARKS * n / most, 3) : 0;
      brush.fillRect(LEFT + wide * bin, top ? top + MARKS - tall : 0, Math.max(wide, 1), tall);
    });
  }
  // The moment that a place in the drawing stands for.
  /** @param {HTMLCanvasElement} canvas @param {number} x */
  timeAt(canvas, x) { return this.duration * Math.min(Math.max((x - LEFT) / (canvas.clientWidth - LEFT), 0), 1); }
}
