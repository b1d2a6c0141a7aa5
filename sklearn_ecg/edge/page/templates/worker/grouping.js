// Beats that look alike, as templates/_grouping.py groups them: means of a sample, and cells of labels.
const COMPARED = 4000;  // Beats from which templates are formed; all others join the nearest
const ROUNDS = 20, SEED = 1;

class Points {
  /** @param {Int16Array} looks @param {GivenBeats} beats @param {GroupingFacts} how */
  constructor(looks, {codes, margins}, how) {
    this.looks = looks; this.codes = codes; this.margins = margins; this.how = how;
    this.nLooks = how.length + how.weights.length;
    this.width = this.nLooks + how.classes.length;
  }
  // Of natural logarithms of probabilities: a device says the label, and how far the next is behind.
  /** @param {number} i */
  logits(i) {
    const {classes} = this.how, behind = -Math.max(this.margins[i], 0) / this.how.unit;
    const total = Math.log(1 + (classes.length - 1) * Math.exp(behind));
    return classes.map((_, c) => (c === this.codes[i] ? 0 : behind) - total);
  }
  /** @param {number} i @param {Float64Array} [row] */
  row(i, row = new Float64Array(this.width)) {
    const logits = this.logits(i), least = Math.log(this.how.leastCompared);
    let mean = 0;
    for (const value of logits) mean += Math.max(value, least) / logits.length;
    for (let k = 0; k < this.nLooks; k += 1) row[k] = this.looks[i * this.nLooks + k] / UNIT_OF_LOOK;
    for (let c = 0; c < logits.length; c += 1) row[this.nLooks + c] = this.how.ofLogits * (Math.max(logits[c], least) - mean);
    return row;
  }
}
// Once it is as far as another, how far is of no matter.
/** @param {Float64Array} a @param {Float64Array} b */
function squareBetween(a, b, most = Infinity) {
  let sum = 0;
  for (let k = 0; k < a.length && sum < most; k += 1) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}
/** @param {Float64Array} row @param {Float64Array[]} centres @param {number} guess */
function nearestOf(row, centres, guess) {
  let nearest = guess, square = squareBetween(row, centres[guess]);
  for (let j = 0; j < centres.length; j += 1) {
    const each = squareBetween(row, centres[j], square);
    if (each < square) { square = each; nearest = j; }
  }
  return {nearest, square};
}
// Beats of all labels, evenly in time, of rare labels all.
/** @param {number[]} usable @param {Int32Array} codes */
function spreadOf(usable, codes) {
  if (usable.length <= COMPARED) return usable;
  const present = [...new Set(usable.map((i) => codes[i]))], most = Math.floor(COMPARED / present.length);
  return present.flatMap((code) => {
    const own = usable.filter((i) => codes[i] === code), n = Math.min(own.length, most);
    return Array.from({length: n}, (_, k) => own[Math.floor(k * (own.length - 1) / Math.max(n - 1, 1))]);
  });
}
// Rows far from one another, by chance that is the same each time (k-means++).
/** @param {Float64Array[]} rows @param {number} n */
function firstCentres(rows, n) {
  let state = SEED;
  const chance = () => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return state / 2 ** 32; };
  const centres = [rows[Math.floor(chance() * rows.length)].slice()], squares = rows.map((row) => squareBetween(row, centres[0]));
  while (centres.length < n) {
    let left = chance() * squares.reduce((sum, square) => sum + square, 0);
    const found = squares.findIndex((square) => { left -= square; return left < 0; });
    if (found < 0) break;
    centres.push(rows[found].slice());
    rows.forEach((row, i) => { squares[i] = Math.min(squares[i], squareBetween(row, rows[found])); });
  }
  return centres;
}
const pause = () => new Promise((resolve) => { setTimeout(resolve); });
/** @param {Float64Array[]} rows @param {number} n */
async function centresOf(rows, n) {
  const centres = firstCentres(rows, n), of = new Int32Array(rows.length).fill(-1);
  for (let round = 0, isMoved = true; isMoved && round < ROUNDS; round += 1) {
    isMoved = false;
    rows.forEach((row, i) => {
      const {nearest} = nearestOf(row, centres, Math.max(of[i], 0));
      isMoved ||= nearest !== of[i];
      of[i] = nearest;
    });
    meansOf(rows, of, centres);
    await pause();  // Strips are read meanwhile
  }
  return centres;
}
/** @param {Float64Array[]} rows @param {Int32Array} of @param {Float64Array[]} centres */
function meansOf(rows, of, centres) {
  const counts = new Int32Array(centres.length);
  of.forEach((j) => { counts[j] += 1; });
  centres.forEach((centre, j) => { if (counts[j]) centre.fill(0); });
  rows.forEach((row, i) => row.forEach((value, k) => { centres[of[i]][k] += value / counts[of[i]]; }));
}
// The template of each beat, numbered by those that have any, and the beats that are nearest to their means.
/** @param {Points} points @param {number[]} usable @param {Float64Array[]} centres */
function templatesOf(points, usable, centres) {
  const of = new Int32Array(points.codes.length).fill(-1), row = new Float64Array(points.width);
  /** @type {{i: number, square: number}[][]} */
  const near = centres.map(() => []);
  let last = 0;  // Beats often look like the one before
  for (const i of usable) {
    const {nearest, square} = nearestOf(points.row(i, row), centres, last), own = near[nearest];
    of[i] = last = nearest;
    if (own.length === points.how.shown && square >= own[own.length - 1].square) continue;
    own.push({i, square});
    own.sort((a, b) => a.square - b.square || a.i - b.i).splice(points.how.shown);
  }
  const present = [...centres.keys()].filter((j) => near[j].length), number = new Map(present.map((j, k) => [j, k]));
  return {of: of.map((j) => number.get(j) ?? -1), centres: present.map((j) => centres[j]),
    shown: present.map((j) => near[j].sort((a, b) => a.square - b.square).map(({i}) => i))};
}
// Cells of a template are beats of one label and about one margin; in each group, logits are means.
/** @param {Points} points @param {number[]} usable @param {Int32Array} of @param {number} nTemplates */
function cellsOf(points, usable, of, nTemplates) {
  const {margins: edges, unit, classes} = points.how, nMargins = edges.length + 1;
  const codeOf = (i) => (of[i] * classes.length + points.codes[i]) * nMargins + edges.filter((edge) => points.margins[i] / unit >= edge).length;
  const codes = [...new Set(usable.map(codeOf))].sort((a, b) => a - b), cellIn = new Map(codes.map((code, k) => [code, k]));
  const sums = codes.map(() => classes.map(() => 0)), counts = codes.map(() => 0), cells = new Int32Array(of.length).fill(-1);
  const ofTemplates = Array.from({length: nTemplates}, () => classes.map(() => 0)), nBeats = ofTemplates.map(() => 0);
  for (const i of usable) {
    const cell = cellIn.get(codeOf(i)) ?? 0;
    cells[i] = cell; counts[cell] += 1; nBeats[of[i]] += 1;
    points.logits(i).forEach((logit, c) => { sums[cell][c] += logit; ofTemplates[of[i]][c] += logit; });
  }
  const means = (rows, ns) => rows.map((row, j) => row.map((sum) => sum / ns[j]));
  return {cells, n_beats: nBeats, logits: means(ofTemplates, nBeats), cell_logits: means(sums, counts), cell_counts: counts,
    template_of: codes.map((code) => Math.floor(code / nMargins / classes.length)),
    cell_labels: codes.map((code) => classes[Math.floor(code / nMargins) % classes.length])};
}
/** @param {Float64Array[]} centres @param {GroupingFacts} how */
const kernelOf = (centres, {LENGTH, OWN, SHARED}) => centres.map((one) =>
  centres.map((other) => OWN ** 2 * Math.exp(-squareBetween(one, other) / (2 * LENGTH ** 2)) + SHARED ** 2));

// What the page asks about the beats that were labelled; nothing if there are too few, or others are labelled.
/** @param {number} place @param {GivenBeats} beats @param {GroupingFacts} how */
async function group(place, beats, how) {
  const usable = [...beats.codes.keys()].filter((i) => beats.codes[i] >= 0), own = turn;
  if (usable.length < how.fewest) return undefined;
  const looks = await looksOf(place, beats.times, how);
  if (!looks) return undefined;
  const points = new Points(looks, beats, how), rows = spreadOf(usable, beats.codes).map((i) => points.row(i));
  const means = await centresOf(rows, Math.min(how.most, Math.floor(usable.length / how.fewest)));
  if (own !== turn) return undefined;
  const {of, centres, shown} = templatesOf(points, usable, means);
  return {...cellsOf(points, usable, of, centres.length), shown, kernel: kernelOf(centres, how),
    shapes: centres.map((centre) => [...centre.subarray(0, how.length)])};
}
