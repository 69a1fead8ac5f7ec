/** Edited files: what tells that only metadata changed, and what a file held before it could not be read. */
import type { Kysely } from "kysely";
import { sql } from "kysely";

const statements = [
  `alter table photos add column pixel_digest blob`,
  `create index photos_by_pixels on photos (pixel_digest) where pixel_digest is not null`,
  `alter table files add column replaces text`,
];

export const up = async (database: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(database);
};
