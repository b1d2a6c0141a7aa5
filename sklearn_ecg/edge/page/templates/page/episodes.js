// Episodes of the rhythm, as the chain tells them, under the names that a report gives them.
/** @param {Uint32Array} words @returns {FoundEpisode} */
function episodeOf([code, first, last, n]) {
  const start = first / facts.rate, stop = last / facts.rate, kind = facts.kinds[code];
  return {kind, name: nameOfRun(kind, last > first ? 60 * (n - 1) / (stop - start) : NaN, stop - start), start, stop, n};
}
// Runs are called by their rate and duration, as rhythm.names_of does.
/** @param {string} kind @param {number} rate @param {number} seconds */
function nameOfRun(kind, rate, seconds) {
  const {fast, slow, sustained} = facts.runs;
  if (kind === "S run") return rate > fast ? "SVT" : kind;
  if (kind !== "V run") return kind;
  if (rate > fast) return seconds >= sustained ? "sustained VT" : "nonsustained VT";
  return rate > slow ? "accelerated idioventricular rhythm" : "idioventricular rhythm";
}
/** @param {FoundEpisode[]} episodes @param {number} duration */
function fillEpisodes(episodes, duration) {
  const names = [...new Set(episodes.map(({name}) => name))];
  by("rhythm").hidden = !facts.kinds.length;
  by("no-episodes").hidden = names.length > 0;
  by("episodes").replaceChildren(...names.map((name) => {
    const own = episodes.filter((each) => each.name === name), row = document.createElement("tr"), head = cell("th", name);
    const seconds = own.reduce((sum, {start, stop}) => sum + Math.min(stop, duration) - start, 0), first = document.createElement("td");
    head.setAttribute("scope", "row");
    first.append(momentOf(own[0].start, name));
    row.append(head, cell("td", own.length.toLocaleString("en")), cell("td", asClock(seconds)), first);
    return row;
  }));
}
// A moment that leads to its strip.
/** @param {number} time @param {string} name */
function momentOf(time, name) {
  const button = document.createElement("button");
  Object.assign(button, {type: "button", className: "at", textContent: asClock(time)});
  button.setAttribute("aria-label", `${name} at ${asClock(time)}: show its strip`);
  button.addEventListener("click", () => { visitMoment(time); by("strips").scrollIntoView(); });
  return button;
}
/** @param {number} time */
const visitMoment = (time) => /** @type {any} */ (by("strips").contentWindow).visitMoment(time);
