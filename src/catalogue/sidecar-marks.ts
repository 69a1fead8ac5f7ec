/** Photos whose sidecars may be others than those their metadata was read with: compared, and read anew where they are. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { joinPath } from "../photo/path-bytes.ts";
import type { SidecarKind } from "../photo/sidecar-names.ts";
import { NO_SIDECARS, SIDECAR_KINDS, sidecarNames, sidecarSignature, VALUE_KINDS } from "../photo/sidecar-names.ts";
import { listOf } from "./lists.ts";
import { TODO_PRIORITY } from "./scan-repository.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

/** Marks looked at in one transaction. */
const LOT = 500;
/** Name under which photo_stages keeps what the metadata was read with. */
const STAGE = "sidecar";

/** Of a path in the folder. */
export const nameIn = (folder: Uint8Array, path: Uint8Array): string =>
  Buffer.from(path.subarray(folder.length === 0 ? 0 : folder.length + 1)).toString();

const pathIn = (folder: Uint8Array, name: string): Buffer =>
  folder.length === 0 ? Buffer.from(name) : joinPath(folder, Buffer.from(name));

export interface PhotoSidecar {
  readonly kind: SidecarKind;
  /** Absolute, as text. */
  readonly path: string;
}

interface Place {
  readonly id: number;
  readonly content_hash: string;
  readonly root_id: number;
  readonly root: Uint8Array;
  readonly folder: Uint8Array;
  readonly path: Uint8Array;
  readonly kind: "added" | "visited";
}

/** Files that are there and were processed. */
export const filesWithContent = (database: Database) =>
  database
    .selectFrom("files")
    .innerJoin("roots", "roots.id", "files.root_id")
    .select(["files.id", "files.root_id", "files.folder", "files.path", "roots.path as root", "roots.kind"])
    .select(sql<string>`files.content_hash`.as("content_hash")) // not null, by the condition
    .where("files.state", "=", "present")
    .where("files.content_hash", "is not", null);

/** Added roots first, then by path: the first place that has sidecars speaks for the photo. */
const sortedPlaces = async (database: Database, contentHashes: readonly string[]): Promise<readonly Place[]> => {
  const rows = await filesWithContent(database).where("files.content_hash", "in", listOf(contentHashes)).execute();
  return rows.toSorted(
    (a, b) =>
      (a.kind === b.kind ? 0 : a.kind === "added" ? -1 : 1) ||
      joinPath(a.root, a.path).compare(joinPath(b.root, b.path)),
  );
};

export const placesOf = async (
  database: Database,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, readonly Buffer[]>> => {
  const groups = Map.groupBy(await sortedPlaces(database, contentHashes), (place) => place.content_hash);
  return new Map([...groups].map(([hash, places]) => [hash, places.map(({ root, path }) => joinPath(root, path))]));
};

interface FoundSidecar {
  readonly path: Uint8Array;
  readonly kind: SidecarKind;
  readonly size: number;
  readonly mtime: string;
}

/** What lies beside each place, by kind, best name first. */
const besides = async (
  database: Database,
  places: readonly Place[],
  kinds: readonly SidecarKind[],
): Promise<readonly (readonly FoundSidecar[])[]> => {
  const asked = places.flatMap(({ root_id: rootId, folder, path }, place) =>
    kinds.flatMap((kind) =>
      sidecarNames(nameIn(folder, path), kind).map((name) => ({ place, key: [rootId, pathIn(folder, name)] as const })),
    ),
  );
  const keys = JSON.stringify(asked.map(({ key: [rootId, path] }) => [rootId, path.toString("hex")]));
  const { rows } = await sql<FoundSidecar & { readonly at: number }>`
    select asked.key as at, sidecars.path, sidecars.kind, sidecars.size, cast(sidecars.mtime_ns as text) as mtime
    from json_each(${keys}) as asked
    cross join sidecars on sidecars.root_id = asked.value ->> 0 and sidecars.path = unhex(asked.value ->> 1)
    order by asked.key`.execute(database);
  const found = places.map((): FoundSidecar[] => []);
  for (const { at, ...sidecar } of rows) found[asked[at]?.place ?? -1]?.push(sidecar);
  return found;
};

/** Of the best sidecar of each kind. */
const signatureOf = (found: readonly FoundSidecar[]): string => {
  const best = VALUE_KINDS.flatMap((kind) => found.find((sidecar) => sidecar.kind === kind) ?? []);
  return sidecarSignature(best.map(({ kind, size, mtime }) => ({ kind, size, mtimeNs: mtime })));
};

/** What the metadata of each photo should have been read with; without those that scans cannot tell about. */
const wantedSignatures = async (tx: Tx, places: readonly Place[]): Promise<ReadonlyMap<string, string>> => {
  const found = await besides(tx, places, VALUE_KINDS);
  const wanted = new Map<string, string>();
  for (const [at, { content_hash: hash, kind }] of places.entries()) {
    if ((wanted.get(hash) ?? NO_SIDECARS) !== NO_SIDECARS) continue;
    if (kind === "added") wanted.set(hash, signatureOf(found[at] ?? []));
    else wanted.delete(hash); // what lies beside it there was not looked at
  }
  return wanted;
};

const readSignatures = async (tx: Tx, hashes: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const rows = await tx
    .selectFrom("photos")
    .leftJoin("photo_stages", (join) =>
      join.onRef("photo_stages.content_hash", "=", "photos.content_hash").on("photo_stages.stage", "=", STAGE),
    )
    .select(["photos.content_hash", "photo_stages.key"])
    .where("photos.content_hash", "in", listOf(hashes))
    .execute();
  return new Map(rows.map(({ content_hash: hash, key }) => [hash, key ?? NO_SIDECARS]));
};

interface SettledLot {
  readonly waiting: number;
  /** Last mark that was looked at; undefined = there are no more. */
  readonly after: string | undefined;
}

/** Marks of photos that were read with what lies there are done; the others stay until they were. */
const settleLot = async (tx: Tx, after: string, now: number): Promise<SettledLot> => {
  const marks = await tx
    .selectFrom("to_reread")
    .select("content_hash")
    .where("content_hash", ">", after)
    .orderBy("content_hash")
    .limit(LOT)
    .execute();
  const hashes = marks.map((row) => row.content_hash);
  const places = await sortedPlaces(tx, hashes);
  const wanted = await wantedSignatures(tx, places);
  const read = await readSignatures(tx, hashes);
  const isBehind = (hash: string): boolean => read.has(hash) && wanted.has(hash) && read.get(hash) !== wanted.get(hash);
  const behind = new Set(hashes.filter(isBehind));
  const done = hashes.filter((hash) => !behind.has(hash));
  await tx.deleteFrom("to_reread").where("content_hash", "in", listOf(done)).execute();
  const files = [...behind].flatMap((hash) => places.find((place) => place.content_hash === hash)?.id ?? []);
  await tx
    .updateTable("files")
    .set({ todo: "process", todo_priority: TODO_PRIORITY.edit, todo_at: null, todo_since: now })
    .where("id", "in", listOf(files))
    .where("todo", "is", null) // else it is read anyway
    .execute();
  return { waiting: files.length, after: hashes.length < LOT ? undefined : hashes.at(-1) };
};

export const settleMarks = async (database: Database, clock: Clock): Promise<number> => {
  const any = await database.selectFrom("to_reread").select("content_hash").limit(1).executeTakeFirst();
  let [waiting, after] = [0, any === undefined ? undefined : ""];
  while (after !== undefined) {
    const start = after;
    const lot = await database.transaction().execute((tx) => settleLot(tx, start, clock.now()));
    waiting += lot.waiting;
    after = lot.after;
  }
  return waiting;
};

export const sidecarsOf = async (database: Database, contentHash: string): Promise<readonly PhotoSidecar[]> => {
  const places = await sortedPlaces(database, [contentHash]);
  const found = await besides(database, places, SIDECAR_KINDS);
  return places.flatMap(({ root }, at) =>
    (found[at] ?? []).map(({ kind, path }) => ({ kind, path: joinPath(root, path).toString() })),
  );
};
