/** Standing watches that look at the photos of one folder alone. */
import type { Kysely } from "kysely";
import { sql } from "kysely";

export const up = async (database: Kysely<unknown>): Promise<void> => {
  await sql.raw("alter table watches add column folder text").execute(database);
};
