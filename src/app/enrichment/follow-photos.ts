/**
 * Follows the enrichment of photos through the catalogue, whoever works on it. A look at what has ended is a seek in an
 * index: nothing here grows with the number of photos that still wait.
 */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { EnrichmentKey } from "../../catalogue/document-repository.ts";
import type { EnrichmentResult, ResultRepository } from "../../catalogue/result-repository.ts";
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

/** Enrichments that have not ended yet, as far as they are followed. */
const createOpenEnrichments = (results: ResultRepository, documentTypes: readonly string[]) => {
  /** Content hashes by document type. */
  const open = new Map(documentTypes.map((type) => [type, new Set<string>()]));
  let ended = 0;

  /** Ends among these photos. `isCheck`: what has no state any more is forgotten. */
  async function* take(type: string, hashes: readonly string[], isCheck: boolean): AsyncGenerator<FollowedEnd> {
    const left = open.get(type);
    for (let start = 0; start < hashes.length; start += LOT) {
      const lot = hashes.slice(start, start + LOT);
      const found = await results.load(lot, type);
      const known = new Set(found.map(({ scopeId }) => scopeId));
      const gone = isCheck ? lot.filter((hash) => !known.has(hash)) : [];
      for (const hash of gone) if (left?.delete(hash) === true) ended += 1;
      for (const result of found.filter(({ state }) => ENDS.has(state))) {
        if (left?.delete(result.scopeId) !== true) continue;
        ended += 1;
        yield { ended: true, result };
      }
    }
  }

  return {
    /** Those of them that have ended before they were followed are given at once. */
    add: async function* (hashes: readonly string[]): AsyncGenerator<FollowedEnd> {
      for (const [type, left] of open) {
        for (const hash of hashes) left.add(hash);
        yield* take(type, hashes, true);
      }
    },
    ofJobs: async function* (jobs: readonly EnrichmentKey[]): AsyncGenerator<FollowedEnd> {
      for (const [type, left] of open) {
        const own = jobs.filter(({ documentType, scopeId }) => documentType === type && left.has(scopeId));
        const hashes = own.map(({ scopeId }) => scopeId);
        yield* take(type, hashes, false);
      }
    },
    ofAll: async function* (): AsyncGenerator<FollowedEnd> {
      for (const [type, left] of open) yield* take(type, [...left], true);
    },
    /** Whether nobody has any of them in hand. */
    isIdle: async (): Promise<boolean> => {
      const scopes = [...new Set([...open.values()].flatMap((hashes) => [...hashes]))];
      const live = await results.live(scopes);
      return !live.some(({ state, documentType }) => state === "running" && open.has(documentType));
    },
    left: function* (): Generator<FollowedEnd> {
      for (const [documentType, hashes] of open) {
        for (const scopeId of hashes) yield { ended: false, scopeId, documentType };
      }
    },
    count: (): number => [...open.values()].reduce((sum, { size }) => sum + size, 0),
    ended: (): number => ended,
  };
};

/** Jobs that have ended since the last look. */
const createJobEnds = (results: ResultRepository, now: number): (() => Promise<readonly EnrichmentKey[]>) => {
  let since = now;
  let seen = new Set<number>();
  return async () => {
    const { keys, until } = await results.endedSince(since);
    const fresh = keys.filter(({ jobId }) => !seen.has(jobId));
    seen = new Set(keys.map(({ jobId }) => jobId));
    since = until;
    return fresh;
  };
};

export const createFollower = ({ catalogue, clock, documentTypes }: FollowerDeps): Follower => {
  const wakeUp = new WakeUp(clock);
  const open = createOpenEnrichments(catalogue.results, documentTypes);
  const newEnds = createJobEnds(catalogue.results, clock.now());
  const known = new Set<string>();
  const now = { waiting: [] as string[], isClosed: false, isGivenUp: false };

  async function* look(isCheck: boolean): AsyncGenerator<FollowedEnd> {
    yield* open.add(now.waiting.splice(0));
    const jobs = await newEnds();
    if (isCheck) yield* open.ofAll();
    else yield* open.ofJobs(jobs);
  }

  /** Until all has ended or can only wait, or the signal aborts. */
  async function* untilNothingMoves(signal: AbortSignal): AsyncGenerator<FollowedEnd> {
    let checkedAt = clock.now();
    while (!signal.aborted) {
      const { isClosed, isGivenUp } = now;
      const isCheck = isGivenUp || clock.now() - checkedAt >= (isClosed ? CHECK_MS : CHECK_WHILE_OPEN_MS);
      if (isCheck) checkedAt = clock.now();
      yield* look(isCheck);
      if (isClosed && now.waiting.length === 0) {
        if (open.count() === 0 || (isGivenUp && (await open.isIdle()))) return;
      }
      await wakeUp.wait(CHECK_MS);
      if (!now.isClosed) await clock.sleep(GATHER_MS, signal).catch(() => undefined); // aborted: seen above
    }
  }

  async function* ends(signal: AbortSignal): AsyncGenerator<FollowedEnd> {
    const watching = new AbortController();
    const wake = (): void => wakeUp.now();
    signal.addEventListener("abort", wake, { once: true });
    catalogue.jobs.subscribe(wake, watching.signal);
    try {
      yield* untilNothingMoves(signal);
    } finally {
      watching.abort();
      signal.removeEventListener("abort", wake);
    }
    if (!signal.aborted) yield* open.left();
  }

  const change = (state: Partial<Omit<typeof now, "waiting">>): void => {
    Object.assign(now, state);
    wakeUp.now();
  };
  return {
    follow: (contentHash) => {
      if (known.has(contentHash)) return;
      known.add(contentHash);
      now.waiting.push(contentHash);
      wakeUp.now();
    },
    close: () => change({ isClosed: true }),
    giveUp: () => change({ isGivenUp: true }),
    ends,
    counts: () => ({ followed: known.size * documentTypes.length, ended: open.ended() }),
  };
};
