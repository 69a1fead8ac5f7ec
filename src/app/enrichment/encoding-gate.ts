/**
 * How many pictures a worker makes ready at a time: one while photos are being processed anywhere, so that the core
 * keeps its speed, else one per core.
 */
import { availableParallelism } from "node:os";

export interface EncodingGate {
  /** Runs the work when a place is free. Rejects with the signal's reason when it aborts before. */
  readonly pass: <Result>(work: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;
}

export interface EncodingGateDeps {
  readonly isCoreWorking: () => Promise<boolean>;
  /** Places while nothing else goes on. Default: one per core. */
  readonly places?: number;
}

export const createEncodingGate = ({
  isCoreWorking,
  places = availableParallelism(),
}: EncodingGateDeps): EncodingGate => {
  const line: (() => void)[] = [];
  let inside = 0;
  const enter = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      const most = inside > 0 && (await isCoreWorking()) ? 1 : places;
      signal.throwIfAborted();
      if (inside < most) break;
      await waitForLeaver(signal);
    }
    inside += 1;
  };
  const waitForLeaver = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      line.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  const leave = (): void => {
    inside -= 1;
    for (const wake of line.splice(0)) wake(); // each looks again: how many may enter can have changed
  };
  return {
    pass: async (work, signal) => {
      await enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
};
