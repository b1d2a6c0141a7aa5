// What was found, as files: WFDB annotations, and a table.
const CODES = {N: 1, L: 2, R: 3, a: 4, V: 5, F: 6, J: 7, A: 8, S: 9, E: 10, j: 11, "/": 12, Q: 13, "|": 16, n: 35, B: 25, e: 34, f: 38, r: 41, "?": 30};
const NOTE = 22, SKIP = 59, AUX = 63, FARTHEST = 1023, NO_BEAT = "O", ARTEFACT = "|";

/** @param {string} label */
const codeOf = (label) => CODES[label === NO_BEAT ? ARTEFACT : label];
/** @param {Beats} beats */
const hasCodes = ({counts}) => Object.keys(counts).every((label) => codeOf(label) !== undefined);
// As WFDB has them: a note of the rate, then words of a code and an interval.
/** @param {Beats} beats */
function annotationBytes({all, rate}) {
  /** @type {number[]} */
  const bytes = [], word = (/** @type {number} */ value) => bytes.push(value & 255, value >> 8 & 255);
  if (all.length) {
    const note = `## time resolution: ${rate}`;
    word(NOTE << 10); bytes.push(note.length, AUX << 2, ...new TextEncoder().encode(note), ...note.length % 2 ? [0] : []);
    bytes.push(0, SKIP << 2, 255, 255, 255, 255, 1, 0);
  }
  let last = 0;
  for (const {sample, label} of all) {
    const step = sample - last, isFar = step > FARTHEST;
    if (isFar) { word(SKIP << 10); word(step >> 16); word(step & 0xFFFF); }
    word(codeOf(label) << 10 | (isFar ? 0 : step));
    last = sample;
  }
  word(0);
  return Uint8Array.from(bytes);
}
/** @param {Beats} beats */
function tableOf({all}) {
  const rows = all.map(({time, sample, label, rr, margin, flags}) =>
    [time, sample, label, rr ? rr / 1000 : "", flags & (LATE | LEAD_OFF) ? "no signal" : "good", margin, flags].join(","));
  return ["time,sample,label,rr_prev,quality,margin,flags", ...rows].join("\n") + "\n";
}
/** @param {BlobPart} content @param {string} name */
function saveAs(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], {type: "application/octet-stream"}));
  link.download = name.replaceAll(/[^\w.-]/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
