// Questions about templates of beats: what is asked, what the answers say, how it is shown.
let questions = data.questions, shown = questions?.shown.flat() ?? [];
const CLOSEST = 2.5, BOX = {width: 150, height: 90};
let isAnswering = Boolean(questions);  // Letters answer; else they name the marked beat
/** @type {any} */
let inquiry = null, start = null;  // What is known now, and was when the page was made
let became = {};  // What the last step did

/** @param {number} n @param {string} one @param {string} many */
const several = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(share < .1 && share > 0 ? 1 : 0)} %`;
let shownCells = new Map(shown.map(({sample, cell}) => [sample, cell]));
// Questions that are known later than the strips.
/** @param {Questions} given */
function begunToAsk(given) {
  questions = given; shown = given.shown.flat();
  shownCells = new Map(shown.map(({sample, cell}) => [sample, cell]));
  isAnswering = document.activeElement === document.body && !past.length;
}
/** @param {number} sample */
const cellAt = (sample) => shownCells.get(sample) ?? foundAt(sample)?.[4] ?? -1;

// Answers that the page was made with come first, and those of now in their order.
/** @param {Iterable<Row>} rows @returns {Step[]} */
function stepsOf(rows) {
  /** @type {Map<number, string | undefined>} */
  const all = new Map(questions.answers.map(({sample, label}) => [sample, label]));
  for (const {sample, what, label} of rows)
    if ([TEMPLATE, SKIPPED].includes(what)) all.set(sample, label || undefined);
  /** @param {string | undefined} name */
  const placeOf = (name) => name === undefined ? undefined : questions.classes.indexOf(name);
  return [...all].map(([sample, name]) => ({sample, cell: cellAt(sample), label: placeOf(name)}))
    .filter(({cell}) => cell >= 0);
}
// What is known after some steps: the label of each cell, and of beats that were answered.
/** @param {Step[]} steps */
function knownAfter(steps) {
  const after = inquiryAfter(questions, steps), {classes} = questions;
  const answered = steps.filter(({label}) => label !== undefined);
  const named = new Map(answered.map(({sample, label}) => [sample, classes[label]]));
  const labels = named.size ? after.opinion.map((row) => classes[most(row)]) : questions.cell_labels;
  return {...after, named, labels};
}
function think() {
  if (!questions) return;
  start ??= knownAfter(stepsOf([]));
  const steps = stepsOf(said.values()), key = JSON.stringify(steps);
  if (inquiry?.key !== key) inquiry = {...knownAfter(steps), steps, key};
}
// The label of a beat of which nothing else was said.
/** @param {Beat} beat @returns {string} */
const foundOf = ([sample, , label, , cell = -1]) =>
  inquiry?.named.get(sample) ?? (cell >= 0 && inquiry?.named.size ? inquiry.labels[cell] : label);

// How many beats have another label now than before, by both labels. Beats that were
// answered have their own.
/** @param {Known} before @param {Known} now @returns {[from: string, to: string, n: number][]} */
function changesBetween(before, now) {
  const changes = new Map(), own = questions.cell_counts.map(() => 0);
  const labelIn = ({named, labels}, sample, cell) => named.get(sample) ?? labels[cell];
  const count = (from, to, n) => {
    const key = JSON.stringify([from, to]);
    if (from !== to && n) changes.set(key, (changes.get(key) ?? 0) + n);
  };
  for (const sample of new Set([...before.named.keys(), ...now.named.keys()])) {
    const cell = cellAt(sample);
    own[cell] += 1;
    count(labelIn(before, sample, cell), labelIn(now, sample, cell), 1);
  }
  questions.cell_counts.forEach((n, cell) => count(before.labels[cell], now.labels[cell], n - own[cell]));
  return [...changes].map(([key, n]) => /** @type {[string, string, number]} */ ([...JSON.parse(key), n])).sort((a, b) => b[2] - a[2]);
}
/** @param {Known} before @param {string} label */
function becameOf(before, label) {
  if (!label) return "Passed over: nothing changes.";
  const told = changesBetween(before, inquiry).map(([from, to, n]) =>
    `${several(n, "beat becomes", "beats become")} ${to} (from ${from})`);
  const isAgain = inquiry.template === inquiry.answers.at(-1).template;
  return `${told.join(", ") || "No label changes"}.` +
    (isAgain ? " Another beat of the same template is asked about." : "");
}
function countsOf() {
  const counts = {...questions.counts};
  for (const [from, to, n] of changesBetween(start, inquiry)) {
    counts[from] = (counts[from] ?? 0) - n;
    counts[to] = (counts[to] ?? 0) + n;
  }
  return counts;
}
/** @param {Known} known */
const doubtOf = ({likely}) =>
  likely.reduce((sum, row, cell) => sum + questions.cell_counts[cell] * (1 - Math.max(...row)), 0);
// What is thought of a template's beats, and how sure.
/** @param {number} template @returns {[string, number]} */
function thoughtOf(template) {
  const {classes, template_of: templateOf, cell_counts: counts} = questions;
  const cells = [...templateOf.keys()].filter((cell) => templateOf[cell] === template);
  const label = most(classes.map((name) => sumOf(cells, (cell) => inquiry.labels[cell] === name ? counts[cell] : 0)));
  const sure = sumOf(cells, (cell) => counts[cell] * inquiry.likely[cell][label]) / sumOf(cells, (cell) => counts[cell]);
  return [classes[label], sure];
}
// What answers made of beats, where the groups are the page's own, which no program knows.
/** @returns {Row[]} */
function carriedRows() {
  const {named} = inquiry ?? {};
  if (!questions?.areOwn || !named.size) return [];
  const {who, when} = /** @type {Row} */ (rowsOf(TEMPLATE).at(-1));
  return Array.from(beatTable.samples, (_, i) => beatAt(i))
    .filter((beat) => named.has(beat[0]) || foundOf(beat) !== beat[2])
    .map((beat) => ({sample: beat[0], stop: "", time: timeOf(beat[0]), before: beat[2], label: foundOf(beat), what: CARRIED, who, when}));
}

/** @param {string} label */
function answer(label) {
  const before = inquiry;
  if (!before.beat) return;
  const {sample, cell} = before.beat, what = label ? TEMPLATE : SKIPPED;
  inOneStep(() => {
    if (label) said.delete(keyOf({what: "beat", sample, stop: ""}));  // The later word is right
    say({sample, before: before.labels[cell], label, what});
  });
  tell(() => becameOf(before, label));
  draw();
}
function tell(text) {
  think();
  became = {key: inquiry?.key, text: text()};
}

/** @param {Known} known */
function questionOf({template, answers, beat}) {
  if (template === null || !beat)
    return `All is asked. Answered: ${answers.length}. Save what you have said, or look at the beats below.`;
  const [label, sure] = thoughtOf(template);
  return `Question ${answers.length + 1}, at ${clock(beat.time)}. Template of ${several(questions.n_beats[template], "beat", "beats")}, ` +
    `the model says ${label}, ${percent(sure)} sure. Answered: ${answers.length}.`;
}
function drawQuestions() {
  if (!questions) return;
  const {template, beat, answers} = inquiry, isDone = template === null;
  by("questions").hidden = false;
  announce("became", became.key === inquiry.key ? became.text : "");
  announce("question", questionOf(inquiry));
  if (isDone && by("names").contains(document.activeElement)) by("leave").focus();
  by("asked").hidden = by("names").hidden = isDone;
  if (!isDone) drawAsked(beat, template);
  by("take-back").disabled = !past.length;
  drawProgress(answers.length);
  drawTurn();
}
/** @param {Shown} beat @param {number} template */
function drawAsked({sample, time, strip: here}, template) {
  const svg = by("beat"), wide = Math.max(svg.clientWidth, 300), mark = here.beats.find((beat) => beat[0] === sample);
  drawStrip(svg, here, viewOf(here, wide, wide < 600 ? CLOSEST : 1, mark), mark);
  svg.setAttribute("aria-label", `Strip of ECG around ${exactly(time)}, the beat in question marked`);
  drawShapes(template);
}
/** @param {number} template */
function drawShapes(template) {
  const {shapes} = questions, all = shapes.flat(), low = Math.min(...all), high = Math.max(...all);
  const x = (index) => BOX.width * index / (shapes[0].length - 1);
  const y = (value) => BOX.height * (high - value) / (high - low || 1);
  const lineOf = (shape, of) => element("polyline",
    {class: of, points: shape.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(" ")});
  by("shapes").replaceChildren(...shapes.map((shape) => lineOf(shape, "other")), lineOf(shapes[template], "this"));
}
/** @param {number} nAnswers */
function drawProgress(nAnswers) {
  const doubt = doubtOf(inquiry), share = percent(doubt / sumOf(questions.cell_counts, (n) => n));
  by("n-answers").textContent = several(nAnswers, "answer", "answers");
  by("answered").max = shown.length;
  by("answered").value = nAnswers;
  by("n-doubtful").textContent =
    `about ${several(Math.round(doubt), "label", "labels")} still doubtful, ${share} of all`;
  by("doubtful").value = doubt;
  by("doubtful").max = Math.max(doubtOf(start), doubt, 1);
  by("counts").replaceChildren(...Object.entries(countsOf()).filter(([, n]) => n).map(([label, n]) => {
    const each = document.createElement("span"), name = document.createElement("strong");
    name.className = `class ${colourOf(label)}`; name.textContent = label;
    each.append(name, ` ${n.toLocaleString("en")}`);
    return each;
  }));
}
function drawTurn() {
  by("questions").classList.toggle("waits", !isAnswering);
  by("turn").textContent = isAnswering ? "Letters answer the question." :
    "Letters name the marked beat below; G goes back to the questions.";
}
/** @param {boolean} isQuestion */
function turnTo(isQuestion) {
  if (!questions || isAnswering === isQuestion) return;
  isAnswering = isQuestion; drawTurn();
}
/** @param {boolean} isQuestion */
function goTo(isQuestion) {
  turnTo(isQuestion);
  const head = by(isQuestion ? "ask" : "odd");
  head.focus({preventScroll: true}); head.scrollIntoView();
}

// What a key does to the question; nothing if the letters are for the beats below.
/** @param {string} key @param {Element} target */
function answerKey(key, target) {
  if (!questions) return undefined;
  if (!isAnswering) return key === "g" ? () => goTo(true) : undefined;
  const label = questions.classes.find((each) => each.toLowerCase() === key);
  const isUntold = key === "?" || key === " " && !target.closest("button");
  if (label !== undefined || isUntold) return () => answer(label ?? "");
  return key === "escape" ? () => goTo(false) : undefined;
}
for (const button of document.querySelectorAll("[data-name]"))
  button.addEventListener("click", () => answer(button.dataset.name ?? ""));
for (const [id, does] of Object.entries({"take-back": () => takeBack(), leave: () => goTo(false),
  "save-names": () => { save(); draw(); }}))
  by(id)?.addEventListener("click", does);
for (const event of ["pointerdown", "focusin"]) {
  by("questions")?.addEventListener(event, () => turnTo(true));
  by("review").addEventListener(event, () => turnTo(false));
}
