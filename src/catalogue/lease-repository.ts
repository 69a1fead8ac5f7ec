/**
 * Role leases: exactly one holder per name, elected by a row.
 *
 *   free ──take──▶ held (token + 1) ──extend──▶ held ──release──▶ free
 *   held, past `until` or owner dead ──take by another──▶ held (token + 1)
 */
import type { Kysely, Selectable } from "kysely";
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import { isOwnerDead } from "./owner.ts";
import type { CatalogueSchema, LeasesTable } from "./schema.ts";

export const ROLE_LEASE_MS = 15 * SECOND;
export const ROLE_HEARTBEAT_MS = 5 * SECOND;

export interface RoleLease {
  readonly name: string;
  /** Fencing token: a later holder has a higher one. */
  readonly token: number;
}

export interface LeaseRepository {
  /** Takes the role when it is free, expired, or its owner is dead; undefined while another holds it. */
  readonly take: (name: string) => Promise<RoleLease | undefined>;
  /** False when the lease was lost to another holder. */
  readonly extend: (lease: RoleLease) => Promise<boolean>;
  readonly release: (lease: RoleLease) => Promise<void>;
  readonly holder: (name: string) => Promise<{ readonly owner: string; readonly until: number } | undefined>;
}

type LeaseRow = Selectable<LeasesTable>;

const isFree = (row: LeaseRow | undefined, now: number): boolean =>
  row === undefined || row.until <= now || isOwnerDead(row.owner);

export const createLeaseRepository = (
  database: Kysely<CatalogueSchema>,
  owner: string,
  clock: Clock,
): LeaseRepository => ({
  take: async (name) => {
    // Asked for again and again by those who wait: only a free role is worth the write lock.
    if (!isFree(await selectLease(database, name), clock.now())) return undefined;
    return database.transaction().execute(async (transaction) => {
      const current = await selectLease(transaction, name);
      if (!isFree(current, clock.now())) return undefined;
      const token = (current?.token ?? 0) + 1;
      const row = { name, owner, token, until: clock.now() + ROLE_LEASE_MS };
      await transaction
        .insertInto("leases")
        .values(row)
        .onConflict((conflict) => conflict.column("name").doUpdateSet(row))
        .execute();
      return { name, token };
    });
  },
  extend: async ({ name, token }) => {
    const result = await database
      .updateTable("leases")
      .set({ until: clock.now() + ROLE_LEASE_MS })
      .where("name", "=", name)
      .where("token", "=", token)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  },
  // The row stays, so that the fencing token keeps rising.
  release: async ({ name, token }) => {
    await database
      .updateTable("leases")
      .set({ until: 0 })
      .where("name", "=", name)
      .where("token", "=", token)
      .execute();
  },
  holder: async (name) => {
    const row = await selectLease(database, name);
    return row === undefined || isFree(row, clock.now()) ? undefined : { owner: row.owner, until: row.until };
  },
});

const selectLease = (database: Kysely<CatalogueSchema>, name: string): Promise<LeaseRow | undefined> =>
  database.selectFrom("leases").selectAll().where("name", "=", name).executeTakeFirst();
