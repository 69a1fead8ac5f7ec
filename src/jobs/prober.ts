/** Finds out whether a provider that could not be reached is back. One process at a time does it for each provider. */
import type { Clock } from "../clock.ts";
import { answered, halfOpened, isProbeDue, momentOf, probeFailed, probeReturned, probeTaken } from "./circuit.ts";
import type { ProviderTests } from "./handler.ts";
import { CANARY_SCOPE } from "./handler.ts";
import type { ClaimedJob, ServedTarget } from "./job-store.ts";
import type { ProviderState, ProviderStore } from "./provider-store.ts";

export interface ProberDeps {
  readonly owner: string;
  readonly providers: ProviderStore;
  readonly tests: ProviderTests;
  readonly clock: Clock;
  /** Claims one job of the provider. `mayRepeat`: also one that failed since the provider went away. */
  readonly claimTest: (probe: { providerKey: string; mayRepeat: boolean }) => Promise<ClaimedJob | undefined>;
}

export interface Prober {
  /** Providers it is time to test. */
  readonly due: (serve: readonly ServedTarget[]) => Promise<readonly ServedTarget[]>;
  /** When the next one is; undefined = all are well, or tested by somebody else. */
  readonly nextDue: () => Promise<number | undefined>;
  /**
   * Health call, then one job, else the canary, else nothing: a provider that is well and has no work is closed.
   * @returns the job that is the test, for the caller to run; its outcome decides
   */
  readonly test: (target: ServedTarget, signal: AbortSignal) => Promise<ClaimedJob | undefined>;
  /** The test job told nothing about the provider. */
  readonly giveBack: (providerKey: string) => Promise<void>;
}

const probe = async (deps: ProberDeps, target: ServedTarget, signal: AbortSignal): Promise<ClaimedJob | undefined> => {
  const { owner, providers, tests, clock, claimTest } = deps;
  const { providerKey, model, kind, ceiling } = target;
  const health = await tests.health(providerKey, signal);
  if (!health.ok) {
    const { retryAfterMs } = health;
    await providers.change(providerKey, probeFailed(owner, { now: clock.now(), retryAfterMs }));
    return undefined;
  }
  await providers.change(providerKey, halfOpened(owner, clock.now()));
  const fresh = await claimTest({ providerKey, mayRepeat: false });
  if (fresh !== undefined) return fresh;
  if (tests.canary !== undefined) {
    const passed = await tests.canary({ providerKey, model, kind }, signal);
    if (!passed) {
      await providers.change(providerKey, probeFailed(owner, { now: clock.now() }));
      return undefined;
    }
    await providers.noteSuccesses([{ providerKey, model, kind, scopeId: CANARY_SCOPE }]);
  } else {
    const again = await claimTest({ providerKey, mayRepeat: true });
    if (again !== undefined) return again;
  }
  const moment = await momentOf({ providers, clock }, providerKey, "away");
  await providers.change(providerKey, answered({ ...moment, successes: 0, ceiling }));
  return undefined;
};

export const createProber = (deps: ProberDeps): Prober => {
  const { owner, providers, clock } = deps;
  const own = (state: ProviderState | undefined): boolean => state?.probeOwner === owner;
  return {
    due: async (serve) => {
      const states = new Map((await providers.states()).map((state) => [state.providerKey, state]));
      const first = new Map(serve.toReversed().map((target) => [target.providerKey, target]));
      return [...first.values()].filter(({ providerKey }) => {
        const state = states.get(providerKey);
        return state !== undefined && isProbeDue(state, clock.now());
      });
    },
    nextDue: async () => {
      const times = (await providers.states()).flatMap(({ circuit, nextProbeAt }) =>
        circuit === "open" && nextProbeAt !== null && nextProbeAt > clock.now() ? [nextProbeAt] : [],
      );
      return times.length === 0 ? undefined : Math.min(...times);
    },
    test: async (target, signal) => {
      const { providerKey } = target;
      if (!own(await providers.change(providerKey, probeTaken(owner, clock.now())))) return undefined;
      try {
        return await probe(deps, target, signal);
      } catch (error) {
        await providers.change(providerKey, probeReturned(owner, clock.now()));
        throw error;
      }
    },
    giveBack: async (providerKey) => {
      await providers.change(providerKey, probeReturned(owner, clock.now()));
    },
  };
};
