/** Tells when the catalogue has changed. SQLite counts the commits of other connections; its own are counted here. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { MILLISECOND } from "../clock.ts";
import { isAbort } from "../errors.ts";
import type { JobChange } from "../jobs/job-store.ts";
import type { CatalogueSchema } from "./schema.ts";
import { statement } from "./statement.ts";

const POLL_MS = 200 * MILLISECOND;

export interface WatchDeps {
  readonly database: Kysely<CatalogueSchema>;
  readonly clock: Clock;
  /** Transactions this handle has committed so far. */
  readonly commits: () => number;
}

const version = statement(() => sql<{ readonly data_version: number }>`pragma data_version`);

const dataVersion = async (database: Kysely<CatalogueSchema>): Promise<number> =>
  (await version.first(database, {}))?.data_version ?? 0;

/** Until the signal aborts. What the listener throws ends the watching and is its own affair. */
export const watchChanges = async (
  { database, clock, commits }: WatchDeps,
  listener: (change: JobChange) => void,
  signal: AbortSignal,
): Promise<void> => {
  let before: number | undefined;
  let own = commits();
  while (!signal.aborted) {
    // A catalogue that cannot be asked counts as changed: whoever looks then meets the error itself.
    const now = await dataVersion(database).catch(() => undefined);
    if (signal.aborted) return;
    if (before !== undefined && now !== before) listener({ by: "elsewhere" });
    else if (commits() !== own) listener({ by: "here" });
    own = commits();
    before = now ?? before;
    try {
      await clock.sleep(POLL_MS, signal);
    } catch (error) {
      if (!isAbort(error) && !signal.aborted) throw error;
      return;
    }
  }
};
