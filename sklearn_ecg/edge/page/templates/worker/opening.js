// Files that were chosen together, as one recording.
/** @param {File[]} files @param {number} [rate] @returns {Promise<Reader>} */
async function openFiles(files, rate) {
  const header = files.find(({name}) => /\.hea$/i.test(name));
  if (header) return openWfdb(header, files);
  const [file] = files;
  if (/\.dat$/i.test(file.name)) refuse(`${file.name} needs its header: choose ${stemOf(file.name)}.hea with it, or drop both together.`);
  if (files.length > 1) refuse("One recording at a time: choose one file, or the .hea and the .dat of a WFDB record.");
  if (!file.size) refuse(`${file.name} is empty.`);
  if (await isEdf(file)) return openEdf(file);
  if (/\.(csv|tsv|txt)$/i.test(file.name)) return openCsv(file, rate);
  return refuse(`${file.name} is none of the formats that this page reads: EDF, WFDB (a .hea and a .dat), CSV. Python reads more: sklearn_ecg.annotate.`);
}
