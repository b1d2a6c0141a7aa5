// Labels above all leads on paper, as report/_paper.py places them: they follow what a reader says.
const LEFT = 10, HALF = 2;  // In mm: where signals begin, and half of a label
function drawOnPaper() {
  for (const group of document.querySelectorAll("[data-start]")) {
    const [start, stop, y] = ["start", "stop", "y"].map((name) => Number(group.dataset[name]));
    const last = LEFT + SPEED * (stop - start) - HALF;
    const beats = beatsOf({start, stop, signals: [], beats: foundBetween(start, stop)});
    group.replaceChildren(...beats.map((beat) => element("text", {class: `beat ${colourOf(labelOf(beat))}`,
      x: Math.min(LEFT + SPEED * (beat[1] - start), last).toFixed(2), y}, labelOf(beat))));
  }
}
