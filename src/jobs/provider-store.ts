/** The port for what all processes know about a provider: its circuit, its limit of calls, who tests it. */
import type { CircuitState, PauseReason } from "../catalogue/enrichment-schema.ts";
import type { NewEvent } from "./job-store.ts";

export interface ProviderState {
  readonly providerKey: string;
  readonly circuit: CircuitState;
  readonly unavailableSince: number | null;
  readonly nextProbeAt: number | null;
  readonly probeDelayMs: number;
  readonly probeOwner: string | null;
  readonly probeUntil: number | null;
  /** Calls allowed at a time, over all processes. */
  readonly concurrency: number;
  readonly successStreak: number;
  readonly lastSuccessAt: number | null;
}

export interface StoredPause {
  readonly target: string;
  readonly reason: PauseReason;
  /** null = until somebody resumes it. */
  readonly until: number | null;
  readonly since: number;
}

/** A change of a provider's state, decided by a pure function from the state before it. */
export interface ProviderChange {
  readonly state?: Partial<Omit<ProviderState, "providerKey">>;
  readonly event?: NewEvent;
}

export interface Success {
  readonly providerKey: string;
  readonly model: string;
  readonly kind: string;
  readonly scopeId: string;
}

export interface ProviderStore {
  /**
   * Makes the provider's row. Another fingerprint (name, address, models, key digest) than before means that the user
   * repaired something: pauses for a wrong key, quota or setting are lifted.
   */
  readonly register: (provider: {
    providerKey: string;
    ceiling: number;
    fingerprint: string;
    /** Start again with `ceiling` calls at a time: a bulk run is followed. */
    restart?: boolean;
  }) => Promise<void>;
  readonly states: () => Promise<readonly ProviderState[]>;
  readonly state: (providerKey: string) => Promise<ProviderState | undefined>;
  /** Read, decide and write in one transaction. Returns the state after it; undefined when it is not registered. */
  readonly change: (
    providerKey: string,
    decide: (before: ProviderState) => ProviderChange | undefined,
  ) => Promise<ProviderState | undefined>;
  /** Notes answers, the newest per target and kind, and ends lapsed pauses of these providers. */
  readonly noteSuccesses: (successes: readonly Success[]) => Promise<void>;
  /** When the target last succeeded on something else than this photo; undefined = never. `kind` left out = any. */
  readonly lastSuccess: (target: {
    providerKey: string;
    model: string;
    exceptScope: string;
    kind?: string;
  }) => Promise<number | undefined>;
  /** Also those whose time is over, until a success ends them: the next one like it is longer. */
  readonly pauses: () => Promise<readonly StoredPause[]>;
  /** Unfinished jobs that wait. */
  readonly waitingJobs: () => Promise<number>;
  /** The same by route. */
  readonly waitingRoutes: () => Promise<readonly { readonly route: string; readonly jobs: number }[]>;
}
