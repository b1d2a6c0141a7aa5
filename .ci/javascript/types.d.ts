// Types of what the scripts of the report page share, for tsc; nothing of it is in a page.

/** Sample, time in seconds, label, share of the label ("" and null of one added), and the cell that answers move. */
type Beat = [sample: number, time: number, label: string, share: number | null, cell?: number];

/** A lead of a strip. */
interface Signal {
  rate: number; // In Hz, as it is drawn
  n?: number; // Samples, before they are read
  values: (number | null)[]; // In 1/200 mV, null where there is none
}
interface Strip {
  start: number; // In seconds
  stop: number;
  signals: Signal[]; // Of each lead
  odd?: number; // The sample of the beat that it is shown for
  told?: { title: string; at: number }[]; // What the summary tells of it
  isCoarse?: boolean; // Of the samples of the full disclosure
  beats: Beat[];
}

/** A lead for an hour, before its samples are read. */
interface HourOfLead {
  rate: number; // In Hz
  steps: number[]; // Of each minute, in microvolts
  gaps: [number, number][]; // Samples that are missing, from the first up to another
  tall: number; // How tall its beats are, in microvolts
}
interface Episode {
  kind: string;
  start: number; // In seconds
  stop: number;
}

/** What a reader said, as a row of the saved file. */
interface Row {
  sample: number;
  stop: any; // The last sample of a stretch, else ""
  time: number;
  before: string;
  label: string;
  what: string; // "beat", "added", "stretch", "template" or "skipped"
  who: string;
  when: string;
  isMine?: boolean; // Said in this browser
}
type Key = Pick<Row, "what" | "sample" | "stop">;

/** A beat to ask about. */
interface Shown {
  sample: number;
  time: number;
  cell: number;
  strip: Strip;
}

/** Templates, and the cells that their beats fall into. */
interface Groups {
  kernel: number[][]; // Covariance of the logits of templates
  n_beats: number[]; // Of each template
  logits: number[][]; // Of each template
  template_of: number[]; // Of each cell
  cell_logits: number[][];
  shown: Shown[][]; // Of each template
}

interface Questions extends Groups {
  classes: string[]; // In the order of logits
  cell_counts: number[];
  cell_labels: string[];
  shapes: number[][]; // Of each template, in mV
  answers: { sample: number; label: string }[]; // Given before
  counts: Record<string, number>; // Of beats, by label
  areOwn?: boolean; // Made by the page, which saves what answers are carried to
}

/** A beat that was asked about, and the place of its label; undefined where it couldn't be told. */
interface Step {
  sample: number;
  cell: number;
  label: any; // A number, or undefined
}
interface Answer {
  template: number;
  cell: number;
  label: number;
  isFirst?: boolean; // About its template
}

/** What is known after some steps. */
interface Known {
  answers: Answer[];
  opinion: number[][]; // Logits of cells
  likely: number[][]; // Probabilities of cells
  template: number | null; // To be asked about next; null if all is asked
  beat: Shown | null; // Of it
  named: Map<number, string>; // Labels of beats that were answered, by sample
  labels: string[]; // Of cells
}

interface Page {
  recording: string;
  fingerprint: string;
  rate: number;
  near: number; // In seconds
  apart: number; // In seconds
  labels: string[];
  duration: number; // In seconds, of the recording
  start: number; // In seconds, of the page
  stop: number;
  clock: { begin: number; date: [number, number, number]; isLong: boolean } | null;
  leads: string[];
  strips: Strip[]; // Beats to look at
  found: Strip[]; // What the summary tells of
  samples: string; // Of all strips, packed, as are the next two
  missing: number; // What stands where a sample is missing
  beats: { names: string[]; samples: string; labels: string; sure: string; cells: string };
  episodes: { names: string[]; kinds: string; starts: string; lengths: string };
  hours: HourOfLead[][]; // Of each hour, each lead
  constants: Record<string, number>; // Of what answers say
  questions: Questions; // null if nothing is asked: what needs them is called only if they are there
}

/** Where time and voltage stand in a drawing. */
interface View {
  width: number;
  start: number;
  seconds: number;
  height: number;
  ranges: { low: number; high: number }[]; // Of each lead
  lineTime: number;
  lineVoltage: number;
  x(time: number): number;
  t(x: number): number;
  y(value: number, lead: number): number;
}

type Vector = ArrayLike<number>;
type Matrix = ArrayLike<Vector>;

/** Elements by id that are more than any element is. */
interface ById {
  data: HTMLScriptElement & { textContent: string };
  who: HTMLInputElement;
  file: HTMLInputElement & { files: FileList };
  answered: HTMLProgressElement;
  doubtful: HTMLProgressElement;
  previous: HTMLButtonElement;
  next: HTMLButtonElement;
  end: HTMLButtonElement;
  noise: HTMLButtonElement;
  undo: HTMLButtonElement;
  "take-back": HTMLButtonElement;
  lorenz: HTMLCanvasElement;
  going: HTMLFormElement;
  time: HTMLInputElement;
  kind: HTMLSelectElement;
}
type By = <K extends string>(id: K) => K extends keyof ById ? ById[K] : HTMLElement;

// Selectors by an attribute or of buttons find what can be pressed.
interface ParentNode {
  querySelectorAll(selectors: `[data-${string}]` | `${string} button`): NodeListOf<HTMLButtonElement>;
  querySelector(selectors: `[${string}]`): HTMLElement | null;
}
interface Element {
  closest(selectors: `[${string}]`): HTMLElement | null;
  setAttribute(name: string, value: boolean | number): void;
}
interface UIEvent {
  readonly target: HTMLElement;
}
