// What a page hands to the frame of its strips.

/** What is asked, and the cell of each beat: one more than its place, 0 for none. */
interface Asked {
  questions: any;
  cells: Uint32Array<ArrayBuffer>;
}
interface Given {
  asked: Promise<Asked | null>;
  beats: { samples: Float64Array; labels: Uint32Array; sure: Uint32Array; cells: Uint32Array };
  episodes: { kind: string; start: number; stop: number }[];
  hour(hour: number, duration: number): Promise<Float32Array[]>;
  strip(start: number, stop: number): Promise<{ rate: number; values: (number | null)[] }[]>;
}
