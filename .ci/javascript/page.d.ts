// Types of the page in which a chain labels recordings.

/** What the page was made with. */
interface Facts {
  rate: number; // Of the chain, in Hz
  gain: number; // Counts per mV
  wanted: string[]; // Leads, the first that there is
  labels: string[];
  unclassified: string;
  meanings: Record<string, string>;
  kinds: string[]; // Of episodes; none where the classes say nothing of the rhythm
  runs: { fast: number; slow: number; sustained: number }; // A minute, and seconds
  fingerprint: string;
  apart: number; // In seconds
  near: number;
  constants: Record<string, number>;
  grouping: GroupingFacts;
}
interface FoundBeat {
  sample: number; // Of the recording
  time: number; // In seconds
  label: string;
  margin: number;
  rr: number; // In ms, 0 if not known
  flags: number;
}
interface FoundEpisode {
  kind: string;
  name: string; // For people
  start: number; // In seconds
  stop: number;
  n: number; // Beats
}
interface Opened extends Recording {
  place: number; // Of the lead that is read, -1 if none is an ECG
  why: string;
}
interface Seen {
  values: Float64Array; // In mV
  stop: number; // The sample past the last
  rate: number;
  beats: FoundBeat[];
}
interface Labelled {
  opened: Opened;
  lead: StoredLead;
  place: number;
  beats: Beats;
  duration: number; // In seconds
  names: string[];
  tall: number; // In microvolts
}
interface PageElements {
  facts: HTMLElement & { textContent: string };
  module: HTMLElement & { textContent: string };
  worker: HTMLElement & { textContent: string };
  frame: HTMLElement & { textContent: string };
  files: HTMLInputElement & { files: FileList };
  rate: HTMLInputElement;
  lead: HTMLSelectElement;
  done: HTMLProgressElement;
  live: HTMLCanvasElement;
  course: HTMLCanvasElement;
  strips: HTMLIFrameElement;
  options: HTMLFormElement;
  "save-atr": HTMLButtonElement;
}
type ByOfPage = <K extends string>(id: K) => K extends keyof PageElements ? PageElements[K] : HTMLElement;
