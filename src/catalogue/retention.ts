/** How long records of work are kept. Documents are kept for ever. */
import type { Kysely } from "kysely";
import { DAY } from "../clock.ts";
import type { CatalogueSchema } from "./schema.ts";

/** Jobs, and the items of executions that are over; what came of those is kept with them. */
const FINISHED_WORK_MS = 7 * DAY;
const EVENTS_MS = 30 * DAY;
/** Mails and requests that were handed in; those that a job still waits with stay. */
const SUBJECT_TEXTS_MS = 30 * DAY;
/** Call log and privacy ledger. */
const CALLS_MS = 400 * DAY;

export const removeOldRecords = (database: Kysely<CatalogueSchema>, now: number): Promise<void> =>
  database.transaction().execute(async (tx) => {
    await tx
      .deleteFrom("jobs")
      .where("finished_at", "<", now - FINISHED_WORK_MS)
      .execute();
    const over = tx
      .selectFrom("executions")
      .select("execution_id")
      .where("completed_at", "<", now - FINISHED_WORK_MS);
    await tx.deleteFrom("execution_items").where("execution_id", "in", over).execute();
    await tx
      .deleteFrom("events")
      .where("created_at", "<", now - EVENTS_MS)
      .execute();
    await tx
      .deleteFrom("subject_texts")
      .where("created_at", "<", now - SUBJECT_TEXTS_MS)
      .where("scope_id", "not in", tx.selectFrom("jobs").select("scope_id").where("finished_at", "is", null))
      .execute();
    await tx
      .deleteFrom("llm_call_logs")
      .where("started_at", "<", now - CALLS_MS)
      .execute();
    await tx
      .deleteFrom("privacy_ledger")
      .where("sent_at", "<", now - CALLS_MS)
      .execute();
    await tx.deleteFrom("llm_cache").where("expires_at", "<=", now).execute();
  });
