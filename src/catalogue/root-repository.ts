/** Roots: folders whose files the catalogue knows. File paths are relative to their root, as exact bytes. */
import type { Kysely, Selectable, Transaction, Updateable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { isInside, joinPath, relativeTo } from "../photo/path-bytes.ts";
import { markChanged } from "./index-repository.ts";
import { presentInRoot } from "./photo-scope.ts";
import type { CatalogueSchema, RootKind, RootsTable, RootState, RootWatchTable, WantedRootMode } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

export interface Root {
  readonly id: number;
  readonly path: Buffer;
  readonly kind: RootKind;
}

/** What the user says about an added root. What is left out follows the general settings. */
export interface RootOptions {
  /** gitignore patterns, on top of `watch.exclude`. */
  readonly exclude?: readonly string[];
  readonly hidden?: boolean;
  readonly localOnly?: boolean;
  /** Enrichment kinds made by themselves for its photos. */
  readonly kinds?: readonly string[];
  /** Provider of language models for its photos. */
  readonly provider?: string;
}

/** One of the files by which a root is known again. */
export interface FingerprintFile {
  /** Below the root, base64 of the exact bytes. */
  readonly path: string;
  readonly size: number;
  /** Nanoseconds, as text. */
  readonly mtimeNs: string;
}

/** What tells one folder from another that lies at its path. */
export interface RootIdentity {
  readonly device: string;
  readonly inode: string;
  /** Such as ext, nfs; empty when the system does not tell. */
  readonly fileSystem: string;
}

/** What the process that watches a root says. */
export interface RootWatch {
  readonly mode: RootWatchTable["mode"];
  readonly reason: string | undefined;
  readonly fix: string | undefined;
  /** Folders that are watched. */
  readonly folders: number;
  readonly nextScanAt: number | undefined;
  /** Since when nothing was left to do. */
  readonly settledAt: number | undefined;
}

export interface AddedRoot extends Root {
  readonly watch: boolean;
  readonly mode: WantedRootMode;
  readonly state: RootState;
  readonly stateReason: string | undefined;
  readonly stateSince: number | undefined;
  /** undefined until it was looked at for the first time. */
  readonly identity: RootIdentity | undefined;
  readonly fingerprint: readonly FingerprintFile[];
  readonly sentinel: string | undefined;
  readonly options: RootOptions;
  readonly lossSeenAt: number | undefined;
  readonly lossConfirmed: boolean;
  /** End of the last whole scan. */
  readonly scannedAt: number | undefined;
  readonly scanMs: number | undefined;
  readonly reported: (RootWatch & { readonly updatedAt: number }) | undefined;
}

export interface RootChange {
  readonly watch?: boolean;
  readonly mode?: WantedRootMode;
  readonly options?: RootOptions;
  readonly identity?: RootIdentity;
  readonly fingerprint?: readonly FingerprintFile[];
  readonly sentinel?: string;
  readonly lossSeenAt?: number | null;
  readonly lossConfirmed?: boolean;
  readonly scanned?: { readonly at: number; readonly ms: number };
}

export interface NewRoot {
  readonly path: Buffer;
  readonly identity: RootIdentity;
  readonly watch: boolean;
  readonly mode: WantedRootMode;
  readonly options: RootOptions;
}

export interface RootRepository {
  readonly list: () => Promise<readonly Root[]>;
  /**
   * The root that holds files of `folder`: an existing one around it, else a new visited root. A new root absorbs the
   * visited roots inside it, so that a file is never known twice.
   */
  readonly visit: (folder: Buffer) => Promise<Root>;
  /** Roots that were added, oldest first. */
  readonly added: () => Promise<readonly AddedRoot[]>;
  /** Takes over the files of visited roots in it and around it. The caller has refused nesting. */
  readonly add: (root: NewRoot) => Promise<AddedRoot>;
  readonly change: (rootId: number, change: RootChange) => Promise<void>;
  /** `since` stays when the state does. */
  readonly setState: (rootId: number, state: RootState, reason: string | undefined) => Promise<void>;
  /** The root becomes a visited one: its photos stay, nothing scans it any more. */
  readonly release: (rootId: number) => Promise<void>;
  /** Removes the root with its file rows; photos without another file are not shown any more. */
  readonly remove: (rootId: number) => Promise<void>;
  readonly report: (rootId: number, watch: RootWatch) => Promise<void>;
  readonly countPresent: (rootId: number) => Promise<number>;
}

const listRoots = async (database: Database): Promise<readonly Root[]> => {
  const rows = await database.selectFrom("roots").select(["id", "path", "kind"]).orderBy("id").execute();
  return rows.map(({ id, path, kind }) => ({ id, path: Buffer.from(path), kind }));
};

/** The root that a file or folder belongs to: added roots first, then the outermost. */
export const enclosingRoot = (roots: readonly Root[], path: Buffer): Root | undefined =>
  roots
    .filter((root) => isInside(path, root.path))
    .toSorted((a, b) => Number(b.kind === "added") - Number(a.kind === "added") || a.path.length - b.path.length)[0];

const absorb = async (transaction: Transaction<CatalogueSchema>, outer: Root, inner: Root): Promise<void> => {
  const prefix = joinPath(relativeTo(outer.path, inner.path), Buffer.alloc(0));
  await transaction
    .updateTable("files")
    .set({ root_id: outer.id, path: sql<Uint8Array>`cast(${prefix} || path as blob)` })
    .where("root_id", "=", inner.id)
    .execute();
  await transaction.deleteFrom("roots").where("id", "=", inner.id).execute();
};

/** Files of a visited root that lie in a new root inside it. */
const takeFrom = async (transaction: Transaction<CatalogueSchema>, inner: Root, outer: Root): Promise<void> => {
  const prefix = joinPath(relativeTo(outer.path, inner.path), Buffer.alloc(0));
  await transaction
    .updateTable("files")
    .set({ root_id: inner.id, path: sql<Uint8Array>`cast(substr(path, ${prefix.length + 1}) as blob)` })
    .where("root_id", "=", outer.id)
    .where(sql`substr(path, 1, ${prefix.length})`, "=", prefix)
    .execute();
};

/** The index holds every folder around a photo up to its root: with another root these are others. */
const markFilesOf = async (transaction: Transaction<CatalogueSchema>, rootId: number, now: number): Promise<void> => {
  const photos = await transaction
    .selectFrom("files")
    .select("content_hash")
    .distinct()
    .where("root_id", "=", rootId)
    .where("content_hash", "is not", null)
    .$narrowType<{ content_hash: string }>()
    .execute();
  const hashes = photos.map(({ content_hash: hash }) => hash);
  if (hashes.length > 0) await markChanged(transaction, hashes, now);
};

const visit = async (transaction: Transaction<CatalogueSchema>, folder: Buffer, now: number): Promise<Root> => {
  const roots = await listRoots(transaction);
  const existing = enclosingRoot(roots, folder);
  if (existing !== undefined) return existing;
  const { id } = await transaction
    .insertInto("roots")
    .values({ path: folder, kind: "visited", created_at: now })
    .returning("id")
    .executeTakeFirstOrThrow();
  const created: Root = { id, path: folder, kind: "visited" };
  for (const inner of roots) {
    if (inner.kind === "visited" && isInside(inner.path, folder)) await absorb(transaction, created, inner);
  }
  await markFilesOf(transaction, created.id, now);
  return created;
};

interface RootRow extends Selectable<RootsTable> {
  readonly watch_mode: RootWatchTable["mode"] | null;
  readonly watch_reason: string | null;
  readonly watch_fix: string | null;
  readonly watch_folders: number | null;
  readonly next_scan_at: number | null;
  readonly settled_at: number | null;
  readonly reported_at: number | null;
}

const selectAdded = (database: Database) =>
  database
    .selectFrom("roots")
    .leftJoin("root_watch", "root_watch.root_id", "roots.id")
    .selectAll("roots")
    .select([
      "root_watch.mode as watch_mode",
      "root_watch.reason as watch_reason",
      "root_watch.fix as watch_fix",
      "root_watch.folders as watch_folders",
      "root_watch.next_scan_at",
      "root_watch.settled_at",
      "root_watch.updated_at as reported_at",
    ])
    .where("roots.kind", "=", "added")
    .orderBy("roots.id");

const reportedOf = (row: RootRow): AddedRoot["reported"] =>
  row.watch_mode === null || row.reported_at === null
    ? undefined
    : {
        mode: row.watch_mode,
        reason: row.watch_reason ?? undefined,
        fix: row.watch_fix ?? undefined,
        folders: row.watch_folders ?? 0,
        nextScanAt: row.next_scan_at ?? undefined,
        settledAt: row.settled_at ?? undefined,
        updatedAt: row.reported_at,
      };

const addedRootOf = (row: RootRow): AddedRoot => ({
  id: row.id,
  path: Buffer.from(row.path),
  kind: row.kind,
  watch: row.watch === 1,
  mode: row.mode,
  state: row.state,
  stateReason: row.state_reason ?? undefined,
  stateSince: row.state_since ?? undefined,
  identity:
    row.device === null || row.inode === null
      ? undefined
      : { device: row.device, inode: row.inode, fileSystem: row.file_system ?? "" },
  fingerprint: JSON.parse(row.fingerprint) as FingerprintFile[], // written by `change`
  sentinel: row.sentinel ?? undefined,
  options: JSON.parse(row.options) as RootOptions, // written by `change` and `add`
  lossSeenAt: row.loss_seen_at ?? undefined,
  lossConfirmed: row.loss_confirmed === 1,
  scannedAt: row.scanned_at ?? undefined,
  scanMs: row.scan_ms ?? undefined,
  reported: reportedOf(row),
});

const identityColumns = ({ device, inode, fileSystem }: RootIdentity) => ({
  device,
  inode,
  file_system: fileSystem,
});

const changedColumns = (change: RootChange): Updateable<RootsTable> => ({
  ...(change.watch === undefined ? {} : { watch: Number(change.watch) }),
  ...(change.mode === undefined ? {} : { mode: change.mode }),
  ...(change.options === undefined ? {} : { options: JSON.stringify(change.options) }),
  ...(change.identity === undefined ? {} : identityColumns(change.identity)),
  ...(change.fingerprint === undefined ? {} : { fingerprint: JSON.stringify(change.fingerprint) }),
  ...(change.sentinel === undefined ? {} : { sentinel: change.sentinel }),
  ...(change.lossSeenAt === undefined ? {} : { loss_seen_at: change.lossSeenAt }),
  ...(change.lossConfirmed === undefined ? {} : { loss_confirmed: Number(change.lossConfirmed) }),
  ...(change.scanned === undefined ? {} : { scanned_at: change.scanned.at, scan_ms: change.scanned.ms }),
});

const addRoot = async (
  transaction: Transaction<CatalogueSchema>,
  { path, identity, watch, mode, options }: NewRoot,
  now: number,
): Promise<AddedRoot> => {
  const others = await listRoots(transaction);
  const settings = { ...identityColumns(identity), watch: Number(watch), mode, options: JSON.stringify(options) };
  const same = others.find((root) => root.path.equals(path));
  const { id } =
    same === undefined
      ? await transaction
          .insertInto("roots")
          .values({ path, kind: "added", created_at: now, ...settings })
          .returning("id")
          .executeTakeFirstOrThrow()
      : same;
  if (same !== undefined) {
    await transaction
      .updateTable("roots")
      .set({ kind: "added", ...settings })
      .where("id", "=", id)
      .execute();
  }
  const added: Root = { id, path, kind: "added" };
  for (const other of others) {
    if (other.id === id || other.kind !== "visited") continue;
    if (isInside(other.path, path)) await absorb(transaction, added, other);
    else if (isInside(path, other.path)) await takeFrom(transaction, added, other);
  }
  await markFilesOf(transaction, id, now);
  return addedRootOf(await selectAdded(transaction).where("roots.id", "=", id).executeTakeFirstOrThrow());
};

const setState = async (
  transaction: Transaction<CatalogueSchema>,
  { rootId, state, reason }: { readonly rootId: number; readonly state: RootState; readonly reason: string | null },
  now: number,
): Promise<void> => {
  await transaction
    .updateTable("roots")
    .set((eb) => ({
      state,
      state_reason: reason,
      state_since: eb.case().when("state", "=", state).then(eb.ref("state_since")).else(now).end(),
    }))
    .where("id", "=", rootId)
    .execute();
};

const removeRoot = async (transaction: Transaction<CatalogueSchema>, rootId: number, now: number): Promise<void> => {
  const hashes = await presentInRoot(transaction, rootId);
  await transaction.deleteFrom("files").where("root_id", "=", rootId).execute();
  await transaction.deleteFrom("roots").where("id", "=", rootId).execute();
  if (hashes.length > 0) await markChanged(transaction, hashes, now);
};

const report = async (database: Database, rootId: number, watch: RootWatch, now: number): Promise<void> => {
  const columns = {
    mode: watch.mode,
    reason: watch.reason ?? null,
    fix: watch.fix ?? null,
    folders: watch.folders,
    next_scan_at: watch.nextScanAt ?? null,
    settled_at: watch.settledAt ?? null,
    updated_at: now,
  };
  await database
    .insertInto("root_watch")
    .values({ root_id: rootId, ...columns })
    .onConflict((conflict) => conflict.column("root_id").doUpdateSet(columns))
    .execute();
};

export const createRootRepository = (database: Database, clock: Clock): RootRepository => {
  const inTransaction = <Result>(work: (transaction: Transaction<CatalogueSchema>) => Promise<Result>) =>
    database.transaction().execute(work);
  return {
    list: () => listRoots(database),
    visit: (folder) => inTransaction((transaction) => visit(transaction, folder, clock.now())),
    added: async () => (await selectAdded(database).execute()).map(addedRootOf),
    add: (root) => inTransaction((transaction) => addRoot(transaction, root, clock.now())),
    change: async (rootId, change) => {
      await database.updateTable("roots").set(changedColumns(change)).where("id", "=", rootId).execute();
    },
    setState: (rootId, state, reason) =>
      inTransaction((transaction) => setState(transaction, { rootId, state, reason: reason ?? null }, clock.now())),
    release: async (rootId) => {
      await database
        .updateTable("roots")
        .set({ kind: "visited", state: "online", state_reason: null, state_since: null })
        .where("id", "=", rootId)
        .execute();
    },
    remove: (rootId) => inTransaction((transaction) => removeRoot(transaction, rootId, clock.now())),
    report: (rootId, watch) => report(database, rootId, watch, clock.now()),
    countPresent: async (rootId) => {
      const { files } = await database
        .selectFrom("files")
        .select((eb) => eb.fn.countAll<number>().as("files"))
        .where("root_id", "=", rootId)
        .where("state", "=", "present")
        .executeTakeFirstOrThrow();
      return files;
    },
  };
};
