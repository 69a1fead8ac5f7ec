/** What a bench is. Ratios within one run count; absolute figures drift with the machine. */

export interface BenchResult {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** What the value must reach, in words. */
  readonly bar?: string;
  readonly met?: boolean;
}

export interface BenchOptions {
  /** Small sizes: shows that the bench works, proves nothing. */
  readonly quick: boolean;
  /** Scratch folder, removed at the end. */
  readonly directory: string;
  readonly log: (line: string) => void;
}

export interface Bench {
  readonly name: string;
  /** One line for the report. */
  readonly about: string;
  /** Runs only when it is named. */
  readonly isLong?: boolean;
  run(options: BenchOptions): Promise<readonly BenchResult[]>;
}

export const atLeast = (metric: string, value: number, unit: string, bar: number): BenchResult => ({
  metric,
  value,
  unit,
  bar: `>= ${bar}`,
  met: value >= bar,
});

export const atMost = (metric: string, value: number, unit: string, bar: number): BenchResult => ({
  metric,
  value,
  unit,
  bar: `<= ${bar}`,
  met: value <= bar,
});

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** Seconds `work` takes. */
export const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};
