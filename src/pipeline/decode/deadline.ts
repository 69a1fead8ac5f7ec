/** Bounds how long work may take, and how much of it runs at once. */
import { UnreadablePhotoError } from "../../errors.ts";

export interface DeadlineOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export const decodeTimeout = (timeoutMs: number): UnreadablePhotoError =>
  new UnreadablePhotoError(
    "decode_timeout",
    `Expected the photo to be decoded within ${timeoutMs} ms (limits.decode_timeout_ms), received nothing by then.`,
    { hint: "Raise the limit in the config when the file is a very large photo." },
  );

/**
 * Settles as the work does, or rejects at the deadline with `decode_timeout` and on abort with the signal's reason.
 * Ending the work then is the caller's part; its late outcome is dropped.
 */
export const withDeadline = <T>(work: Promise<T>, { timeoutMs, signal }: DeadlineOptions): Promise<T> =>
  new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = (): void => end(() => reject(signal.reason as Error)); // an Error by convention
    const timer = setTimeout(() => end(() => reject(decodeTimeout(timeoutMs))), timeoutMs);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error as Error)), // passed on as it came
    );
    if (signal.aborted) onAbort();
  });

/** A fixed number of places; whoever finds none free waits in line. */
export interface Slots {
  /** Resolves to the function that frees the place again. Rejects with the signal's reason when aborted in line. */
  readonly acquire: (signal: AbortSignal) => Promise<() => void>;
}

export const createSlots = (size: number): Slots => {
  let free = size;
  const line: (() => void)[] = [];
  const release = (): void => {
    const next = line.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    acquire: async (signal) => {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return release;
      }
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          line.splice(line.indexOf(enter), 1);
          reject(signal.reason as Error); // an Error by convention
        };
        const enter = (): void => {
          signal.removeEventListener("abort", onAbort);
          resolve(release);
        };
        line.push(enter);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
};
