/**
 * Follows the enrichment of photos through the catalogue, whoever works on it. A look at what has ended is a seek in an
 * index: nothing here grows with the number of photos that still wait.
 */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { EnrichmentKey } from "../../catalogue/document-repository.ts";
import type { EnrichmentResult } from "../../catalogue/result-repository.ts";
import type { Clock } from "../../clock.ts";
import { MILLISECOND, SECOND } from "../../clock.ts";
import { WakeUp } from "../../jobs/wake-up.ts";

/** Between looks at everything that is open: a change of state that no job tells about is noticed then. */
const CHECK_MS = 5 * SECOND;
/** The same while photos are still coming: they come first. */
const CHECK_WHILE_OPEN_MS = 30 * SECOND;
/** While photos keep coming, several are looked at together. */
const GATHER_MS = 100 * MILLISECOND;
/** States asked for in one query. */
const LOT = 200;

export interface FollowerDeps {
  readonly catalogue: Pick<Catalogue, "jobs" | "results">;
  readonly clock: Clock;
  readonly documentTypes: readonly string[];
}

export interface Follower {
  readonly follow: (contentHash: string) => void;
  /** Nothing more is going to be followed. */
  readonly close: () => void;
  /** Nobody is going to work on what is open: the end comes when others have nothing in hand either. */
  readonly giveUp: () => void;
  /** Enrichments that have ended, each once; then those that are left open. */
  readonly ends: (signal: AbortSignal) => AsyncIterable<FollowedEnd>;
  readonly counts: () => { readonly followed: number; readonly ended: number };
}

export type FollowedEnd =
  | { readonly ended: true; readonly result: EnrichmentResult }
  | { readonly ended: false; readonly scopeId: string; readonly documentType: string };

const ENDS: ReadonlySet<EnrichmentResult["state"]> = new Set(["READY_TO_CONFIRM", "CONFIRMED", "FAILED", "DISCARDED"]);

export const createFollower = ({ catalogue, clock, documentTypes }: FollowerDeps): Follower => {
  const wakeUp = new WakeUp(clock);
  const known = new Set<string>();
  let waiting: string[] = [];
  let isClosed = false;
  let isGivenUp = false;
  let ended = 0;
  /** Content hashes by document type. */
  const open = new Map(documentTypes.map((type) => [type, new Set<string>()]));
  const openCount = (): number => [...open.values()].reduce((sum, { size }) => sum + size, 0);
  let since = clock.now();
  let seen = new Set<number>();

  /** Content hashes of jobs that have ended since the last look. */
  const justEnded = (type: string, jobs: readonly EnrichmentKey[]): readonly string[] => {
    const hashes = open.get(type);
    return jobs
      .filter((job) => job.documentType === type && hashes?.has(job.scopeId) === true)
      .map(({ scopeId }) => scopeId);
  };

  const newEnds = async () => {
    const { keys, until } = await catalogue.results.endedSince(since);
    const fresh = keys.filter(({ jobId }) => !seen.has(jobId));
    seen = new Set(keys.map(({ jobId }) => jobId));
    since = until;
    return fresh;
  };

  /** Ends among these photos. `isCheck`: what has no state any more is forgotten. */
  async function* take(type: string, hashes: readonly string[], isCheck: boolean): AsyncGenerator<FollowedEnd> {
    const left = open.get(type);
    for (let start = 0; start < hashes.length; start += LOT) {
      const lot = hashes.slice(start, start + LOT);
      const results = await catalogue.results.load(lot, type);
      const found = new Set(results.map(({ scopeId }) => scopeId));
      const gone = isCheck ? lot.filter((hash) => !found.has(hash)) : [];
      for (const hash of gone) if (left?.delete(hash) === true) ended += 1;
      for (const result of results.filter(({ state }) => ENDS.has(state))) {
        if (left?.delete(result.scopeId) !== true) continue;
        ended += 1;
        yield { ended: true, result };
      }
    }
  }

  const isIdle = async (): Promise<boolean> => {
    const scopes = [...new Set([...open.values()].flatMap((hashes) => [...hashes]))];
    const live = await catalogue.results.live(scopes);
    return !live.some(({ state, documentType }) => state === "running" && open.has(documentType));
  };

  async function* look(isCheck: boolean): AsyncGenerator<FollowedEnd> {
    const added = waiting;
    waiting = [];
    for (const [type, hashes] of open) {
      for (const hash of added) hashes.add(hash);
      yield* take(type, added, true);
    }
    const jobs = await newEnds();
    for (const [type, hashes] of open) {
      yield* take(type, isCheck ? [...hashes] : justEnded(type, jobs), isCheck);
    }
  }

  async function* ends(signal: AbortSignal): AsyncGenerator<FollowedEnd> {
    const watching = new AbortController();
    const onAbort = (): void => wakeUp.now();
    signal.addEventListener("abort", onAbort, { once: true });
    catalogue.jobs.subscribe(() => wakeUp.now(), watching.signal);
    let checkedAt = clock.now();
    try {
      while (!signal.aborted) {
        const wasGivenUp = isGivenUp;
        const wasClosed = isClosed;
        const interval = wasClosed ? CHECK_MS : CHECK_WHILE_OPEN_MS;
        const isCheck = wasGivenUp || clock.now() - checkedAt >= interval;
        if (isCheck) checkedAt = clock.now();
        yield* look(isCheck);
        if (wasClosed && waiting.length === 0) {
          if (openCount() === 0) return;
          if (wasGivenUp && (await isIdle())) break;
        }
        await wakeUp.wait(CHECK_MS);
        if (!isClosed) await clock.sleep(GATHER_MS, signal).catch(() => undefined); // aborted: seen above
      }
    } finally {
      watching.abort();
      signal.removeEventListener("abort", onAbort);
    }
    if (signal.aborted) return;
    for (const [documentType, hashes] of open) {
      for (const scopeId of hashes) yield { ended: false, scopeId, documentType };
    }
  }

  return {
    follow: (contentHash) => {
      if (known.has(contentHash)) return;
      known.add(contentHash);
      waiting.push(contentHash);
      wakeUp.now();
    },
    close: () => {
      isClosed = true;
      wakeUp.now();
    },
    giveUp: () => {
      isGivenUp = true;
      wakeUp.now();
    },
    ends,
    counts: () => ({ followed: known.size * documentTypes.length, ended }),
  };
};
