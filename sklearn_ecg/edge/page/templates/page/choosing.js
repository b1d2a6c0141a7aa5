// Files are dropped or chosen; which lead is read is said, and can be changed.
/** @type {File[]} */
let files = [];
/** @type {Opened | null} */
let opened = null;
/** @type {Course | null} */
let course = null;
/** @type {(progress: Progress) => void} */
let onProgress = () => {};
let turn = 0;  // Of what is opened or labelled; what belongs to another is forgotten

function forget() {
  turn += 1; labelled = null; opened = null; course = null;
  call("stop");
  for (const id of ["labelling", "result", "options"]) by(id).hidden = true;
  by("strips").srcdoc = "";
  tellWrong(""); announce("told", "");
}
/** @param {Iterable<File>} chosen @param {number} [rate] */
async function openRecording(chosen, rate) {
  const given = [...chosen];
  if (!given.length) return;
  forget();
  files = given;
  const own = turn;
  announce("told", `Opening ${files.map(({name}) => name).join(", ")} …`);
  try {
    const answer = await call("open", files, facts.wanted, rate);
    if (own !== turn) return;
    opened = answer;
    fillOptions(answer);
    if (answer.needsRate) announce("told", "The file does not say how many samples a second it has: type it, then press Label.");
    else if (answer.place < 0) announce("told", "No lead is an ECG by its name, or else by its unit and rate: choose one, then press Label.");
    else await label(answer.place, answer.why);
  } catch (error) {
    giveUp(own, error);
  }
}
/** @param {number} own @param {Error} error */
function giveUp(own, {message}) {
  if (own !== turn) return;
  by("labelling").hidden = true;
  announce("told", ""); tellWrong(message);
}
/** @param {Opened} answer */
function fillOptions({leads, place, needsRate}) {
  by("options").hidden = false;
  by("lead").replaceChildren(...leads.map(({name, rate, unit}, i) =>
    Object.assign(document.createElement("option"), {value: String(i), textContent: `${name} (${unit || "no unit"}${rate ? `, ${Number(rate.toFixed(3))} Hz` : ""})`})));
  by("lead").value = String(Math.max(place, 0));
  by("of-rate").hidden = !needsRate;
}
/** @param {number} place @param {string} why */
async function label(place, why) {
  if (!opened) return;
  turn += 1;
  const own = turn, lead = opened.leads[place], duration = lead.n / lead.rate, began = performance.now();
  const rate = Math.max(...opened.leads.map((one) => one.rate)), length = Math.max(...opened.leads.map((one) => one.n / one.rate));
  const beats = new Beats(rate, Math.round(length * rate)), talls = [];
  course = new Course(duration);
  begin();
  announce("told", [`${opened.format}, ${asClock(duration)}. Read is lead ${lead.name} at ${Number(lead.rate.toFixed(3))} samples a second: ${why}.`,
    lead.rate === facts.rate ? "" : `It is resampled to the ${facts.rate} of the chain.`, ...opened.notes].filter(Boolean).join(" "));
  onProgress = (progress) => { if (own === turn) take(progress, lead, beats, talls); };
  const isDone = await call("label", place, moduleBytes, facts.rate, facts.gain).catch((error) => { giveUp(own, error); });
  if (isDone && own === turn) finish({opened, lead, place, beats, duration: length, names: [...facts.labels, facts.unclassified], tall: middleOf(talls)}, began);
}
function begin() {
  tellWrong("");
  by("result").hidden = true; by("labelling").hidden = false; by("stop").hidden = false;
  by("done").value = 0;
}
/** @param {Progress} progress @param {StoredLead} lead @param {Beats} beats @param {number[]} talls */
function take({events, done, shown, tall}, lead, beats, talls) {
  const before = beats.all.length;
  for (const each of events) beats.add(each);
  for (let i = before; i < beats.all.length; i += 1) course?.add(beats.all[i]);
  if (tall !== undefined) talls.push(tall);
  by("done").value = done / lead.n;
  by("how-far").textContent = `${asClock(done / lead.rate)} of ${asClock(lead.n / lead.rate)}, ${several(beats.all.length, "beat", "beats")}`;
  if (!shown) return;
  const recent = beats.all.slice(-LIVE_SECONDS * 6).filter(({time}) => time * lead.rate >= done - shown.length);
  showLatest({values: shown, stop: done, rate: lead.rate, beats: recent.map((beat) => ({...beat, sample: beat.time * lead.rate}))});
  drawCourseSoon();
}
let isCourseDue = false;
function drawCourseSoon() {
  if (isCourseDue) return;
  isCourseDue = true;
  requestAnimationFrame(() => { isCourseDue = false; redrawCourse(); });
}
/** @param {Labelled} done @param {number} began */
function finish(done, began) {
  by("stop").hidden = true;
  by("how-far").textContent += `, in ${((performance.now() - began) / 1000).toFixed(1)} s.`;
  redrawCourse();
  showResults(done);
  announce("said", `${by("summary").textContent}`);
}

by("pick").addEventListener("click", () => by("files").click());
by("files").addEventListener("change", () => { openRecording(by("files").files); by("files").value = ""; });
by("sample").addEventListener("click", () => openRecording(syntheticFiles()));
by("stop").addEventListener("click", () => { forget(); announce("told", "Stopped."); });
by("options").addEventListener("submit", (event) => {
  event.preventDefault();
  const rate = Number(by("rate").value), place = Number(by("lead").value);
  if (!by("of-rate").hidden && !(rate > 0)) { tellWrong("Samples a second: a number above 0."); return; }
  if (!by("of-rate").hidden) { openRecording(files, rate); return; }
  label(place, "it was chosen");
});
for (const name of ["dragenter", "dragover"])
  addEventListener(name, (event) => { event.preventDefault(); by("drop").classList.add("over"); });
addEventListener("dragleave", () => by("drop").classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  by("drop").classList.remove("over");
  openRecording(/** @type {DragEvent} */ (event).dataTransfer?.files ?? []);
});
document.body.dataset.ready = "yes";
if (location.hash === "#synthetic") openRecording(syntheticFiles());
