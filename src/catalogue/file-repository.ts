/**
 * Files and who works on them.
 *
 *   (unknown) ──claim──▶ pending+lease ──finish──▶ present      (by photo-repository, with its photo)
 *                                      ──fail────▶ see failed-files.ts
 *                                      ──release─▶ as before
 *   a lease that ran out or whose owner is dead ──claim──▶ counted as a crash of this file
 *
 * Crashes: a process that dies holds several files, and most are innocent. So the count stops at 2 ("suspect"); a
 * suspect is then decoded alone, and only deaths while alone count on, up to CRASH_LIMIT: then it is quarantined. The
 * time alone is kept short, because a death from outside (power, `kill -9`) counts as well.
 */
import { randomBytes } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import type { FailedFile } from "./failed-files.ts";
import { noteFailure } from "./failed-files.ts";
import { noLease, statColumns } from "./file-columns.ts";
import { listOf, listOfBytes } from "./lists.ts";
import { isOwnerDead } from "./owner.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema, FilesTable, FileState, FileTodo } from "./schema.ts";

export const FILE_LEASE_MS = 30 * SECOND;
export const FILE_HEARTBEAT_MS = 10 * SECOND;
const SUSPECT_AFTER_CRASHES = 2;
export const CRASH_LIMIT = SUSPECT_AFTER_CRASHES + 3;
const ALONE_PREFIX = "alone:";

/** What tells two states of a file apart without reading it. */
export interface FileStat {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
}

export interface FilePlace {
  readonly rootId: number;
  /** Relative to the root, exact bytes. */
  readonly path: Buffer;
}

export interface KnownFile extends FilePlace {
  readonly id: number;
  readonly state: FileState;
  readonly stat: FileStat;
  readonly contentHash: string | undefined;
  readonly reason: string | undefined;
  readonly reasonMessage: string | undefined;
  readonly reasonKey: string | undefined;
  /** What a scan wants done with it. */
  readonly todo: FileTodo | undefined;
}

export interface FileClaim {
  readonly fileId: number;
  readonly token: string;
  /** Must be worked on alone: earlier processes died while holding it. */
  readonly isSuspect: boolean;
  readonly crashes: number;
}

export interface FileRepository {
  readonly find: (rootId: number, paths: readonly Buffer[]) => Promise<readonly KnownFile[]>;
  /**
   * One entry per place, in order; `undefined` = another live process holds the file, or its root is gone because
   * another one absorbed it.
   */
  readonly claim: (
    places: readonly (FilePlace & { readonly stat: FileStat })[],
  ) => Promise<readonly (FileClaim | undefined)[]>;
  /** Marks the claim as worked on alone; undefined when the lease was lost. */
  readonly workAlone: (claim: FileClaim) => Promise<FileClaim | undefined>;
  /** Ends `workAlone`: the process lived through the dangerous part. */
  readonly workTogether: (claim: FileClaim) => Promise<FileClaim>;
  /** Ends the leases of owners that died on this host, and counts the crashes. */
  readonly releaseDead: () => Promise<void>;
  /** Renews every file lease this owner holds. */
  readonly heartbeat: () => Promise<void>;
  readonly release: (claims: readonly FileClaim[]) => Promise<void>;
  readonly quarantine: (failures: readonly FailedFile[]) => Promise<void>;
}

type LeaseRow = Pick<Selectable<FilesTable>, "id" | "lease_owner" | "lease_token" | "lease_until" | "crashes"> & {
  readonly path: Uint8Array;
  readonly root_id: number;
};

type CrashFacts = Pick<LeaseRow, "lease_owner" | "lease_token" | "crashes">;

const crashesAfter = (row: CrashFacts): number => {
  if (row.lease_owner === null) return row.crashes;
  const wasAlone = row.lease_token?.startsWith(ALONE_PREFIX) === true;
  return wasAlone ? row.crashes + 1 : Math.min(row.crashes + 1, SUSPECT_AFTER_CRASHES);
};

const placeKey = (rootId: number, path: Uint8Array): string => `${rootId}:${Buffer.from(path).toString("latin1")}`;

const toKnownFile = (row: {
  id: number;
  root_id: number;
  path: Uint8Array;
  state: FileState;
  size: number;
  mtime: string;
  ctime: string;
  inode: string;
  content_hash: string | null;
  reason: string | null;
  reason_message: string | null;
  reason_key: string | null;
  todo: FileTodo | null;
}): KnownFile => ({
  id: row.id,
  rootId: row.root_id,
  path: Buffer.from(row.path),
  state: row.state,
  stat: {
    size: row.size,
    mtimeNs: BigInt(row.mtime),
    ctimeNs: BigInt(row.ctime),
    inode: BigInt.asUintN(64, BigInt(row.inode)),
  },
  contentHash: row.content_hash ?? undefined,
  reason: row.reason ?? undefined,
  reasonMessage: row.reason_message ?? undefined,
  reasonKey: row.reason_key ?? undefined,
  todo: row.todo ?? undefined,
});

/** Columns of a file row with its nanosecond times as text. */
const knownFileColumns = [
  "files.id",
  "files.root_id",
  "files.path",
  "files.state",
  "files.size",
  sql<string>`cast(files.mtime_ns as text)`.as("mtime"),
  sql<string>`cast(files.ctime_ns as text)`.as("ctime"),
  sql<string>`cast(files.inode as text)`.as("inode"),
  "files.content_hash",
  "files.reason",
  "files.reason_message",
  "files.reason_key",
  "files.todo",
] as const;

export const isSameStat = (a: FileStat, b: FileStat): boolean =>
  a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode;

interface Lease {
  readonly lease_owner: string;
  readonly lease_token: string;
  readonly lease_until: number;
}

type ClaimablePlace = FilePlace & { readonly stat: FileStat };

/** Files that were unknown get a row that is claimed from the start; rows that are there stay as they are. */
const insertClaimed = (
  database: Kysely<CatalogueSchema>,
  places: readonly ClaimablePlace[],
  lease: Lease,
  now: number,
): Promise<void> =>
  executeForEach(
    database,
    places.map(({ rootId, path, stat }) => ({
      root_id: rootId,
      path,
      ...statColumns(stat),
      ...lease,
      state: "pending" as const,
      tries: 0,
      crashes: 0,
      first_seen_at: now,
      updated_at: now,
    })),
    (row) =>
      database
        .insertInto("files")
        .values(row)
        .onConflict((conflict) => conflict.columns(["root_id", "path"]).doNothing()),
  );

const takeOver = (database: Kysely<CatalogueSchema>, rows: readonly LeaseRow[], lease: Lease): Promise<void> =>
  executeForEach(
    database,
    rows.map((row) => ({ ...lease, crashes: crashesAfter(row), id: row.id })),
    ({ id, ...columns }) => database.updateTable("files").set(columns).where("id", "=", id),
  );

const isHeld = ({ lease_owner: owner, lease_until: until }: LeaseRow, now: number): boolean =>
  owner !== null && (until ?? 0) > now && !isOwnerDead(owner);

const claimPlaces = async (
  database: Kysely<CatalogueSchema>,
  { owner, now }: { readonly owner: string; readonly now: number },
  places: readonly ClaimablePlace[],
): Promise<readonly (FileClaim | undefined)[]> => {
  const rootIds = listOf([...new Set(places.map(({ rootId }) => rootId))]);
  const roots = await database.selectFrom("roots").select("id").where("id", "in", rootIds).execute();
  const present = new Set(roots.map(({ id }) => id));
  const token = randomBytes(8).toString("hex");
  const lease = { lease_owner: owner, lease_token: token, lease_until: now + FILE_LEASE_MS };
  const claimable = places.filter(({ rootId }) => present.has(rootId));
  await insertClaimed(database, claimable, lease, now);
  const rows: readonly LeaseRow[] = await database
    .selectFrom("files")
    .select(["id", "root_id", "path", "lease_owner", "lease_token", "lease_until", "crashes"])
    .where("root_id", "in", rootIds)
    .where("path", "in", listOfBytes(places.map(({ path }) => path)))
    .execute();
  const isNew = (row: LeaseRow): boolean => row.lease_token === token;
  const free = rows.filter((row) => !isNew(row) && !isHeld(row, now));
  await takeOver(database, free, lease);
  const claims = new Map([...rows.filter(isNew), ...free].map((row) => [placeKey(row.root_id, row.path), row]));
  return places.map(({ rootId, path }) => {
    const row = claims.get(placeKey(rootId, path));
    if (row === undefined) return undefined;
    const crashes = isNew(row) ? row.crashes : crashesAfter(row);
    return { fileId: row.id, token, crashes, isSuspect: crashes >= SUSPECT_AFTER_CRASHES };
  });
};

const replaceToken = async (
  database: Kysely<CatalogueSchema>,
  claim: FileClaim,
  token: string,
): Promise<FileClaim | undefined> => {
  const result = await database
    .updateTable("files")
    .set({ lease_token: token })
    .where("id", "=", claim.fileId)
    .where("lease_token", "=", claim.token)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n ? { ...claim, token } : undefined;
};

const deadOwners = async (database: Kysely<CatalogueSchema>): Promise<readonly string[]> => {
  const rows = await database
    .selectFrom("files")
    .select("lease_owner")
    .distinct()
    .where("lease_owner", "is not", null)
    .execute();
  return rows.flatMap(({ lease_owner: owner }) => (owner !== null && isOwnerDead(owner) ? [owner] : []));
};

const releaseDead = async (database: Kysely<CatalogueSchema>, owners: readonly string[]): Promise<void> => {
  const rows = await database
    .selectFrom("files")
    .select(["id", "lease_owner", "lease_token", "crashes"])
    .where("lease_owner", "in", listOf(owners))
    .execute();
  for (const row of rows) {
    await database
      .updateTable("files")
      .set({ ...noLease, crashes: crashesAfter(row) })
      .where("id", "=", row.id)
      .execute();
  }
};

export const createFileRepository = (
  database: Kysely<CatalogueSchema>,
  owner: string,
  clock: Clock,
): FileRepository => ({
  find: async (rootId, paths) => {
    if (paths.length === 0) return [];
    const rows = await database
      .selectFrom("files")
      .select(knownFileColumns)
      .where("root_id", "=", rootId)
      .where("path", "in", listOfBytes(paths))
      .execute();
    return rows.map(toKnownFile);
  },
  claim: (places) =>
    places.length === 0
      ? Promise.resolve([])
      : database.transaction().execute((transaction) => claimPlaces(transaction, { owner, now: clock.now() }, places)),
  workAlone: (claim) => replaceToken(database, claim, `${ALONE_PREFIX}${claim.token}`),
  workTogether: async (claim) => (await replaceToken(database, claim, claim.token.replace(ALONE_PREFIX, ""))) ?? claim,
  releaseDead: async () => {
    // Looked at outside of a transaction: mostly there is nothing to do.
    const owners = await deadOwners(database);
    if (owners.length > 0) await database.transaction().execute((transaction) => releaseDead(transaction, owners));
  },
  heartbeat: async () => {
    await database
      .updateTable("files")
      .set({ lease_until: clock.now() + FILE_LEASE_MS })
      .where("lease_owner", "=", owner)
      .execute();
  },
  release: async (claims) => {
    for (const { fileId, token } of claims) {
      await database
        .updateTable("files")
        .set(noLease)
        .where("id", "=", fileId)
        .where("lease_token", "=", token)
        .execute();
    }
  },
  quarantine: (failures) =>
    database.transaction().execute(async (transaction) => {
      for (const failure of failures) await noteFailure(transaction, failure, clock.now());
    }),
});
