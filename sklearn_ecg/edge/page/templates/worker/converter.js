// What a device's converter reads of a signal at another rate, piece by piece, as edge/_chain_engine.py does.
const LOWEST = -32768, HIGHEST = 32767;

class Converter {
  /** @param {number} from @param {number} to @param {number} gain Counts per millivolt */
  constructor(from, to, gain) {
    const {up, down} = ratioOf(to, from);
    this.up = up; this.down = down; this.gain = gain;
    this.isAlike = up === down;
    this.half = HALF_LENGTH * Math.max(up, down);
    this.reach = this.isAlike ? 2 : Math.ceil(this.half / up) + 2;
    this.taps = this.isAlike ? new Float64Array(1) : lowPassOf(up, down);
    this.samples = new Float64Array(1 << 16); this.missing = new Uint8Array(1 << 16);
    this.start = 0; this.end = 0;  // The first sample that is remembered, and the one past the last
    this.last = NaN;  // The last valid sample
    this.nRead = 0;
  }
  // Takes samples in mV, NaN where one is missing; returns the counts that are certain now.
  /** @param {Float64Array} samples */
  push(samples) {
    this.remember(samples);
    const known = this.end - 1 - (this.isAlike ? 0 : this.reach);
    return this.read(known >= 0 ? Math.floor(known * this.up / this.down) + 1 : 0);
  }
  finish() { return this.read(Math.ceil(this.end * this.up / this.down)); }

  // Holds the last valid sample; the first one stands for all before it.
  /** @param {Float64Array} samples */
  remember(samples) {
    this.makeRoom(samples.length);
    const base = this.end - this.start, {samples: held, missing} = this;
    let {last} = this;
    for (let i = 0; i < samples.length; i += 1) {
      const sample = samples[i], isMissing = Number.isNaN(sample);
      if (!isMissing) {
        if (Number.isNaN(last)) held.fill(sample, 0, base + i);
        last = sample;
      }
      held[base + i] = Number.isNaN(last) ? 0 : last;
      missing[base + i] = isMissing ? 1 : 0;
    }
    this.last = last; this.end += samples.length;
  }
  /** @param {number} n */
  makeRoom(n) {
    const first = Math.max(Math.floor(this.nRead * this.down / this.up) - this.reach, this.start);
    const kept = this.end - first, shift = first - this.start;
    let {samples, missing} = this;
    if (kept + n > samples.length) {
      samples = new Float64Array(2 * (kept + n)); missing = new Uint8Array(2 * (kept + n));
    }
    samples.set(this.samples.subarray(shift, shift + kept));
    missing.set(this.missing.subarray(shift, shift + kept));
    this.samples = samples; this.missing = missing; this.start = first;
  }
  /** @param {number} stop */
  read(stop) {
    const n = Math.max(stop - this.nRead, 0), counts = new Int16Array(n), off = new Uint8Array(n);
    for (let i = 0; i < n; i += 1) {
      const at = this.nRead + i, value = this.isAlike ? this.samples[at - this.start] : this.filtered(at);
      counts[i] = Math.min(Math.max(Math.floor(value * this.gain + .5), LOWEST), HIGHEST);
      const place = Math.floor((2 * this.down * at + this.up) / (2 * this.up));
      off[i] = this.missing[Math.min(place, this.end - 1) - this.start];
    }
    this.nRead += n;
    return {counts, off};
  }
  // Past both ends, the signal goes on as it begins and ends.
  /** @param {number} at */
  filtered(at) {
    const {up, half, taps, samples, start} = this, centre = at * this.down, last = this.end - 1;
    const first = Math.ceil((centre - half) / up), past = Math.floor((centre + half) / up);
    let tap = centre + half - first * up, sum = 0;
    if (first >= 0 && past <= last) {
      for (let i = first - start; tap >= 0; i += 1, tap -= up) sum += samples[i] * taps[tap];
      return sum;
    }
    for (let i = first; tap >= 0; i += 1, tap -= up)
      sum += samples[Math.min(Math.max(i, 0), last) - start] * taps[tap];
    return sum;
  }
}
