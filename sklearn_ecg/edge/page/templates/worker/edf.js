// EDF and BDF files, with the gaps of EDF+.
const FIELDS = [16, 80, 8, 8, 8, 8, 8, 80, 8, 32];  // Widths, of each signal
const LABEL = 0, UNIT = 2, MINIMUM = 3, COUNT = 8;
const STEP_TOLERANCE = .01, JITTER = .02;  // Of records/_edf.py
const ONSET = /^([+-]\d+(?:[.,]\d*)?)(?:\x15[^\x14]*)?\x14/;  // eslint-disable-line no-control-regex

/** @param {File} file */
const isEdf = async (file) => /^(0 {7}|\xffBIOSEMI)$/.test(latin(await bytesBetween(file, 0, 8)));

/** @param {File} file @returns {Promise<Reader>} */
async function openEdf(file) {
  const header = await headerOf(file), runs = await runsOf(file, header);
  const last = runs[runs.length - 1], names = numbered(header.signals.map(({label}) => label || "unnamed"));
  const leads = header.signals.map((signal, place) => {
    const rate = signal.count / header.seconds;
    return {name: names[place], rate, n: Math.round(last.start * rate) + (last.stop - last.first) * signal.count, unit: signal.unit};
  });
  const notes = runs.length > 1 ? [`The file has ${runs.length - 1} gaps, in which nothing is read.`] : [];
  return {
    name: stemOf(file.name), format: header.bytes === 3 ? "BDF" : "EDF", leads, notes, startTime: header.startTime,
    read: (place, first, stop) => readEdf(file, header, runs, leads[place].rate, header.signals[place], first, stop),
  };
}

/** @param {File} file @returns {Promise<EdfHeader>} */
async function headerOf(file) {
  const begin = latin(await bytesBetween(file, 0, 256)), nSignals = Number(begin.slice(252, 256));
  if (!(nSignals >= 1)) refuse(`${file.name} is damaged: its header says that it has “${begin.slice(252, 256).trim()}” signals.`);
  const size = 256 * (nSignals + 1), text = latin(await bytesBetween(file, 256, size)), bytes = begin[0] === "0" ? 2 : 3;
  const columns = columnsOf(text, nSignals), number = (field, place) => Number(columns[field][place].replace(",", "."));
  const counts = columns[COUNT].map(Number), all = counts.reduce((sum, n) => sum + n, 0);
  if (!counts.every((n) => Number.isInteger(n) && n > 0)) refuse(`${file.name} is damaged: its header does not say how many samples there are.`);
  const known = Number(begin.slice(236, 244)), found = Math.floor((file.size - size) / (bytes * all)), n = known > 0 ? known : found;
  if (found < n) refuse(`${file.name} is cut off: its header announces ${n} data records, and ${found} are there.`);
  const described = columns[LABEL].map((label, place) => ({
    label, unit: columns[UNIT][place], count: counts[place], bytes,
    at: bytes * counts.slice(0, place).reduce((sum, each) => sum + each, 0),
    limits: [0, 1, 2, 3].map((i) => number(MINIMUM + i, place)),
  }));
  const isTimes = ({label}) => /^.DF Annotations$/.test(label);
  return {name: file.name, bytes, size, n, record: bytes * all, seconds: Number(begin.slice(244, 252).replace(",", ".")),
    isBroken: begin.slice(192, 197).slice(3) === "+D", signals: described.filter((one) => !isTimes(one)),
    times: described.find(isTimes), startTime: startOf(begin)};
}
/** @param {string} text @param {number} n */
function columnsOf(text, n) {
  let at = 0;
  return FIELDS.map((width) => Array.from({length: n}, () => { at += width; return text.slice(at - width, at).trim(); }));
}
// Years from 85 on are of the last century; EDF+ says the year in its own words.
/** @param {string} begin @returns {number[] | null} */
function startOf(begin) {
  const date = /^(\d\d)\.(\d\d)\.(\d\d)(\d\d)\.(\d\d)\.(\d\d)/.exec(begin.slice(168, 184))?.slice(1).map(Number);
  if (!date) return null;
  const [day, month, year, ...clock] = date;
  if (day < 1 || day > 31 || month < 1 || month > 12) return null;
  return [year + (year < 85 ? 2000 : 1900), month, day, ...clock];
}

// Data records that follow one another, as records/_edf.py joins them.
/** @param {File} file @param {EdfHeader} header @returns {Promise<Run[]>} */
async function runsOf(file, header) {
  const whole = [{first: 0, stop: header.n, start: 0}];
  if (!header.times || !header.isBroken) { checkSeconds(header); return whole; }
  const starts = await startsOf(file, header, header.times), steps = starts.slice(1).map((start, i) => start - starts[i]);
  checkSeconds(header);
  const isNext = steps.map((step) => Math.abs(step - header.seconds) <= STEP_TOLERANCE * header.seconds);
  const following = steps.filter((_, i) => isNext[i]), total = following.reduce((sum, step) => sum + step, 0);
  if (Math.abs(total - following.length * header.seconds) > JITTER)
    header.seconds = Number((total / following.length).toFixed(9));
  const runs = whole;
  isNext.forEach((follows, i) => {
    if (follows) return;
    const run = runs[runs.length - 1], end = run.start + (i + 1 - run.first) * header.seconds;
    if (steps[i] < header.seconds) refuse(`Data record ${i + 1} of ${file.name} begins before the one before it ends: the file is damaged.`);
    run.stop = i + 1;
    runs.push({first: i + 1, stop: header.n, start: Math.max(starts[i + 1], end)});
  });
  return runs;
}
/** @param {EdfHeader} header */
function checkSeconds({name, seconds}) {
  if (!(seconds > 0 && seconds < Infinity)) refuse(`${name} does not say at which rate its signals are: its data records last ${seconds} s.`);
}
/** @param {File} file @param {EdfHeader} header @param {EdfSignal} times */
async function startsOf(file, header, times) {
  /** @type {number[]} */
  const starts = [];
  for await (const {bytes, first, n} of recordsOf(file, header, 0, header.n))
    for (let i = 0; i < n; i += 1) {
      const at = i * header.record + times.at, text = latin(bytes.subarray(at, at + 64)), onset = ONSET.exec(text);
      if (!onset) refuse(`Data record ${first + i} of ${file.name} does not say when it began: the file is damaged.`);
      starts.push(Number(onset[1].replace(",", ".")));
    }
  return starts.map((start) => start - starts[0]);
}
// A few megabytes at a time.
/** @param {File} file @param {EdfHeader} header @param {number} from @param {number} to */
async function* recordsOf(file, header, from, to) {
  const atOnce = Math.max(1, Math.floor(PIECE / header.record));
  for (let first = from; first < to; first += atOnce) {
    const n = Math.min(atOnce, to - first), at = header.size + first * header.record;
    yield {bytes: await bytesBetween(file, at, at + n * header.record), first, n};
  }
}

/** @param {File} file @param {EdfHeader} header @param {Run[]} runs @param {number} rate @param {EdfSignal} signal @param {number} first @param {number} stop */
async function readEdf(file, header, runs, rate, signal, first, stop) {
  const read = new Float64Array(stop - first).fill(NaN), {gain, offset} = scaleOf(header, signal), {count} = signal;
  for (const run of runs) {
    const start = Math.round(run.start * rate), begin = run.first + Math.floor(Math.max(first - start, 0) / count);
    const end = Math.min(run.stop, run.first + Math.ceil((stop - start) / count));
    for await (const {bytes, first: record, n} of recordsOf(file, header, begin, end))
      for (let i = 0; i < n; i += 1)
        put(read, start + (record + i - run.first) * count - first, bytes, i * header.record + signal.at, signal, gain, offset);
  }
  return read;
}
// The samples of a data record, from a place of a stretch on.
/** @param {Float64Array} read @param {number} to @param {Uint8Array} bytes @param {number} at @param {EdfSignal} signal @param {number} gain @param {number} offset */
function put(read, to, bytes, at, {count, bytes: wide}, gain, offset) {
  for (let i = Math.max(-to, 0); i < Math.min(count, read.length - to); i += 1) {
    const place = at + wide * i, low = bytes[place] | bytes[place + 1] << 8;
    const digital = wide === 2 ? low << 16 >> 16 : (low | bytes[place + 2] << 16) << 8 >> 8;
    read[to + i] = (digital + offset) * gain;
  }
}
/** @param {EdfHeader} header @param {EdfSignal} signal */
function scaleOf({name}, {label, limits: [low, high, lowest, highest]}) {
  const gain = (high - low) / (highest - lowest), offset = high / gain - highest;
  if (!Number.isFinite(gain) || !Number.isFinite(offset))
    refuse(`Lead “${label}” of ${name} has no unit that can be used: its header must give two different limits of it, and of its counts.`);
  return {gain, offset};
}
