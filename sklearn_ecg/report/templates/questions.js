// What answers about some beats say of all others, as templates/_opinion.py has it:
// the model's logits are the mean of a Gaussian process over templates.
const {SLIP, SHARE_OF_OWN, VARIANCE, DOUBT, POWER, SURPRISING, JITTER, STEPS, SMALL} = data.constants;

/** @param {number[]} values */
const most = (values) => values.indexOf(Math.max(...values));
/** @param {number[]} one @param {Vector} other */
const mixed = (one, other) => one.map((value, c) => SHARE_OF_OWN * value + (1 - SHARE_OF_OWN) * other[c]);
/** @param {any} logits */
function logSoftmax(logits) {
  const top = Math.max(...logits);
  const total = top + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
  return logits.map((logit) => logit - total);
}
/** @param {number[]} logits */
const softmax = (logits) => logSoftmax(logits).map(Math.exp);
/** @template T @param {T[]} values @param {(value: T) => number} of */
const sumOf = (values, of) => values.reduce((sum, value) => sum + of(value), 0);
/** @param {Vector} one @param {Vector} other */
function dot(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += one[i] * other[i];
  return sum;
}
/** @param {number} height @param {number} width @param {(i: number, j: number) => number} valueOf */
const matrixOf = (height, width, valueOf = () => 0) =>
  Array.from({length: height}, (_, i) => new Float64Array(width).map((__, j) => valueOf(i, j)));

// The lower triangular matrix whose product with its transpose is the given one.
/** @param {Matrix} matrix */
function cholesky(matrix) {
  const root = matrixOf(matrix.length, matrix.length);
  for (const [i, row] of root.entries())
    for (let j = 0; j <= i; j += 1) {
      const other = root[j];
      let left = matrix[i][j];
      for (let k = 0; k < j; k += 1) left -= row[k] * other[k];
      row[j] = i === j ? Math.sqrt(left) : left / other[j];
    }
  return root;
}
/** @param {Float64Array[]} root @param {Vector} right */
function forward(root, right) {
  const solved = new Float64Array(right);
  for (const [i, row] of root.entries()) {
    for (let k = 0; k < i; k += 1) solved[i] -= row[k] * solved[k];
    solved[i] /= row[i];
  }
  return solved;
}
/** @param {Float64Array[]} root @param {Vector} right */
function backward(root, right) {
  const solved = new Float64Array(right);
  for (let i = solved.length - 1; i >= 0; i -= 1) {
    solved[i] /= root[i][i];
    for (let k = 0; k < i; k += 1) solved[k] -= root[i][k] * solved[i];
  }
  return solved;
}

/** @param {Matrix} matrix */
const transposed = (matrix) => matrixOf(matrix[0].length, matrix.length, (i, j) => matrix[j][i]);
const times = (matrix, rows) => matrixOf(matrix.length, rows[0].length,
  (i, c) => matrix[i].reduce((sum, value, k) => sum + value * rows[k][c], 0));

// How far from what is wanted, and the probabilities there.
/** @param {number[][]} start @param {Float64Array[]} root @param {Float64Array[]} moved @param {Matrix} wanted */
function lossAt(start, root, moved, wanted) {
  const logs = times(root, moved).map((row, a) => logSoftmax(row.map((value, c) => start[a][c] + value)));
  let loss = 0;
  for (const [a, row] of logs.entries())
    row.forEach((log, c) => { loss += .5 * moved[a][c] ** 2 - wanted[a][c] * log; });
  return {loss, likely: logs.map((row) => row.map(Math.exp))};
}

// Of second derivatives by one class, the lower triangle.
function blockOf(root, weights) {
  const block = matrixOf(root.length, root.length, (i, j) => Number(i === j));
  for (const [a, row] of root.entries()) for (let i = 0; i <= a; i += 1) {
    const weighted = row[i] * weights[a];
    for (let j = 0; j <= i; j += 1) block[i][j] += weighted * row[j];
  }
  return block;
}
// A step of Newton's method. Second derivatives are a block for each class, less what all
// classes share, so that small matrices do (Rasmussen and Williams, algorithm 3.3).
function stepOf(root, likely, slope) {
  const places = [...root.keys()], classes = [...likely[0].keys()];
  const shares = transposed(likely), roots = shares.map((share) => cholesky(blockOf(root, share)));
  const shared = classes.map((c) => root.map((row, a) => forward(roots[c], row.map((value) => value * shares[c][a]))));
  const first = transposed(slope).map((column, c) => forward(roots[c], column));
  const inner = cholesky(matrixOf(root.length, root.length,
    (a, b) => b > a ? 0 : Number(a === b) - sumOf(classes, (c) => dot(shared[c][a], shared[c][b]))));
  const told = places.map((a) => sumOf(classes, (c) => dot(shared[c][a], first[c])));
  const back = backward(inner, forward(inner, told));
  const steps = classes.map((c) => backward(roots[c],
    first[c].map((value, i) => value + sumOf(places, (a) => shared[c][a][i] * back[a]))));
  return transposed(steps);
}

// How strongly each answer pulls the logits, by Newton's method.
/** @param {number[][]} start @param {Matrix} kernel @param {number[]} labels */
function pullOf(start, kernel, labels) {
  const width = start[0].length, root = cholesky(kernel), across = transposed(root);
  const wanted = matrixOf(start.length, width, (a, c) => SLIP / width + (labels[a] === c ? 1 - SLIP : 0));
  let moved = matrixOf(start.length, width), {loss, likely} = lossAt(start, root, moved, wanted);
  for (let step = 0; step < STEPS; step += 1) {
    const off = likely.map((row, a) => row.map((value, c) => value - wanted[a][c]));
    const slope = times(across, off).map((row, i) => row.map((value, c) => value + moved[i][c]));
    if (slope.every((row) => row.every((value) => Math.abs(value) < SMALL))) break;
    const whole = stepOf(root, likely, slope);
    const along = (length) => moved.map((row, i) => row.map((value, c) => value - length * whole[i][c]));
    let length = 1, trial = {loss, likely};
    while (length > SMALL) {
      trial = lossAt(start, root, along(length), wanted);
      if (trial.loss <= loss) break;
      length /= 2;
    }
    moved = along(length); ({loss, likely} = trial);
  }
  return transposed(transposed(moved).map((column) => backward(root, column)));
}

// By how much answers move the logits of templates; what was computed is kept.
/** @type {WeakMap<Groups, Map<string, Matrix>>} */
const shifts = new WeakMap();
/** @param {Groups} groups @param {Answer[]} answers @returns {Matrix} */
function shiftOf(groups, answers) {
  const kept = shifts.get(groups) ?? new Map();
  shifts.set(groups, kept);
  const key = answers.map(({cell, label}) => `${cell} ${label}`).join();
  if (!kept.has(key)) kept.set(key, shiftAfter(groups, answers));
  return kept.get(key);
}
/** @param {Groups} groups @param {Answer[]} answers @returns {Matrix} */
function shiftAfter({kernel, logits, cell_logits: own}, answers) {
  if (!answers.length) return logits.map((row) => row.map(() => 0));
  const asked = answers.map(({template}) => template);
  const start = answers.map(({template, cell}) => mixed(own[cell], logits[template]));
  const among = matrixOf(asked.length, asked.length, (i, j) => kernel[asked[i]][asked[j]] + (i === j ? JITTER : 0));
  const pull = pullOf(start, among, answers.map(({label}) => label));
  return kernel.map((row) => logits[0].map((_, c) =>
    asked.reduce((sum, template, a) => sum + row[template] * pull[a][c], 0)));
}

// The logits of cells after some answers.
/** @param {Groups} groups @param {Matrix} shift */
function opinionOf(groups, shift) {
  const {logits, cell_logits: own, template_of: templateOf} = groups;
  return own.map((row, cell) => {
    const template = templateOf[cell];
    return mixed(row, logits[template]).map((value, c) => value + shift[template][c]);
  });
}

// What stays unknown of templates after answers.
/** @param {Groups} groups @param {Answer[]} answers */
function covarianceOf({kernel}, answers) {
  const asked = answers.map(({template}) => template);
  const inner = matrixOf(asked.length, asked.length, (i, j) => kernel[asked[i]][asked[j]] + (i === j ? VARIANCE : 0));
  const root = cholesky(inner), told = kernel.map((row) => forward(root, asked.map((each) => row[each])));
  return kernel.map((row, i) => row.map((value, j) => told[i].reduce((left, each, a) => left - each * told[j][a], value)));
}

// How much an answer about each template would tell of all of them.
/** @param {Groups} groups @param {Answer[]} answers @param {Matrix} shift */
function worthOf(groups, answers, shift) {
  const {kernel, n_beats: nBeats, logits} = groups, covariance = covarianceOf(groups, answers);
  const variance = covariance.map((row, i) => Math.max(row[i], SMALL));
  const unsure = logits.map((row, j) => {
    const flatter = Math.sqrt(1 + DOUBT * variance[j]);
    return 1 - Math.max(...softmax(row.map((value, c) => (value + shift[j][c]) / flatter)));
  });
  return covariance.map((row, i) => row.reduce((sum, value, j) =>
    sum + value ** 2 / (variance[i] + VARIANCE) / kernel[j][j] * nBeats[j] ** POWER * unsure[j], 0));
}

// What was asked so far, and what is to be asked next. Each step is of a beat that was
// shown, with the place of its label, or with none where it couldn't be told.
/** @param {Groups} groups @param {Step[]} steps */
function inquiryAfter(groups, steps) {
  const {shown, template_of: templateOf} = groups, answers = [];
  const nShown = shown.map(() => 0), nAsked = shown.map(() => 0);
  for (const {sample, cell, label} of steps) {
    const template = templateOf[cell];
    nShown[template] = Math.max(nShown[template], shown[template].findIndex((beat) => beat.sample === sample) + 1);
    if (label === undefined) continue;
    nAsked[template] += 1;
    answers.push({template, cell, label, isFirst: nAsked[template] === 1});
  }
  const shift = shiftOf(groups, answers), opinion = opinionOf(groups, shift), last = answers.at(-1);
  const left = shown.map((beats, template) => beats.length > nShown[template]);
  const isSurprising = last?.isFirst && left[last.template] && surprises(groups, answers);
  const worth = () => worthOf(groups, answers, shift).map((value, j) => left[j] ? value : -Infinity);
  const template = isSurprising ? last.template : left.some(Boolean) ? most(worth()) : null;
  return {answers, opinion, likely: opinion.map(softmax), template,
    beat: template === null ? null : shown[template][nShown[template]]};
}
// Whether the last answer was unlikely by what was known before.
/** @param {Groups} groups @param {Answer[]} answers */
function surprises(groups, answers) {
  const {cell, label} = answers[answers.length - 1], before = answers.slice(0, -1);
  return softmax(opinionOf(groups, shiftOf(groups, before))[cell])[label] < SURPRISING;
}
