// Types of recordings, which the worker of the page reads and the page shows.

interface StoredLead {
  name: string;
  rate: number; // In Hz; 0 if the file doesn't say it
  n: number; // Samples
  unit: string;
}
interface Recording {
  name: string;
  format: string;
  leads: StoredLead[];
  startTime: number[] | null; // Year, month, day, hour, minute, second
  notes: string[];
  needsRate?: boolean;
}
interface Reader extends Recording {
  /** Samples of a lead in its own unit, NaN where one is missing. */
  read(place: number, first: number, stop: number): Promise<Float64Array>;
}
interface Progress {
  events: Uint32Array[];
  done: number; // Samples that are read
  shown?: Float64Array; // The last of them, in mV
  tall?: number; // How tall beats are there, in microvolts
}

/** Data records that follow one another without a gap. */
interface Run {
  first: number;
  stop: number;
  start: number; // In seconds
}
interface EdfSignal {
  label: string;
  unit: string;
  count: number; // Samples in a data record
  bytes: number; // Of a sample
  at: number; // In a data record, in bytes
  limits: number[]; // Lowest and highest, in its unit and in counts
}
interface EdfHeader {
  name: string;
  bytes: number; // Of a sample
  size: number; // In bytes
  n: number; // Data records
  record: number; // Bytes of one
  seconds: number; // Of one
  isBroken: boolean; // Whether there may be gaps
  signals: EdfSignal[];
  times: EdfSignal | undefined; // Says when data records began
  startTime: number[] | null;
}
interface WfdbSignal {
  file: string;
  format: number;
  times: number; // Samples in a frame
  offset: number; // Bytes before the first sample
  gain: number;
  baseline: number;
  unit: string;
  name: string;
  at: number; // Of its first sample in a frame
}
interface Frame {
  file: File;
  format: number;
  offset: number;
  width: number; // Samples of all signals in a frame
  n: number; // Frames
}
interface CsvLayout {
  separator: string;
  decimal: string;
  names: string[];
  first: number; // Lines before the first row
  at: number; // Its place, in bytes
  rate: number | undefined;
  rows: string[][]; // The first ones
}
interface CsvIndex {
  blocks: number[]; // Where rows begin, in bytes
  n: number; // Rows
  times: number[]; // The first ones
  last?: number; // The last time
}
interface CsvClock {
  place: number; // Of its column
  unit: number; // In seconds
  first: number; // In its unit
  step: number; // In seconds, as measured
  allowed: number; // How far times may stray from it
  period: number; // In seconds
}
/** What grouping beats needs, as Python has it. */
interface GroupingFacts {
  classes: string[];
  short: number; // Seconds up to which nothing is asked
  unit: number; // Of margins
  most: number; // Templates
  fewest: number; // Beats of a template, on average
  shown: number; // Beats of a template that can be asked about
  leastCompared: number; // Probability
  ofLogits: number;
  margins: number[];
  LENGTH: number;
  OWN: number;
  SHARED: number;
  before: number; // In seconds, as are the next two
  after: number;
  spacing: number;
  length: number; // Samples of a shape
  weights: number[]; // Of intervals
}
interface GivenBeats {
  times: Float64Array; // In seconds
  codes: Int32Array; // Of labels, -1 without signal
  margins: Int32Array;
}
interface ModuleOfChain {
  memory: WebAssembly.Memory;
  samples_at(): number;
  lead_off_at(): number;
  events_at(): number;
  most_samples(): number;
  begin(): void;
  push(n: number): number;
  finish(): number;
}
