/** The jobs of one document type of an execution, done now by this process; those that others have in hand are waited for. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Clock } from "../../clock.ts";
import { MILLISECOND } from "../../clock.ts";

/** Between two looks at what others do. */
const LOOK_MS = 200 * MILLISECOND;

export interface ItemsNow {
  readonly catalogue: Pick<Catalogue, "executions">;
  readonly clock: Clock;
  readonly executionId: string;
  readonly documentType: string;
  /** Most jobs of one call of `run`. */
  readonly atOnce: number;
}

/**
 * Resolves when each has ended, is with a provider's batch, or could not be taken by `run`; or when the signal aborts.
 * @param run ends the jobs of these ids
 */
export const runItemsNow = async (
  { catalogue, clock, executionId, documentType, atOnce }: ItemsNow,
  signal: AbortSignal,
  run: (ids: readonly number[]) => Promise<void>,
): Promise<void> => {
  const tried = new Set<number>();
  while (!signal.aborted) {
    const items = (await catalogue.executions.items(executionId)).filter((item) => item.documentType === documentType);
    const ids = items.flatMap(({ job, jobId }) => (job === "available" && !tried.has(jobId) ? [jobId] : []));
    for (let start = 0; start < ids.length && !signal.aborted; start += atOnce) {
      const lot = ids.slice(start, start + atOnce);
      for (const id of lot) tried.add(id);
      await run(lot);
    }
    if (ids.length > 0) continue;
    if (!items.some(({ job }) => job === "running")) return;
    await clock.sleep(LOOK_MS, signal).catch(() => undefined); // the end: seen above
  }
};
