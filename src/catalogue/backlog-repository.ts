/** What should be asked for by itself and is not: photos that came since a kind became automatic. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { listOf } from "./lists.ts";
import { shownPhotos } from "./photo-scope.ts";
import type { CatalogueSchema } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

export interface BacklogRepository {
  /**
   * These kinds are made without being asked for, and no others.
   * @returns since when, in milliseconds UTC, by kind
   */
  readonly keepAutoKinds: (kinds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Photos of the library since then that were never asked for, or that wait without a job. In order of hash. */
  readonly missingPhotos: (request: {
    readonly kind: string;
    readonly since: number;
    /** Content hash that the lot before ended with; empty = from the first. */
    readonly after: string;
    readonly limit: number;
  }) => Promise<readonly string[]>;
}

const keepAutoKinds = (database: Database, kinds: readonly string[], now: number) =>
  database.transaction().execute(async (tx) => {
    await tx.deleteFrom("auto_kinds").where("kind", "not in", listOf(kinds)).execute();
    for (const kind of kinds) {
      await tx
        .insertInto("auto_kinds")
        .values({ kind, since: now })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    const rows = await tx.selectFrom("auto_kinds").selectAll().execute();
    return new Map(rows.map(({ kind, since }) => [kind, since]));
  });

export const createBacklogRepository = (database: Database, clock: Clock): BacklogRepository => ({
  keepAutoKinds: (kinds) => keepAutoKinds(database, kinds, clock.now()),
  missingPhotos: async ({ kind, since, after, limit }) => {
    const rows = await shownPhotos(database)
      .leftJoin("enrichments", (join) =>
        join.onRef("enrichments.scope_id", "=", "photos.content_hash").on("enrichments.document_type", "=", kind),
      )
      .select("photos.content_hash")
      .where("photos.created_at", ">=", since)
      .where("photos.content_hash", ">", after)
      .where((eb) => eb.or([eb("enrichments.state", "is", null), eb("enrichments.state", "=", "PENDING")]))
      .where(
        sql<boolean>`not exists (select 1 from jobs where jobs.scope_id = photos.content_hash
          and jobs.document_type = ${kind} and jobs.state in ('available', 'running', 'submitted'))`,
      )
      .orderBy("photos.content_hash")
      .limit(limit)
      .execute();
    return rows.map((row) => row.content_hash);
  },
});
