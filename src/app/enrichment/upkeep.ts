/** What a worker sees to now and then: jobs that should exist, executions that are over, batches of providers. */
import { isAbort, PhotonError } from "../../errors.ts";
import type { Clock } from "../../clock.ts";
import type { Logger } from "../../logger.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import { reconcile, RECONCILE_MS } from "./reconciler.ts";
import type { EnrichmentTargets } from "./target-types.ts";
import type { Companion } from "./worker.ts";

export interface UpkeepDeps {
  /** Looks after batches of providers once. */
  readonly lookAfterBatches: (signal: AbortSignal) => Promise<unknown>;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly targets: () => Promise<EnrichmentTargets>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The worker of a run does what the run asked for, and does not begin with other photos. */
const RUN_ROLE = "run";

export const createUpkeep = ({ kinds, targets, lookAfterBatches, clock, logger }: UpkeepDeps): Companion => ({
  name: "upkeep",
  run: async (catalogue, signal, role) => {
    const deps = { catalogue, kinds: await kinds(), targets: await targets(), clock };
    const scope = role === RUN_ROLE ? "executions" : "all";
    while (!signal.aborted) {
      try {
        const { asked, recovered } = await reconcile(deps, scope, signal);
        if (scope === "all") await lookAfterBatches(signal);
        if (asked + recovered > 0) logger.debug("Enrichment jobs were added.", { asked, recovered });
      } catch (error) {
        if (!(error instanceof PhotonError && error.retryable)) throw error;
        logger.debug("The queue could not be looked after now.", { error: error.message });
      }
      await clock.sleep(RECONCILE_MS, signal).catch((error: unknown) => {
        if (!isAbort(error) && !signal.aborted) throw error;
      });
    }
  },
});
