"use strict";
/** @type {ByOfPage} */
const by = (id) => /** @type {any} */ (document.getElementById(id));
/** @type {Facts} */
const facts = JSON.parse(by("facts").textContent);
const moduleBytes = Uint8Array.from(atob(by("module").textContent.trim()), (each) => each.charCodeAt(0));

// The worker reads and labels, so that the page answers meanwhile.
const source = new Blob([JSON.parse(by("worker").textContent)], {type: "text/javascript"});
const worker = new Worker(URL.createObjectURL(source));
const waiting = new Map();
let lastCall = 0;

/** @param {string} does @param {any[]} given @returns {Promise<any>} */
function call(does, ...given) {
  lastCall += 1;
  worker.postMessage({id: lastCall, does, given});
  return new Promise((resolve, reject) => { waiting.set(lastCall, {resolve, reject}); });
}
worker.addEventListener("message", ({data: {id, answer, error, progress}}) => {
  if (progress) { onProgress(progress); return; }
  const {resolve, reject} = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) resolve(answer); else reject(new Error(error));
});
worker.addEventListener("error", ({message}) => tellWrong(`This browser cannot run the page's worker: ${message}. Use Chrome or Edge 103, Firefox 113, Safari 16.4, or later.`));

/** @param {string} id @param {string} text */
function announce(id, text) {
  if (by(id).textContent !== text) by(id).textContent = text;
}
/** @param {string} text */
function tellWrong(text) {
  by("wrong").hidden = !text;
  announce("wrong", text);
}
/** @param {number} n */
const two = (n) => String(n).padStart(2, "0");
/** @param {number} seconds */
const asClock = (seconds) => `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(Math.floor(seconds % 60))}`;
/** @param {number} n @param {string} one @param {string} many */
const several = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
