// How a CSV file is laid out: separator, decimal sign, names, and the lines above them.
const SEPARATORS = [";", "\t", ",", "|"], LOOK = 1 << 18, LINES = 200;
const UNITS_OF_TIME = {s: 1, sec: 1, secs: 1, second: 1, seconds: 1, ms: 1e-3, msec: 1e-3, millis: 1e-3, milliseconds: 1e-3,
  us: 1e-6, "µs": 1e-6, "μs": 1e-6, usec: 1e-6, microseconds: 1e-6, ns: 1e-9, nanoseconds: 1e-9, min: 60, h: 3600};
const TIME_WORDS = /^(t|time|times|timestamps?|elapsed|epoch|zeit|zeitstempel|temps|tiempo|tempo|since|start|from|of|recording|ecg|sample)$/;
const RATE_LINE = /(?:sampling|sample|abtast|\bfs\b|sfreq|rate|freq)[^\d]*?(\d+(?:[.,]\d+)?)\s*(k?hz|hertz|sps|samples\/s|1\/s)?/i;
const NO_RATE_LINE = /filter|notch|heart|pulse|cut|pass|mains|resp|display|bit|frame|baud/i;
const NUMBER = {".": /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, ",": /^[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?$/i};
const ABSENT = new Set(["", "-", "--", "*", "?", "n/a", "na", "nan", "null", "none"]);

/** @param {File} file @returns {Promise<CsvLayout>} */
async function layoutOf(file) {
  const bytes = await bytesBetween(file, 0, LOOK);
  if (bytes[0] === 0xFF && bytes[1] === 0xFE || bytes[0] === 0xFE && bytes[1] === 0xFF)
    refuse(`${file.name} is text in UTF-16. Save it as UTF-8.`);
  const begin = bytes[0] === 0xEF && bytes[1] === 0xBB ? 3 : 0;
  // A character a byte, so that places in the text are those in the file.
  const lines = latin(bytes.subarray(begin)).split("\n").slice(0, LINES);
  if (!lines.some((line) => line.trim())) refuse(`${file.name} is empty.`);
  const separator = separatorOf(lines), rows = lines.map((line) => line.split(separator).map(plainCell));
  const decimal = separator !== "," && rows.slice(rows.length >> 1).flat().some((cell) => /^[+-]?\d*,\d+$/.test(cell)) ? "," : ".";
  const first = firstRowOf(rows, decimal);
  if (first < 0) refuse(`${file.name} has no column of numbers that could be a lead.`);
  if (first === 0) refuse(`The first line of ${file.name} must name the columns, as in “time (s),ecg (mV)”.`);
  const at = begin + lines.slice(0, first).reduce((sum, line) => sum + line.length + 1, 0);
  const names = rows[first - 1].slice(0, rows[first].length).map((cell, i) => decoded(i ? cell : cell.replace(/^#\s*/, "")));
  return {separator, decimal, names, first, at, rate: rateIn(lines.slice(0, first - 1)), rows: rows.slice(first, -1)};
}
/** @param {string} cell */
const plainCell = (cell) => cell.trim().replace(/^["'](.*)["']$/, "$1").trim();
/** @param {string} text */
const decoded = (text) => new TextDecoder().decode(Uint8Array.from(text, (each) => each.charCodeAt(0)));
/** @param {string[]} lines */
function separatorOf(lines) {
  const some = lines.filter((line) => line.trim() && !line.startsWith("#"));
  const half = some.slice(some.length >> 1);
  const usual = SEPARATORS.find((mark) => {
    const widths = half.map((line) => line.split(mark).length);
    return widths[0] > 1 && widths.filter((width) => width === widths[0]).length >= .6 * half.length;
  });
  return usual ?? ",";
}
// The first line of numbers from which on most are.
/** @param {string[][]} rows @param {string} decimal */
function firstRowOf(rows, decimal) {
  const filled = rows.filter((row) => row.some(Boolean)), {length: width} = filled[filled.length >> 1] ?? [];
  const isRow = (row) => row?.length === width && row.some((cell) => NUMBER[decimal].test(cell)) &&
    row.every((cell) => ABSENT.has(cell.toLowerCase()) || NUMBER[decimal].test(cell) || /\d:\d\d|\d-\d\d-\d/.test(cell));
  return rows.findIndex((row, i) => {
    const following = rows.slice(i, i + 10).filter((each) => each.some(Boolean));
    return isRow(row) && following.filter(isRow).length >= following.length / 2;
  });
}
/** @param {string[]} lines */
function rateIn(lines) {
  for (const line of lines) {
    const found = NO_RATE_LINE.test(line) ? null : RATE_LINE.exec(line);
    if (found) return Number(found[1].replace(",", ".")) * (/^k/i.test(found[2] ?? "") ? 1000 : 1);
  }
  return undefined;
}
// The seconds of a unit of time in a name; 0 if it says time and no unit, nothing if it is no time.
/** @param {string} name @returns {number | undefined} */
function secondsIn(name) {
  const [, before, unit] = /^(.*?)\s*[([]([^()[\]]*)[)\]]\s*$/.exec(name) ?? [null, name, ""];
  const words = before.toLowerCase().split(/[^a-zµμ]+/).filter(Boolean), isTime = words.some((word) => TIME_WORDS.test(word));
  if (!words.length || !words.every((word) => TIME_WORDS.test(word) || word in UNITS_OF_TIME)) return undefined;
  if (unit) return UNITS_OF_TIME[unit.trim().toLowerCase()];
  return UNITS_OF_TIME[words[words.length - 1]] ?? (isTime ? 0 : undefined);
}
