// The way to a time, and to the next of a kind: labels but the usual one, and episodes.
const DAY = 86400;
const TYPED = /^\s*(?:(\d+ [a-z]{3})\w*,?\s+)?(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?\s*$/i;

// All moments that a text may mean: by the clock of any day, or of the date before it.
/** @param {string} text */
function timesIn(text) {
  const [found, date, ...parts] = TYPED.exec(text) ?? [], [h, m, s] = parts.map((each) => Number(each ?? 0));
  if (!found || data.clock && h > 23 || date && !data.clock?.isLong) return [];
  const seconds = 3600 * h + 60 * m + s;
  if (!data.clock) return [seconds];
  const first = ((seconds - data.clock.begin) % DAY + DAY) % DAY;
  const all = Array.from({length: Math.ceil(data.stop / DAY)}, (_, day) => first + DAY * day);
  return date ? all.filter((time) => clock(time).toLowerCase().startsWith(`${date.toLowerCase()} `)) : all;
}
// Of these the next that comes in the page, else the first.
/** @param {string} text @param {number} now */
function timeIn(text, now) {
  const times = timesIn(text).filter((time) => data.start <= time && time <= data.stop);
  return times.find((time) => time >= now) ?? times[0];
}
function goToTime() {
  const text = by("time").value.trim(), time = timeIn(text, soughtAt);
  if (time !== undefined) visit(time).then(focusBeat);
  else if (text) {
    note = `No time of this recording: ${text}. Type hours:minutes from ${clock(data.start)} to ${clock(data.stop)}.`;
    draw();
  }
}

/** @param {string} label @param {number} now @param {1 | -1} by_ */
function nextBeat(label, now, by_) {
  const {samples} = beatTable;
  let place = by_ > 0 ? placeOf(now * data.rate + 1) : placeOf(now * data.rate - .5) - 1;
  while (place >= 0 && place < samples.length && labelOf(beatAt(place)) !== label) place += by_;
  return samples[place] === undefined ? undefined : samples[place] / data.rate;
}
const startsOf = (kind) => episodes.filter((each) => each.kind === kind).map(({start}) => start);
const addedOf = (label) => rowsOf("added").filter((row) => row.label === label).map(({time}) => time);
function seek(by_) {
  const [what, ...words] = by("kind").value.split(" "), kind = words.join(" "), now = soughtAt;
  const times = what === "beat" ? [nextBeat(kind, now, by_) ?? now, ...addedOf(kind)] : startsOf(kind);
  const left = times.filter((time) => by_ * (time - now) > 5e-4);
  if (left.length) { visit(by_ > 0 ? Math.min(...left) : Math.max(...left)); return; }
  note = `There is no ${by_ > 0 ? "later" : "earlier"} ${kind}.`;
  draw();
}

// Beats whose label a reader has, or a stretch; others are as they were found.
function beatsSaid() {
  const rows = [...said.values()].filter(({what}) => ["beat", "stretch"].includes(what));
  const beats = rows.flatMap(({sample, stop}) => foundBetween((sample - .5) / data.rate, ((stop || sample) + .5) / data.rate));
  return new Map(beats.map((beat) => [beat[0], beat])).values();
}
function countsNow() {
  const counts = new Map(), count = (label, n) => counts.set(label, (counts.get(label) ?? 0) + n);
  for (let place = 0; place < beatTable.samples.length; place += 1) count(foundOf(beatAt(place)), 1);
  for (const beat of beatsSaid()) { count(foundOf(beat), -1); count(labelOf(beat), 1); }
  for (const {label} of rowsOf("added")) count(label, 1);
  return counts;
}
function fillKinds() {
  const counts = countsNow(), select = by("kind"), chosen = select.value;
  const option = (value, textContent) => Object.assign(document.createElement("option"), {value, textContent});
  const labels = [...new Set([...data.labels, ...counts.keys()])].filter((label) => label !== usual() && counts.get(label));
  select.replaceChildren(
    ...labels.map((label) => option(`beat ${label}`, `${label}: ${several(counts.get(label), "beat", "beats")}`)),
    ...data.episodes.names.map((kind) => option(`episode ${kind}`, `${kind}: ${startsOf(kind).length.toLocaleString("en")}`)));
  if ([...select.options].some(({value}) => value === chosen)) select.value = chosen;
  by("seek").hidden = !select.options.length;
}

function openSeeking() {
  by("earlier").addEventListener("click", () => seek(-1));
  by("later").addEventListener("click", () => seek(1));
  by("going").addEventListener("submit", (event) => { event.preventDefault(); goToTime(); });
}
