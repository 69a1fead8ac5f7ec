/** The outbox: what happened, in the transaction in which it happened. Consumers read it with a cursor of their own. */
import type { Kysely } from "kysely";
import type { NewEvent } from "../jobs/job-store.ts";
import type { CatalogueSchema } from "./schema.ts";
import { insertStatement } from "./statement.ts";

/** Of events that belong to no job: the integer id of the library. */
export const LIBRARY_USER_ID = 1;

const insertEvent = insertStatement("events");

/** Part of a transaction. */
export const appendEvents = async (
  database: Kysely<CatalogueSchema>,
  events: readonly (NewEvent & { readonly userId: number })[],
  now: number,
): Promise<void> => {
  for (const { userId, type, content } of events) {
    const row = { user_id: userId, message_type: type, content: JSON.stringify(content), created_at: now };
    await insertEvent(database, row);
  }
};
