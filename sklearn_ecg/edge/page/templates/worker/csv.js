// CSV files with a line for each sample, at an even rate.
const BLOCK = 4096;  // Rows after which a place in the file is remembered
const ROUNDED_TO = 7, NOISE_OF_TIMES = 5e-7, STRAY = .1;
const NEWLINE = 10, DIGITS = 17;

/** @param {File} file @param {number} [given] @returns {Promise<Reader>} */
async function openCsv(file, given) {
  const layout = await layoutOf(file), {names} = layout, times = names.findIndex((name) => secondsIn(name) !== undefined);
  const index = await indexOf(file, layout, times), clock = times < 0 ? null : clockOf(file, layout, times, index);
  const rate = clock ? 1 / clock.period : given ?? layout.rate ?? 0;
  const columns = names.map((name, place) => ({place, ...describedAs(name)})).filter(({place}) => place !== times && isNumeric(layout, place));
  const isAnyVoltage = columns.some(({unit}) => unit !== undefined && millivoltsOf(unit) !== undefined);
  const leads = columns.map(({name, unit}) => ({name, rate, n: index.n, unit: unit ?? (isAnyVoltage && !/e[ck]g/i.test(name) ? "" : "mV")}));
  if (!leads.length) refuse(`${file.name} has no column of numbers that could be a lead.`);
  const read = (place, first, stop) => readCsv(file, layout, index, clock, columns[place].place, first, stop);
  return {name: stemOf(file.name.replace(/\.gz$/, "")), format: "CSV", leads, notes: [], startTime: null, read, needsRate: !rate};
}
/** @param {string} name @returns {{name: string, unit?: string}} */
function describedAs(name) {
  const found = /^(.*\S)\s*[([]([^()[\]]*)[)\]]$/.exec(name) ?? /^(.*[^\s_])[\s_]+([munµμ]V)$/.exec(name);
  return found && millivoltsOf(found[2]) !== undefined ? {name: found[1], unit: found[2].trim()} : {name};
}
/** @param {CsvLayout} layout @param {number} place */
function isNumeric({rows, decimal}, place) {
  const filled = rows.map((row) => row[place] ?? "").filter((cell) => !ABSENT.has(cell.toLowerCase()));
  return filled.filter((cell) => NUMBER[decimal].test(cell)).length >= .5 * filled.length;
}

// Where each block of rows begins, how many rows there are, and the first and last times.
/** @param {File} file @param {CsvLayout} layout @param {number} times @returns {Promise<CsvIndex>} */
async function indexOf(file, layout, times) {
  /** @type {CsvIndex} */
  const index = {blocks: [], n: 0, times: []};
  let n = 0, lastTime = NaN;
  await forEachLine(file, layout.at, (bytes, from, to, at) => {
    if (n % BLOCK === 0) index.blocks.push(at);
    n += 1;
    if (isBlank(bytes, from, to)) return true;
    index.n = n;
    if (times < 0) return true;
    lastTime = fieldOf(bytes, from, to, layout, times);
    if (index.times.length < 2000) index.times.push(lastTime);
    return true;
  });
  index.last = lastTime;
  if (!index.n) refuse(`${file.name} holds no rows below its column names.`);
  return index;
}
/** @param {Uint8Array} bytes @param {number} from @param {number} to */
function isBlank(bytes, from, to) {
  for (let i = from; i < to; i += 1) if (bytes[i] > 32 && bytes[i] !== 44 && bytes[i] !== 59) return false;
  return true;
}
// Calls with each line: bytes, from, to, and its place in the file; until there is no more wanted.
/** @param {File} file @param {number} at @param {(bytes: Uint8Array, from: number, to: number, at: number) => boolean} does */
async function forEachLine(file, at, does) {
  for (let place = at; place < file.size;) {
    const bytes = await bytesBetween(file, place, place + PIECE), isLast = place + bytes.length >= file.size;
    let from = 0;
    for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
      if (!does(bytes, from, to, place + from)) return;
      from = to + 1;
    }
    if (isLast && from < bytes.length) does(bytes, from, bytes.length, place + from);
    if (!isLast && !from) refuse(`${file.name} has a line of more than four megabytes: it is no table.`);
    place += isLast ? bytes.length : from;
  }
}

// The even times of the rows, as records/_time_axis.py finds them.
/** @param {File} file @param {CsvLayout} layout @param {number} place @param {CsvIndex} index @returns {CsvClock} */
function clockOf(file, {names}, place, {n, times, last = NaN}) {
  const all = times.concat(last), step = (last - times[0]) / (n - 1);
  if (n < 2 || !(step > 0) || all.some(Number.isNaN))
    refuse(`The column “${names[place]}” of ${file.name} holds no times in numbers that rise. Python reads dates and clock times: sklearn_ecg.annotate.`);
  const said = secondsIn(names[place]), usual = [1, 1e-3, 1e-6, 1e-9].find((each) => 1 / (step * each) >= 20 && 1 / (step * each) < 2e4);
  const unit = said || usual;
  if (!unit || !said && step === 1) refuse(`The unit of the column “${names[place]}” of ${file.name} can't be told: call it “${names[place]} (s)” or “(ms)”.`);
  const seconds = times.map((time) => (time - times[0]) * unit), period = (last - times[0]) * unit / (n - 1);
  const rounded = resolutionOf(seconds), allowed = Math.min(.3 * period, Math.max(1.01 * rounded, STRAY * period));
  const rate = Math.round(1 / period), tolerance = Math.min(2 * (rounded + NOISE_OF_TIMES) / (period * n), 2e-4);
  const isWhole = rate && Math.abs(1 / period / rate - 1) <= tolerance;
  return {place, unit, first: times[0], step: period, allowed, period: isWhole ? 1 / rate : period};
}
/** @param {number[]} seconds */
function resolutionOf(seconds) {
  for (let power = 0; power < ROUNDED_TO; power += 1) {
    const step = 10 ** -power, noise = power < ROUNDED_TO - 1 ? NOISE_OF_TIMES : 1e-8;
    if (seconds.every((time) => Math.abs(time - step * Math.round(time / step)) < noise)) return step;
  }
  return 0;
}

/** @param {File} file @param {CsvLayout} layout @param {CsvIndex} index @param {CsvClock | null} clock @param {number} place @param {number} first @param {number} stop */
async function readCsv(file, layout, index, clock, place, first, stop) {
  const read = new Float64Array(stop - first).fill(NaN), block = Math.floor(first / BLOCK);
  let row = block * BLOCK;
  await forEachLine(file, index.blocks[block], (bytes, from, to) => {
    if (row >= first && row < stop && !isBlank(bytes, from, to)) {
      const value = fieldOf(bytes, from, to, layout, place);
      if (value === undefined) refuse(`Line ${layout.first + row + 1} of ${file.name} holds “${textOf(bytes, from, to, layout, place)}”, which is no number. Leave the field empty where a sample is missing.`);
      read[row - first] = value;
      if (clock) checkTime(file, layout, clock, fieldOf(bytes, from, to, layout, clock.place), row);
    }
    row += 1;
    return row < stop;
  });
  return read;
}
/** @param {File} file @param {CsvLayout} layout @param {CsvClock} clock @param {number | undefined} time @param {number} row */
function checkTime(file, layout, {unit, first, step, allowed}, time, row) {
  if (time !== undefined && Math.abs((time - first) * unit - step * row) <= allowed) return;
  refuse(`The time in line ${layout.first + row + 1} of ${file.name} is not where an even rate has it: samples are missing, or out of order. Python fills gaps: sklearn_ecg.annotate.`);
}
/** @param {Uint8Array} bytes @param {number} from @param {number} to @param {CsvLayout} layout @param {number} place @returns {[number, number]} */
function boundsOf(bytes, from, to, {separator}, place) {
  const mark = separator.charCodeAt(0);
  let begin = from, left = place, end = from;
  for (; end < to && (bytes[end] !== mark || left > 0); end += 1)
    if (bytes[end] === mark) { left -= 1; begin = end + 1; }
  return left > 0 ? [to, to] : [begin, end];
}
/** @param {Uint8Array} bytes @param {number} from @param {number} to @param {CsvLayout} layout @param {number} place */
const textOf = (bytes, from, to, layout, place) => plainCell(latin(bytes.subarray(...boundsOf(bytes, from, to, layout, place))));
// The number of a field, NaN if it is empty, nothing if it is none.
/** @param {Uint8Array} bytes @param {number} from @param {number} to @param {CsvLayout} layout @param {number} place @returns {any} */
function fieldOf(bytes, from, to, layout, place) {
  let [begin, end] = boundsOf(bytes, from, to, layout, place);
  const isAround = (byte) => byte <= 32 || byte === 34;
  while (begin < end && isAround(bytes[begin])) begin += 1;
  while (end > begin && isAround(bytes[end - 1])) end -= 1;
  if (begin === end) return NaN;
  const value = numberOf(bytes, begin, end, layout.decimal.charCodeAt(0));
  if (value !== undefined) return value;
  return ABSENT.has(latin(bytes.subarray(begin, end)).toLowerCase()) ? NaN : undefined;
}
// A decimal number, rounded as pandas rounds it; nothing if it is none.
/** @param {Uint8Array} bytes @param {number} from @param {number} to @param {number} point @returns {number | undefined} */
function numberOf(bytes, from, to, point) {
  const isNegative = bytes[from] === 45, {number, exponent, end} = digitsOf(bytes, from + Number(isNegative || bytes[from] === 43), to, point);
  if (end < 0) return undefined;
  const isPower = end < to && (bytes[end] | 32) === 101 && end + 1 < to, power = isPower ? Number(latin(bytes.subarray(end + 1, to))) : 0;
  if (end < to && !isPower || !Number.isInteger(power)) return undefined;
  const all = exponent + power, size = all >= 0 ? number * 10 ** all : number / 10 ** -all;
  return isNegative ? -size : size;
}
// Digits with a point among them: a number, the power of ten that it lacks, and where they end; -1 if there are none.
/** @param {Uint8Array} bytes @param {number} from @param {number} to @param {number} point */
function digitsOf(bytes, from, to, point) {
  let number = 0, exponent = 0, n = 0, isBehind = false, end = from;
  for (; end < to; end += 1) {
    const digit = bytes[end] - 48, isDigit = digit >= 0 && digit <= 9;
    if (!isDigit && (isBehind || bytes[end] !== point)) break;
    if (!isDigit) isBehind = true;
    else if (n < DIGITS) { number = number * 10 + digit; n += 1; exponent -= Number(isBehind); }
    else exponent += Number(!isBehind);
  }
  return {number, exponent, end: n ? end : -1};
}
