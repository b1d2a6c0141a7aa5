// A recording that is made up, for whoever has none at hand: normal, early and wide beats.
const SYNTHETIC = {rate: 360, seconds: 180, gain: 200};
// Of each wave: height in mV, width in seconds, and when it comes after the R peak.
const NORMAL = [[.12, .03, -.16], [1, .018, 0], [-.25, .018, .036], [.2, .07, .28]];
const WIDE = [[1.6, .05, 0], [-.4, .05, .1], [-.25, .09, .32]];

// Numbers that look random, the same each time.
/** @param {number} seed */
function chancesFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
/** @param {Float64Array} signal @param {number} at @param {number[][]} waves */
function addBeat(signal, at, waves) {
  const {rate} = SYNTHETIC;
  for (const [height, width, after] of waves) {
    const centre = at + after, first = Math.max(Math.floor((centre - 5 * width) * rate), 0);
    const past = Math.min(Math.ceil((centre + 5 * width) * rate), signal.length);
    for (let i = first; i < past; i += 1) signal[i] += height * Math.exp(-(((i / rate - centre) / width) ** 2));
  }
}
// A stretch of irregular beats without P waves is the middle third.
function syntheticSignal() {
  const {rate, seconds} = SYNTHETIC, chance = chancesFrom(5), signal = new Float64Array(rate * seconds);
  for (let i = 0; i < signal.length; i += 1) signal[i] = .08 * Math.sin(2 * Math.PI * .2 * i / rate) + .02 * (chance() - .5);
  for (let at = .6; at < seconds - 1;) {
    const isIrregular = at > seconds / 3 && at < 2 * seconds / 3, kind = chance();
    const isWide = !isIrregular && kind < .05, isEarly = isWide || !isIrregular && kind < .1;
    if (isEarly) at -= .28;
    addBeat(signal, at, isWide ? WIDE : isIrregular ? NORMAL.slice(1) : NORMAL);
    at += isIrregular ? .45 + .6 * chance() : (isEarly ? 1.1 : .8) + .04 * chance();
  }
  return signal;
}
/** @returns {File[]} */
function syntheticFiles() {
  const {rate, gain} = SYNTHETIC, samples = Int16Array.from(syntheticSignal(), (value) => Math.round(value * gain));
  const header = `synthetic 1 ${rate} ${samples.length}\nsynthetic.dat 16 ${gain}/mV 16 0 0 0 0 MLII\n`;
  return [new File([header], "synthetic.hea"), new File([samples], "synthetic.dat")];
}
