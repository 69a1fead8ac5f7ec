/** How many calls run at once, and how long one may take; the same for every tool and every connection. */
import { SECOND } from "../src/clock.ts";
import { BusyError } from "../src/errors.ts";

export const CALL_LIMIT_MS = 20 * SECOND;
const RUNNING = 16;
const WAITING = 64;

export interface CallLimits {
  /** Calls at the same time; default 16. */
  readonly running?: number;
  /** Calls that may wait for their turn; default 64. */
  readonly waiting?: number;
}

export interface CallRequest<Value> {
  readonly name: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly work: (signal: AbortSignal) => Promise<Value>;
}

/** Settles when the work does, when the caller goes away, or when the time is up; a turn is given back by the work. */
export type RunCall = <Value>(request: CallRequest<Value>) => Promise<Value>;

const turnedAway = (): BusyError =>
  new BusyError("photon has as many calls to answer as it takes at once.", {
    hint: "Wait for answers before you call again.",
  });

const tookTooLong = (name: string, limitMs: number): BusyError =>
  new BusyError(`${name} took longer than ${limitMs / SECOND} s and was stopped.`, {
    hint: "Ask for less at once, or try again later: get_status tells what photon is busy with.",
  });

interface Turns {
  /** Rejects with BusyError when too many wait, with the reason of the signal when that aborts. */
  readonly take: (signal: AbortSignal) => Promise<void>;
  readonly giveBack: () => void;
}

const createTurns = (running: number, waiting: number): Turns => {
  let taken = 0;
  const queue: (() => void)[] = [];
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => {
        queue.splice(queue.indexOf(onTurn), 1);
        reject(signal.reason as Error); // the reason is whatever the aborter gave, an Error by convention
      };
      const onTurn = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      queue.push(onTurn);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  return {
    take: async (signal) => {
      signal.throwIfAborted();
      if (taken < running) taken += 1;
      else if (queue.length < waiting) await wait(signal);
      else throw turnedAway();
    },
    giveBack: () => {
      const next = queue.shift();
      if (next === undefined) taken -= 1;
      else next();
    },
  };
};

export const createRunCall = ({ running = RUNNING, waiting = WAITING }: CallLimits = {}): RunCall => {
  const turns = createTurns(running, waiting);
  return async <Value>({ name, limitMs, signal, work }: CallRequest<Value>): Promise<Value> => {
    await turns.take(signal);
    const stop = new AbortController();
    const begin = async (): Promise<Value> => {
      signal.throwIfAborted(); // it may have happened while this call waited for its turn
      return work(AbortSignal.any([signal, stop.signal]));
    };
    const working = begin().finally(turns.giveBack);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const reason = tookTooLong(name, limitMs);
        reject(reason); // first: the work answers the abort with an error of its own
        stop.abort(reason);
      }, limitMs);
    });
    try {
      return await Promise.race([working, late]);
    } finally {
      clearTimeout(timer);
    }
  };
};
