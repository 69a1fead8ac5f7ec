/** Speed over the last seconds. */
import { SECOND } from "../clock.ts";

const WINDOW_MS = 30 * SECOND;
const SAMPLE_MS = SECOND;

export interface RateMeter {
  /** @param count everything done so far */
  readonly record: (count: number) => void;
  /** Per second, over the last 30 s or since the start; 0 while nothing is known. */
  readonly rate: () => number;
}

export const createRateMeter = (now: () => number): RateMeter => {
  const samples: { readonly at: number; readonly count: number }[] = [{ at: now(), count: 0 }];
  let latest = 0;
  return {
    record: (count) => {
      latest = count;
      const at = now();
      if (at - (samples.at(-1)?.at ?? 0) >= SAMPLE_MS) samples.push({ at, count });
      while (samples.length > 2 && at - (samples[1]?.at ?? at) >= WINDOW_MS) samples.shift();
    },
    rate: () => {
      const [first] = samples;
      const elapsed = now() - (first?.at ?? 0);
      return first === undefined || elapsed <= 0 ? 0 : ((latest - first.count) * SECOND) / elapsed;
    },
  };
};
