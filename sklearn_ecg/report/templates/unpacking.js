// What a page was made with, as report/_disclosure.py packs it.
const bytesOf = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
/** @param {string} text */
async function unpack(text) {
  const inflated = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const planes = new Uint8Array(await new Response(inflated).arrayBuffer()), n = planes.length / 4;
  const numbers = new Uint32Array(n);
  for (let i = 0; i < n; i += 1)
    numbers[i] = planes[i] + 256 * (planes[i + n] + 256 * (planes[i + 2 * n] + 256 * planes[i + 3 * n]));
  return numbers;
}
const unfold = (code) => code % 2 ? -(code + 1) / 2 : code / 2;
/** @param {ArrayLike<number>} steps */
function summed(steps) {
  let sum = 0;
  return Float64Array.from(steps, (step) => { sum += step; return sum; });
}

async function readDay() {
  const {names, ...packed} = data.beats, keys = Object.keys(packed);
  const unpacked = await Promise.all(keys.map((key) => unpack(packed[key])));
  keys.forEach((key, i) => { beatTable[key] = key === "samples" ? summed(unpacked[i]) : unpacked[i]; });
  const {names: kinds, kinds: codes, starts, lengths} = data.episodes;
  const [code, start, length] = await Promise.all([codes, starts, lengths].map(unpack));
  const begins = summed(start);
  for (let i = 0; i < code.length; i += 1)
    episodes.push({kind: kinds[code[i]], start: begins[i] / 1000, stop: (begins[i] + length[i]) / 1000});
}

// Strips whose samples and beats the page was made with, in the order of these.
/** @param {Strip[]} strips */
async function readStrips(strips) {
  const values = summed(Array.from(await unpack(data.samples), unfold));
  let first = 0;
  for (const here of strips) {
    here.beats = foundBetween(here.start, here.stop);
    for (const signal of here.signals) {
      const past = first + (signal.n ?? 0), own = Array.from(values.subarray(first, past));
      signal.values = own.map((value) => value === data.missing ? null : value);
      first = past;
    }
  }
}

// A lead for an hour in millivolts, NaN where there is no signal.
/** @param {HourOfLead} fact @param {Uint32Array} codes */
function signalOf({rate, steps, gaps}, codes) {
  const values = new Float32Array(codes.length);
  let sum = 0, minute = 0, edge = 0;
  for (let i = 0; i < codes.length; i += 1) {
    if (i === edge) { sum = 0; minute += 1; edge = Math.floor(minute * MINUTE * rate); }
    sum += unfold(codes[i]);
    values[i] = sum * steps[minute - 1] / 1000;
  }
  for (const [first, past] of gaps) values.fill(NaN, first, past);
  return values;
}
/** @param {number} hour @returns {Promise<Float32Array[]>} */
async function readHour(hour) {
  const texts = by(`hour-${hour}`).textContent.trim().split("\n");
  const codes = await Promise.all(texts.map(unpack));
  return codes.map((each, lead) => signalOf(data.hours[hour][lead], each));
}
