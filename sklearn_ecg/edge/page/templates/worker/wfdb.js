// WFDB records of one segment, in the formats 16 and 212: a header, and a file of samples beside it.
const MISSING_VALUE = {16: -32768, 212: -2048};
const USUAL_GAIN = 200;

/** @param {File} header @param {File[]} files @returns {Promise<Reader>} */
async function openWfdb(header, files) {
  const lines = (await header.text()).split(/\r?\n/).filter((line) => line.trim() && !line.startsWith("#"));
  const [record, nSignals, frequency = "250", length = "0", time, date] = (lines[0] ?? "").trim().split(/\s+/);
  const rate = parseFloat(frequency);
  if (record?.includes("/")) refuse(`${header.name} is of several segments. Choose one of them, or read it in Python.`);
  if (!(Number(nSignals) >= 1) || !(rate > 0) || lines.length < Number(nSignals) + 1)
    refuse(`${header.name} is damaged, or no header of a WFDB record with signals.`);
  const signals = lines.slice(1, Number(nSignals) + 1).map((line) => signalOf(line, header.name));
  const frame = frameOf(signals, header.name, files);
  const nFrames = Number(length) || frame.n;
  if (frame.n < nFrames) refuse(`${frame.file.name} is cut off: ${header.name} announces ${nFrames} samples of each lead, and ${frame.n} are there.`);
  const names = numbered(signals.map(({name}) => name));
  const leads = signals.map((one, place) => ({name: names[place], rate: rate * one.times, n: nFrames * one.times, unit: one.unit}));
  return {name: stemOf(header.name), format: "WFDB", leads, notes: [], startTime: timeOf(time, date),
    read: (place, first, stop) => readWfdb(frame, signals[place], first, stop)};
}
/** @param {string} line @param {string} header @returns {WfdbSignal} */
function signalOf(line, header) {
  const [file, format, gain = "", , zero = "0", , , , ...name] = line.trim().split(/\s+/);
  const found = /^(\d+)(?:x(\d+))?(:\d+)?(?:\+(\d+))?$/.exec(format ?? "");
  const [, kind, times, skew, offset] = found ?? [];
  if (!(kind in MISSING_VALUE) || skew && skew !== ":0")
    refuse(`${header} names a signal of the format “${format}”; this page reads 16 and 212. Python reads all: sklearn_ecg.annotate.`);
  return {file, format: Number(kind), times: Number(times ?? 1), offset: Number(offset ?? 0), ...gainOf(gain, zero),
    name: name.join(" ") || "unnamed", at: 0};
}
// Counts a unit, and the count of nothing, which is the zero of the converter where no other is said.
/** @param {string} text @param {string} zero */
function gainOf(text, zero) {
  const [, gain, baseline, unit] = /^([\d.eE+-]+)?(?:\((-?\d+)\))?(?:\/(\S+))?$/.exec(text) ?? [];
  return {gain: Number(gain) || USUAL_GAIN, baseline: Number(baseline ?? zero), unit: unit ?? "mV"};
}
// All signals lie in one file, one sample of each after the other.
/** @param {WfdbSignal[]} signals @param {string} header @param {File[]} files @returns {Frame} */
function frameOf(signals, header, files) {
  const [{file: name, format, offset}] = signals, file = files.find((each) => each.name === name);
  if (signals.some((one) => one.file !== name || one.format !== format))
    refuse(`${header} names several files of samples; this page reads records of one. Python reads all: sklearn_ecg.annotate.`);
  if (!file) refuse(`${header} names ${name}: choose both files, or drop them together.`);
  let width = 0;
  for (const signal of signals) { signal.at = width; width += signal.times; }
  const nSamples = Math.floor((file.size - offset) / (format === 16 ? 2 : 1.5));
  return {file, format, offset, width, n: Math.floor(nSamples / width)};
}
/** @param {string} time @param {string} date @returns {number[] | null} */
function timeOf(time, date) {
  const clock = /^(\d+):(\d+):(\d+)/.exec(time ?? ""), day = /^(\d+)\/(\d+)\/(\d+)$/.exec(date ?? "");
  return clock && day ? [Number(day[3]), Number(day[2]), Number(day[1]), ...clock.slice(1).map(Number)] : null;
}

/** @param {Frame} frame @param {WfdbSignal} signal @param {number} first @param {number} stop */
async function readWfdb({file, format, offset, width}, signal, first, stop) {
  const read = new Float64Array(stop - first), {times, at, gain, baseline} = signal;
  const begin = Math.floor(first / times) * width, wide = format === 16 ? 2 : 1.5, even = begin - begin % 2;
  const bytes = await bytesBetween(file, offset + even * wide, offset + Math.ceil(stop / times) * width * wide + 2);
  const sampleAt = format === 16 ? sampleOf16 : sampleOf212;
  for (let i = first; i < stop; i += 1) {
    const digital = sampleAt(bytes, Math.floor(i / times) * width + at + i % times - even);
    read[i - first] = digital === MISSING_VALUE[format] ? NaN : (digital - baseline) / gain;
  }
  return read;
}
/** @param {Uint8Array} bytes @param {number} i */
const sampleOf16 = (bytes, i) => (bytes[2 * i] | bytes[2 * i + 1] << 8) << 16 >> 16;
// Two samples lie in three bytes.
/** @param {Uint8Array} bytes @param {number} i */
function sampleOf212(bytes, i) {
  const at = 3 * (i >> 1), middle = bytes[at + 1];
  const digital = i % 2 ? bytes[at + 2] | (middle & 0xF0) << 4 : bytes[at] | (middle & 0x0F) << 8;
  return digital << 20 >> 20;
}
