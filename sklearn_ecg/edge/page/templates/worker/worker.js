// Away from the page: reads a recording in pieces, labels it, and hands over stretches of it.
const SHORTEST = 20, LONGEST = 320;  // Seconds of pieces: the first is soon there, later ones are fewer
const EACH = 4;  // Samples are enough to tell how tall beats are
const LOUD = .995;  // Share of samples that are less far from their middle than a beat is tall
const SHOWN = 10;  // Seconds of the last of it that the page draws
/** @type {Reader | undefined} */
let reader;
let turn = 0;  // Of what is labelled; another stops it

/** @param {File[]} files @param {string[]} wanted @param {number} [rate] */
async function open(files, wanted, rate) {
  reader = undefined;
  const opened = await openFiles(files, rate);
  reader = opened;
  const {read, ...facts} = opened;
  return {...facts, ...choiceOf(opened.leads, wanted)};
}
/** @param {number} place @param {number} first @param {number} stop */
async function millivolts(place, first, stop) {
  if (!reader) return refuse("No recording is open.");
  const {n, unit} = reader.leads[place], from = Math.max(first, 0), to = Math.max(Math.min(stop, n), from);
  return toMillivolts(await reader.read(place, from, to), unit);
}

/** @param {number} place @param {Uint8Array<ArrayBuffer>} module @param {number} rate @param {number} gain */
async function label(place, module, rate, gain) {
  turn += 1;
  const own = turn, lead = reader?.leads[place] ?? refuse("No recording is open.");
  if (!isUsable(lead)) refuse(`The lead “${lead.name}” has ${lead.rate} samples a second; beats are found in ${USABLE[0]} to ${USABLE[1]}.`);
  const converter = new Converter(lead.rate, rate, gain), chain = await Chain.of(module);
  let seconds = SHORTEST;
  for (let first = 0, stop = 0; first < lead.n; first = stop) {
    stop = Math.min(first + Math.ceil(seconds * lead.rate), lead.n);
    seconds = Math.min(2 * seconds, LONGEST);
    const samples = await millivolts(place, first, stop);
    if (own !== turn) return false;
    const {counts, off} = converter.push(samples);
    const shown = samples.slice(-Math.round(SHOWN * lead.rate));
    tell({events: chain.push(counts, off), done: stop, shown, tall: tallOf(shown)});
  }
  const {counts, off} = converter.finish();
  tell({events: [...chain.push(counts, off), chain.finish()], done: lead.n});
  return true;
}
// How tall beats are, in microvolts: how far nearly all samples lie from their middle, at most.
/** @param {Float64Array} samples */
function tallOf(samples) {
  const known = samples.filter((value, i) => i % EACH === 0 && !Number.isNaN(value)).sort();
  const middle = known[known.length >> 1], far = known.map((value) => Math.abs(value - middle)).sort();
  return known.length ? Math.round(1000 * far[Math.floor(LOUD * far.length)]) : undefined;
}
/** @param {any} progress */
const tell = (progress) => postMessage({progress});

const DOES = {open, label, millivolts, group, stop: () => { turn += 1; }};
/** @param {MessageEvent} event */
async function answer({data: {id, does, given}}) {
  try {
    postMessage({id, answer: await DOES[does](...given)});
  } catch (error) {
    postMessage({id, error: error.message});
  }
}
addEventListener("message", answer);
