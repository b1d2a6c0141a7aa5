// The chain's own C: samples go into the memory of its module, and events come out of it.
const WORDS = 7;  // Of an event

class Chain {
  /** @param {WebAssembly.Instance} instance */
  constructor({exports}) {
    this.exports = /** @type {ModuleOfChain} */ (/** @type {any} */ (exports));
    this.most = this.exports.most_samples();
    this.exports.begin();
  }
  /** @param {Uint8Array<ArrayBuffer>} bytes */
  static async of(bytes) { return new Chain((await WebAssembly.instantiate(bytes)).instance); }

  /** @param {Int16Array} counts @param {Uint8Array} off @returns {Uint32Array[]} */
  push(counts, off) {
    const {memory, samples_at: samplesAt, lead_off_at: leadOffAt} = this.exports, found = [];
    const samples = new Int16Array(memory.buffer, samplesAt(), this.most);
    const leadOff = new Uint8Array(memory.buffer, leadOffAt(), this.most);
    for (let first = 0; first < counts.length; first += this.most) {
      const piece = counts.subarray(first, first + this.most);
      samples.set(piece); leadOff.set(off.subarray(first, first + this.most));
      found.push(this.events(this.exports.push(piece.length)));
    }
    return found;
  }
  finish() { return this.events(this.exports.finish()); }
  /** @param {number} n */
  events(n) { return new Uint32Array(this.exports.memory.buffer, this.exports.events_at(), WORDS * n).slice(); }
}
