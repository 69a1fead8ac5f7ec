/** News of the library: one watch per process, begun when the library is opened, however many connections listen. */
import type { Photon } from "../src/app.ts";
import type { Clock } from "../src/clock.ts";
import { SECOND } from "../src/clock.ts";

const QUIET_MS = SECOND;

export interface NewsFeed {
  /** To be called once, with the opened library. */
  readonly start: (photon: Pick<Photon, "onLibraryChange">) => Promise<void>;
  readonly onChange: (listener: () => void) => () => void;
}

/** Many changes in a second are one piece of news, told at its end: what is read then is not older than the news. */
export const createNewsFeed = ({
  clock,
  signal,
}: {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): NewsFeed => {
  const listeners = new Set<() => void>();
  let isPending = false;
  const tell = async (): Promise<void> => {
    if (isPending || listeners.size === 0) return;
    isPending = true;
    try {
      await clock.sleep(QUIET_MS, signal);
    } catch {
      return; // the process ends
    }
    isPending = false;
    for (const listener of listeners) listener();
  };
  return {
    start: (photon) => photon.onLibraryChange(() => void tell(), signal),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
