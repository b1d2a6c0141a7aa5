"use strict";
/** @type {By} */
const by = (id) => /** @type {any} */ (document.getElementById(id));
/** @type {Page} */
const data = JSON.parse(by("data").textContent);
// Live regions tell what is new, and nothing twice.
/** @param {string} id @param {string} text */
function announce(id, text) {
  if (by(id).textContent !== text) by(id).textContent = text;
}

// What a reader says, row by row as the saved file has it. The browser keeps it.
const COLUMNS = ["recording", "sample", "stop", "time", "before", "label", "what", "who", "when"];
const KEPT = `sklearn_ecg ${data.recording} ${data.fingerprint}`, READER = "sklearn_ecg_reader";
const NO_BEAT = "O", NOISE = "noise", TEMPLATE = "template", SKIPPED = "skipped", CARRIED = "carried";
/** @type {Map<string, Row>[]} */
const past = [];
/** @type {Map<string, Row>} */
let said = new Map();
let isSaved = true, isKept = true;

// Two rows of one key are of one thing, of which the later one is right.
/** @param {Key} row */
const keyOf = ({what, sample, stop}) => `${what === "added" ? "beat" : what} ${sample} ${stop}`;
const rowOf = (sample) => said.get(`beat ${sample} `);
/** @param {string} what */
const rowsOf = (what) => [...said.values()].filter((row) => row.what === what);
/** @param {number} sample */
const stretchAt = (sample) =>
  rowsOf("stretch").find((row) => row.sample <= sample && sample <= row.stop);

/** @param {Beat[]} beats @param {(beat: Beat) => number} far */
const nearest = (beats, far) => beats.length ? beats.reduce((a, b) => far(b) < far(a) ? b : a) : undefined;
/** @param {number} sample */
const timeOf = (sample) => Math.round(1000 * sample / data.rate) / 1000;
/** @param {Pick<Row, "sample" | "label"> & Partial<Row>} row */
function say(row) {
  const when = `${new Date().toISOString().slice(0, 19)}Z`;
  const whole = {stop: "", before: "", what: "beat", ...row, time: timeOf(row.sample),
    who: by("who").value.trim(), when, isMine: true};
  said.set(keyOf(whole), whole);
}

// What a reader does at once is undone at once, however many rows it has.
function inOneStep(does) {
  const before = new Map(said);
  does();
  if (before.size === said.size && [...before].every(([key, row]) => said.get(key) === row)) return;
  past.push(before); isSaved = false; keep();
}
function undo() {
  if (!past.length) return;
  said = past.pop() ?? said; isSaved = false; keep();
}

function keep() {
  const write = () => {
    localStorage.setItem(KEPT, JSON.stringify({rows: [...said.values()], isSaved}));
    localStorage.setItem(READER, by("who").value.trim());
  };
  try {
    try { write(); } catch { makeRoom(); write(); }
    isKept = true;
  } catch { isKept = false; }
}
// What was said in other pages is needed no more if it was saved.
function makeRoom() {
  for (const key of Object.keys(localStorage))
    if (key.startsWith("sklearn_ecg ") && key !== KEPT && JSON.parse(localStorage.getItem(key) ?? "{}").isSaved)
      localStorage.removeItem(key);
}
function restore() {
  try {
    by("who").value = localStorage.getItem(READER) ?? "";
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
    if (!kept) return;
    said = new Map(kept.rows.map((row) => [keyOf(row), row])); isSaved = kept.isSaved;
  } catch { isKept = false; }
}
// Whoever has forgotten to give a name is the one who gives it now.
function sign() {
  const who = by("who").value.trim(), unsigned = [...said].filter(([, row]) => row.isMine && !row.who);
  for (const [key, row] of unsigned) said.set(key, {...row, who});
  isSaved &&= !unsigned.length; keep();
}

// What can't be told is kept, so that it isn't asked again, but nothing to save.
const toSave = () => [...said.values()].filter(({what}) => what !== SKIPPED);

/** @param {Beat} beat */
function labelOf(beat) {
  const [sample] = beat, row = rowOf(sample), stretch = stretchAt(sample), label = foundOf(beat);
  if (row) return row.label;
  if (!stretch || label === NO_BEAT) return label;
  return stretch.label === NOISE ? NO_BEAT : stretch.label;
}
/** @param {Beat} beat */
const isCorrected = (beat) => labelOf(beat) !== beat[2];
/** @param {Strip} here @returns {Beat[]} */
function beatsOf(here) {
  const known = new Set(here.beats.map(([sample]) => sample));
  const added = rowsOf("added").filter(({sample, time}) =>
    here.start <= time && time < here.stop && !known.has(sample));
  return [...here.beats, ...added.map(({sample, time}) => /** @type {Beat} */ ([sample, time, "", null]))]
    .sort((a, b) => a[0] - b[0]);
}

// The labels of a strip that was looked at are right where nothing else was said.
/** @param {Beat} beat */
const isUnsaid = (beat) =>
  data.labels.includes(foundOf(beat)) && !rowOf(beat[0]) && !stretchAt(beat[0]);
/** @param {Strip} here */
const isChecked = (here) => !here.beats.some(isUnsaid) && beatsOf(here).some((beat) => rowOf(beat[0]));
/** @param {Strip} here */
function checkRest(here) {
  for (const beat of here.beats.filter(isUnsaid)) {
    const label = foundOf(beat);
    say({sample: beat[0], before: label, label});
  }
}
/** @param {Strip} here */
function uncheck(here) {
  const others = data.strips.filter((each) => each !== here && isChecked(each)).flatMap(({beats}) => beats);
  const seen = new Set(others.map(([sample]) => sample));
  for (const beat of here.beats) {
    const row = rowOf(beat[0]), isChanged = row && ![row.before, foundOf(beat)].includes(row.label);
    if (row && !isChanged && !seen.has(beat[0])) said.delete(keyOf(row));
  }
}

// Returns why a stretch can't have a label; what was said of its beats before is no more.
/** @param {number} sample @param {number} stop @param {string} label */
function sayStretch(sample, stop, label) {
  const meets = (row) => row.sample <= stop && sample <= row.stop;
  if (rowsOf("stretch").some((row) => meets(row) && row.label !== label))
    return "A stretch of another label is there: undo it first.";
  const isEmpty = label === NOISE || label === NO_BEAT;
  for (const [key, row] of said) {
    if (!["beat", "added"].includes(row.what) || row.sample < sample || row.sample > stop) continue;
    if (!isEmpty && row.what === "added") say({...row, label});
    else if (isEmpty || row.label !== NO_BEAT) said.delete(key);
  }
  say({sample, stop, label, what: "stretch"});
  return "";
}

function table() {
  /** @param {any} value */
  const cell = (value) => typeof value === "number" || !value ? value : `"${value.replaceAll('"', '""')}"`;
  /** @param {Row} row */
  const place = ({what, sample}) => what === TEMPLATE ? -1 : sample;  // Answers keep their order
  const rows = [...toSave(), ...carriedRows()].sort((a, b) => place(a) - place(b));
  const lines = rows.map((row) => COLUMNS.map((name) => cell({...row, recording: data.recording}[name])));
  return [COLUMNS, ...lines].map((line) => line.join(",")).join("\n") + "\n";
}
function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([table()], {type: "text/csv"}));
  link.download = `${data.recording.replaceAll(/[^\w-]/g, "_")}-corrections.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  isSaved = true; keep();
}

// Cells of a file as the page saves it, or a spreadsheet after it.
/** @param {string} text */
function cellsOf(text) {
  const count = (mark) => text.split("\n")[0].split(mark).length;
  const mark = [",", ";", "\t"].reduce((a, b) => count(b) > count(a) ? b : a);
  const whole = text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n"), lines = [[""]];
  let isQuoted = false;
  for (let i = 0; i < whole.length; i += 1) {
    const each = whole[i], line = lines[lines.length - 1], isTwice = isQuoted && each === '"' && whole[i + 1] === '"';
    if (each === '"' && !isTwice) isQuoted = !isQuoted;
    else if (each === mark && !isQuoted) line.push("");
    else if (each === "\n" && !isQuoted) lines.push([""]);
    else line[line.length - 1] += each;
    if (isTwice) i += 1;
  }
  return lines.map((line) => line.map((cell) => cell.trim())).filter((line) => line.some(Boolean));
}
// Spreadsheets leave out leading zeros.
/** @param {string} name */
const isOfThis = (name) => !name || name === data.recording ||
  [name, data.recording].every((each) => /^\d+$/.test(each)) && Number(name) === Number(data.recording);
// Returns the rows of a file; throws what is wrong with it.
/** @param {string} text @returns {Row[]} */
function rowsIn(text) {
  const [names, ...lines] = cellsOf(text);
  if (!names?.includes("sample") || !names.includes("label"))
    throw new Error("The file has no columns sample and label.");
  return lines.map((line, index) => {
    const given = Object.fromEntries(names.map((name, place) => [name, line[place] ?? ""]));
    const sample = Number(given.sample), stop = given.stop ? Number(given.stop) : "";
    if (!given.sample || !Number.isInteger(sample) || (stop && !Number.isInteger(stop)))
      throw new Error(`Row ${index + 1} of the file has no sample that is a whole number.`);
    if (!isOfThis(given.recording))
      throw new Error(`The file is of the recording ${given.recording}.`);
    const {before = "", label, who = "", when = ""} = given;
    return {sample, stop, time: timeOf(sample), before, label, what: given.what || "beat", who, when};
  });
}
// What was said of another model's beats is of those nearby, as corrected has it.
/** @param {Row} row @returns {Row} */
function matched(row) {
  const isBeat = ["beat", "added"].includes(row.what) && row.label !== NO_BEAT;
  if (!isBeat && row.what !== TEMPLATE) return row;
  const closest = foundNear(row.sample);
  /** @param {Beat} beat */
  const far = ([sample]) => Math.abs(sample - row.sample) / data.rate;
  const isNear = closest && far(closest) <= (row.what === "added" ? data.apart : data.near);
  return isNear ? {...row, sample: closest[0], time: timeOf(closest[0])} : row;
}
// What was said later is right, and of no known time, what the file says.
/** @param {string} text */
function load(text) {
  // What was carried follows from the answers, here by the groups of this page.
  const rows = rowsIn(text).filter(({what}) => what !== CARRIED).map(matched);
  for (const row of rows) {
    const here = said.get(keyOf(row));
    if (!here || !row.when || Date.parse(here.when) <= Date.parse(row.when)) said.set(keyOf(row), row);
  }
  const others = rows.filter(({what, sample}) => what === TEMPLATE && cellAt(sample) < 0);
  return `${rows.length} rows of the file are in the page.${!others.length ? "" :
    ` Answers that are of beats not shown here, and move no labels here: ${others.length}.`}`;
}
