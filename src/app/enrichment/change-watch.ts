/** Waiting for something new in the catalogue, without missing what comes between a look and the wait. */
import type { JobStore } from "../../jobs/job-store.ts";

export interface ChangeWatch {
  /** Resolves when something was committed since it last resolved, or when the signal has aborted. */
  readonly next: () => Promise<void>;
}

/** Watches until the signal aborts; begin before the first look. */
export const watchForChanges = ({ subscribe }: Pick<JobStore, "subscribe">, signal: AbortSignal): ChangeWatch => {
  let hasChanged = false;
  let wake = (): void => undefined;
  const changed = (): void => {
    hasChanged = true;
    wake();
  };
  subscribe(changed, signal);
  signal.addEventListener("abort", changed, { once: true });
  return {
    next: async () => {
      if (!hasChanged && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      hasChanged = false;
    },
  };
};
