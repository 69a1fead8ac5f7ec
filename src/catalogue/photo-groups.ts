/**
 * Keeps photo groups as the files lie. Triggers mark every photo that came, went, moved or changed (migration 0006);
 * here the marks are worked off, and photos whose group changed are marked for the index.
 */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { GroupSibling, StemRange } from "../photo/photo-groups.ts";
import { HIDDEN_FORMAT, hasStemOf, isGroupFormat, shownInstead, stemRangeOf } from "../photo/photo-groups.ts";
import { markChanged } from "./index-repository.ts";
import { listOf } from "./lists.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

/** Marks worked off in one transaction. */
const LOT = 500;

/** The time as EXIF has it: sidecars may give one of the files another. */
const capturedAtOf = sql<string | null>`photos.exif ->> '$.captured_at'`;

interface GroupPhoto extends GroupSibling {
  /** Where it lies, relative to its roots. */
  readonly ranges: readonly (StemRange & { readonly rootId: number })[];
}

const loadPhotos = async (tx: Database, hashes: readonly string[]): Promise<readonly GroupPhoto[]> => {
  const rows = await tx
    .selectFrom("photos")
    .innerJoin("files", "files.content_hash", "photos.content_hash")
    .select(["photos.content_hash", "photos.format", capturedAtOf.as("captured_at"), "files.root_id", "files.path"])
    .where("photos.content_hash", "in", listOf(hashes))
    .where("files.state", "=", "present")
    .execute();
  return [...Map.groupBy(rows, (row) => row.content_hash).values()].flatMap((files) => {
    const [first] = files;
    if (first === undefined || !isGroupFormat(first.format)) return [];
    const ranges = files.flatMap((file) => {
      const range = stemRangeOf(Buffer.from(file.path));
      return range === undefined ? [] : [{ ...range, rootId: file.root_id }];
    });
    const { content_hash: contentHash, format, captured_at: capturedAt } = first;
    return [{ contentHash, format, capturedAt: capturedAt ?? undefined, ranges }];
  });
};

interface Neighbour extends GroupSibling {
  readonly of: string;
}

/** Present photos beside the given ones, with their stem. */
const neighboursOf = async (tx: Database, photos: readonly GroupPhoto[]): Promise<readonly Neighbour[]> => {
  const places = photos.flatMap(({ contentHash, ranges }) => ranges.map((range) => ({ contentHash, range })));
  if (places.length === 0) return [];
  const asked = places.map(({ range: { rootId, after, before } }) => [
    rootId,
    after.toString("hex"),
    before.toString("hex"),
  ]);
  const { rows } = await sql<{
    place: number;
    path: Uint8Array;
    content_hash: string;
    format: string;
    captured_at: string | null;
  }>`
    select place.key as place, files.path, photos.content_hash, photos.format, ${capturedAtOf} as captured_at
    from json_each(${JSON.stringify(asked)}) as place
    cross join files on files.root_id = place.value ->> 0
      and files.path > unhex(place.value ->> 1) and files.path < unhex(place.value ->> 2)
    cross join photos on photos.content_hash = files.content_hash
    where files.state = 'present'`.execute(tx);
  return rows.flatMap((row) => {
    const place = places[row.place];
    if (place === undefined || !hasStemOf(row.path, place.range)) return [];
    return [
      {
        of: place.contentHash,
        contentHash: row.content_hash,
        format: row.format,
        capturedAt: row.captured_at ?? undefined,
      },
    ];
  });
};

/** Hashes of the RAW files whose group depends on these photos. */
const concernedRaws = async (tx: Database, hashes: readonly string[]): Promise<readonly string[]> => {
  const photos = await loadPhotos(tx, hashes);
  const beside = await neighboursOf(
    tx,
    photos.filter(({ format }) => format !== HIDDEN_FORMAT),
  );
  const grouped = await tx
    .selectFrom("photo_groups")
    .select("content_hash")
    .where((eb) => eb.or([eb("content_hash", "in", listOf(hashes)), eb("primary_hash", "in", listOf(hashes))]))
    .execute();
  const raws = [...photos, ...beside].filter(({ format }) => format === HIDDEN_FORMAT);
  return [...new Set([...raws.map(({ contentHash }) => contentHash), ...grouped.map((row) => row.content_hash)])];
};

/** What the files say: RAW file to the photo that stands for it. */
const wantedGroups = async (tx: Database, raws: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const photos = await loadPhotos(tx, raws);
  const siblings = Map.groupBy(await neighboursOf(tx, photos), ({ of }) => of);
  return new Map(
    photos.flatMap(({ contentHash, capturedAt }) => {
      const shown = shownInstead(capturedAt, siblings.get(contentHash) ?? []);
      return shown === undefined ? [] : [[contentHash, shown.contentHash] as const];
    }),
  );
};

const storeGroups = async (tx: Tx, raws: readonly string[], now: number): Promise<void> => {
  const wanted = await wantedGroups(tx, raws);
  const rows = await tx.selectFrom("photo_groups").selectAll().where("content_hash", "in", listOf(raws)).execute();
  const stored = new Map(rows.map((row) => [row.content_hash, row.primary_hash]));
  const changed = raws.filter((hash) => wanted.get(hash) !== stored.get(hash));
  if (changed.length === 0) return;
  await tx.deleteFrom("photo_groups").where("content_hash", "in", listOf(changed)).execute();
  const added = changed.flatMap((hash) => {
    const primary = wanted.get(hash);
    return primary === undefined ? [] : [{ content_hash: hash, primary_hash: primary }];
  });
  await executeForEach(tx, added, (row) => tx.insertInto("photo_groups").values(row));
  const concerned = changed.flatMap((hash) => [hash, stored.get(hash), wanted.get(hash)]);
  await markChanged(tx, [...new Set(concerned.filter((hash) => hash !== undefined))], now);
};

/** @returns false when no mark is left */
const settleLot = async (tx: Tx, now: number): Promise<boolean> => {
  const rows = await tx
    .deleteFrom("to_group")
    .where("content_hash", "in", firstMarks(tx))
    .returning("content_hash")
    .execute();
  const hashes = rows.map((row) => row.content_hash);
  const raws = await concernedRaws(tx, hashes);
  if (raws.length > 0) await storeGroups(tx, raws, now);
  return hashes.length === LOT;
};

const firstMarks = (tx: Database) =>
  tx.selectFrom("to_group").select("content_hash").orderBy("content_hash").limit(LOT);

/** Works off every mark. Asking whether there are any costs microseconds. */
export const settleGroups = async (database: Database, clock: Clock): Promise<void> => {
  const any = await database.selectFrom("to_group").select("content_hash").limit(1).executeTakeFirst();
  if (any === undefined) return;
  while (await database.transaction().execute((tx) => settleLot(tx, clock.now())));
};
