/**
 * How many pictures a worker makes ready at a time: one while photos are being processed anywhere, so that the core
 * keeps its speed, else two per core: each waits half of its time, for a file or a thread.
 */
import { availableParallelism } from "node:os";
import type { Clock } from "../../clock.ts";
import { MILLISECOND } from "../../clock.ts";

/** How long an answer about the core counts: every picture would ask, and processing does not begin and end so often. */
const KNOWN_FOR_MS = 200 * MILLISECOND;

export interface EncodingGate {
  /** Runs the work when a place is free, in the order of asking. Rejects with the signal's reason when it aborts before. */
  readonly pass: <Result>(work: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;
}

export interface EncodingGateDeps {
  readonly isCoreWorking: () => Promise<boolean>;
  readonly clock: Clock;
  /** Places while nothing else goes on. Default: two per core. */
  readonly places?: number;
}

interface Waiting {
  readonly enter: () => void;
  readonly fail: (error: unknown) => void;
}

/** The number of places, asked anew from time to time. */
const createPlaces = ({ isCoreWorking, clock, places = 2 * availableParallelism() }: EncodingGateDeps) => {
  let known: { readonly most: number; readonly until: number } | undefined;
  return async (): Promise<number> => {
    if (known === undefined || clock.now() >= known.until) {
      const most = (await isCoreWorking()) ? 1 : places;
      known = { most, until: clock.now() + KNOWN_FOR_MS };
    }
    return known.most;
  };
};

export const createEncodingGate = (deps: EncodingGateDeps): EncodingGate => {
  const line = new Set<Waiting>();
  const places = createPlaces(deps);
  let inside = 0;
  let isLetting = false;

  const letIn = async (): Promise<void> => {
    if (isLetting) return;
    isLetting = true;
    try {
      for (;;) {
        const most = inside === 0 || line.size === 0 ? 1 : await places();
        const [first] = line;
        if (first === undefined || inside >= most) return;
        line.delete(first);
        inside += 1;
        first.enter();
      }
    } catch (error) {
      for (const { fail } of line) fail(error);
      line.clear();
    } finally {
      isLetting = false;
    }
  };

  const enter = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { enter: resolve, fail: reject };
    const giveUp = (): void => {
      if (line.delete(waiting)) reject(signal.reason);
    };
    line.add(waiting);
    signal.addEventListener("abort", giveUp, { once: true });
    void letIn();
    await promise.finally(() => signal.removeEventListener("abort", giveUp));
  };

  return {
    pass: async (work, signal) => {
      await enter(signal);
      try {
        return await work();
      } finally {
        inside -= 1;
        void letIn();
      }
    },
  };
};
