/**
 * The circuit of a provider, and how many calls it gets at a time. The functions are pure: each turns the state before
 * into the change to write.
 *
 *   closed ──unavailable──▶ open ──time, one prober──▶ (health call) ──ok──▶ half_open ──any answer──▶ closed
 *                            ▲ ◀──────── not reached, twice the delay ────┘ │
 *                            └───────────── unavailable, twice the delay ───┘
 *
 * The prober holds a lease in the row; when it dies another one may take it. While half-open one job runs, as the test.
 */
import { isOwnerDead } from "../catalogue/owner.ts";
import type { Clock } from "../clock.ts";
import { MINUTE, SECOND } from "../clock.ts";
import type { NewEvent } from "./job-store.ts";
import type { ProviderChange, ProviderState, ProviderStore } from "./provider-store.ts";

const FIRST_PROBE_DELAY_MS = 5 * SECOND;
const MOST_PROBE_DELAY_MS = 300 * SECOND;
const PROBE_LEASE_MS = 5 * MINUTE;
const SUCCESSES_TO_GROW = 20;

const NO_PROBE = { probeOwner: null, probeUntil: null } as const;

interface Moment {
  readonly now: number;
  /** Unfinished jobs that wait, for the event. */
  readonly waitingJobs: number;
}

/** `tells`: the circuit that a change of makes an event; jobs are counted for that alone, there may be very many. */
export const momentOf = async (
  { providers, clock }: { readonly providers: ProviderStore; readonly clock: Clock },
  providerKey: string,
  tells: "closed" | "away",
): Promise<Moment> => {
  const state = await providers.state(providerKey);
  const isTold = state !== undefined && (state.circuit === "closed") === (tells === "closed");
  return { now: clock.now(), waitingJobs: isTold ? await providers.waitingJobs() : 0 };
};

const providerEvent = (
  type: "provider_unavailable" | "provider_recovered",
  { providerKey, unavailableSince }: ProviderState,
  { now, waitingJobs }: Moment,
): NewEvent => ({
  type,
  content: { provider: providerKey, since: unavailableSince ?? now, waiting_jobs: waitingJobs },
});

/** The provider's own wish wins when it is longer. */
const probeAfter = (now: number, delayMs: number, retryAfterMs: number | undefined) => ({
  probeDelayMs: delayMs,
  nextProbeAt: now + Math.max(delayMs, retryAfterMs ?? 0),
});

const longer = ({ probeDelayMs }: ProviderState): number => Math.min(MOST_PROBE_DELAY_MS, 2 * probeDelayMs);

/** A call could not reach the provider. */
export const opened =
  (moment: Moment & { readonly retryAfterMs?: number | undefined }) =>
  (before: ProviderState): ProviderChange | undefined => {
    const { now, retryAfterMs } = moment;
    switch (before.circuit) {
      case "closed": {
        const delay = probeAfter(now, FIRST_PROBE_DELAY_MS, retryAfterMs);
        const state = { circuit: "open", unavailableSince: now, successStreak: 0, ...delay, ...NO_PROBE } as const;
        return { state, event: providerEvent("provider_unavailable", before, moment) };
      }
      case "half_open":
        return { state: { circuit: "open", ...probeAfter(now, longer(before), retryAfterMs), ...NO_PROBE } };
      case "open":
        return undefined; // a call that was on its way: the prober knows better
      default:
        return before.circuit satisfies never;
    }
  };

const isProbeFree = ({ probeOwner, probeUntil }: ProviderState, now: number): boolean =>
  probeOwner === null || (probeUntil ?? 0) <= now || isOwnerDead(probeOwner);

export const isProbeDue = (state: ProviderState, now: number): boolean =>
  state.circuit !== "closed" && (state.nextProbeAt ?? 0) <= now && isProbeFree(state, now);

/** Makes this owner the one prober, if it is time and nobody is. */
export const probeTaken =
  (owner: string, now: number) =>
  (before: ProviderState): ProviderChange | undefined =>
    isProbeDue(before, now)
      ? { state: { circuit: "open", probeOwner: owner, probeUntil: now + PROBE_LEASE_MS } }
      : undefined;

export const probeFailed =
  (owner: string, { now, retryAfterMs }: { readonly now: number; readonly retryAfterMs?: number | undefined }) =>
  (before: ProviderState): ProviderChange | undefined =>
    before.probeOwner === owner
      ? { state: { circuit: "open", ...probeAfter(now, longer(before), retryAfterMs), ...NO_PROBE } }
      : undefined;

/** The test told nothing: somebody may try again at once. */
export const probeReturned =
  (owner: string, now: number) =>
  (before: ProviderState): ProviderChange | undefined =>
    before.probeOwner === owner && before.circuit !== "closed"
      ? { state: { circuit: "open", nextProbeAt: now, ...NO_PROBE } }
      : undefined;

/** The health call passed: one job may go through. */
export const halfOpened =
  (owner: string, now: number) =>
  (before: ProviderState): ProviderChange | undefined =>
    before.probeOwner === owner && before.circuit === "open"
      ? { state: { circuit: "half_open", probeUntil: now + PROBE_LEASE_MS } }
      : undefined;

const grown = (before: ProviderState, successes: number, ceiling: number): Partial<ProviderState> => {
  const streak = before.successStreak + successes;
  const steps = Math.floor(streak / SUCCESSES_TO_GROW);
  return {
    successStreak: streak % SUCCESSES_TO_GROW,
    concurrency: Math.max(before.concurrency, Math.min(ceiling, before.concurrency + steps)),
  };
};

/** The provider has answered, `successes` times with a result. Waiting jobs run at once. */
export const answered =
  (moment: Moment & { readonly successes: number; readonly ceiling: number }) =>
  (before: ProviderState): ProviderChange | undefined => {
    const { now, successes, ceiling } = moment;
    const growth = successes === 0 ? {} : { ...grown(before, successes, ceiling), lastSuccessAt: now };
    if (before.circuit === "closed") return successes === 0 ? undefined : { state: growth };
    const closed = { circuit: "closed", unavailableSince: null, nextProbeAt: null } as const;
    return {
      state: { ...growth, ...closed, probeDelayMs: FIRST_PROBE_DELAY_MS, ...NO_PROBE },
      event: providerEvent("provider_recovered", before, moment),
    };
  };

/** The provider asks for less. */
export const halved =
  (ceiling: number) =>
  (before: ProviderState): ProviderChange => ({
    state: { concurrency: Math.max(1, Math.floor(Math.min(before.concurrency, ceiling) / 2)), successStreak: 0 },
  });
