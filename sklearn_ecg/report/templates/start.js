// The page begins once its beats are read.
async function begin() {
  await readDay();
  await readStrips([...data.strips, ...data.found, ...shown.map(({strip}) => strip)]);
  openReview(); openDisclosure(); openLorenz();
  if (location.hash === "#print") toPaper(true);
}
// Without strips, nothing can be pressed; the figures are there.
/** @param {Error} error */
function giveUp({message}) {
  const text = "This browser cannot unpack beats and signals; the figures and tables below hold. " +
    `Open the page in Chrome or Edge 103, Firefox 113, Safari 16.4, or later. (${message})`;
  document.querySelector("header")?.append(Object.assign(document.createElement("p"), {className: "warning", role: "alert", textContent: text}));
  for (const each of document.querySelectorAll("main button")) each.disabled = true;
}
begin().catch(giveUp).then(() => { document.body.dataset.ready = "yes"; });
