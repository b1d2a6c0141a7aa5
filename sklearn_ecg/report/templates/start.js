// The page begins once its beats are read.
async function begin() {
  await readDay();
  await readStrips([...data.strips, ...data.found, ...shown.map(({strip}) => strip)]);
  openReview(); openDisclosure(); openLorenz();
  if (location.hash === "#print") { drawPrinted(); if (by("lorenz")) drawLorenz(); }
  document.body.dataset.ready = "yes";
}
begin();
