// The beats of a recording, as the chain finds them, and as Python's annotate counts them.
const LEAD_OFF = 1, LATE = 64, UNIT_OF_MARGIN = 256;
const WORDS = 7, BEAT = 0, OVER = 2;  // Of an event, of which the last says what it is

// To the nearest whole number, of two the even one, as numpy rounds.
/** @param {number} value */
function rounded(value) {
  const low = Math.floor(value), part = value - low;
  if (part === .5) return low % 2 ? low + 1 : low;
  return part < .5 ? low : low + 1;
}
class Beats {
  /** @param {number} rate Of the recording @param {number} n Its samples */
  constructor(rate, n) {
    this.rate = rate; this.n = n;
    /** @type {FoundBeat[]} */
    this.all = [];
    /** @type {FoundEpisode[]} */
    this.episodes = [];  // That are over
    /** @type {Record<string, number>} */
    this.counts = {};
  }
  /** @param {Uint32Array} events */
  add(events) {
    for (let i = 0; i < events.length; i += WORDS) {
      const what = events[i + WORDS - 1], words = events.subarray(i, i + WORDS);
      if (what === BEAT) this.addBeat(words);
      else if (what === OVER) this.episodes.push(episodeOf(words));
    }
  }
  /** @param {Uint32Array} words */
  addBeat([at, code, margin, rr, flags]) {
    const time = at / facts.rate, label = facts.labels[code] ?? facts.unclassified;
    this.all.push({sample: Math.min(rounded(time * this.rate), this.n - 1), time, label, margin, rr, flags});
    this.counts[label] = (this.counts[label] ?? 0) + 1;
  }
  // In beats a minute, by the middle one of all intervals.
  rateOfHeart() {
    const all = this.all.map(({rr}) => rr).filter(Boolean).sort((a, b) => a - b);
    return all.length ? Math.round(60000 / all[all.length >> 1]) : NaN;
  }
}
