// Files, read in pieces: a day takes no more memory than an hour.
const PIECE = 1 << 22;
/** @param {string} text @returns {never} */
function refuse(text) { throw new Error(text); }

/** @param {Blob} file @param {number} from @param {number} to */
const bytesBetween = async (file, from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer());
/** @param {Uint8Array} bytes */
const latin = (bytes) => new TextDecoder("latin1").decode(bytes);
/** @param {string} name */
const stemOf = (name) => name.replace(/\.[^.]*$/, "");
// Names that are there twice get numbers.
/** @param {string[]} names */
function numbered(names) {
  const seen = new Map();
  return names.map((name) => {
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return names.filter((each) => each === name).length > 1 ? `${name} (${seen.get(name)})` : name;
  });
}
