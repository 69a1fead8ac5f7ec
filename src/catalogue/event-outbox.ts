/** The outbox: what happened, in the transaction in which it happened. Consumers read it with a cursor of their own. */
import type { Kysely } from "kysely";
import type { NewEvent } from "../jobs/job-store.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema } from "./schema.ts";

/** Of events that belong to no job: the integer id of the library. */
export const LIBRARY_USER_ID = 1;

/** Part of a transaction. */
export const appendEvents = (
  database: Kysely<CatalogueSchema>,
  events: readonly (NewEvent & { readonly userId: number })[],
  now: number,
): Promise<void> =>
  executeForEach(
    database,
    events.map(({ userId, type, content }) => ({
      user_id: userId,
      message_type: type,
      content: JSON.stringify(content),
      created_at: now,
    })),
    (row) => database.insertInto("events").values(row),
  );
