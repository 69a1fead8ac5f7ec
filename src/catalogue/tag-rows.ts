/** Tags as rows: what models found, what people decided, and both put together as readers see them. */
import type { Insertable, Kysely } from "kysely";
import type { ScoredTag, StoredTag } from "../photo/types.ts";
import type { TagEdits } from "../photo/tag-edits.ts";
import { withTagEdits } from "../photo/tag-edits.ts";
import { listOf } from "./lists.ts";
import type { TagRun } from "./photo-row.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema, TagsTable } from "./schema.ts";
import type { Given } from "./statement.ts";
import { givenList, statement } from "./statement.ts";

type Database = Kysely<CatalogueSchema>;

/** What people are sure of. */
const CERTAIN = 1;

const foundTagRows = statement((database, { hashes }: Given<{ hashes: string }>) =>
  database
    .selectFrom("tags")
    .leftJoin("tag_runs", "tag_runs.id", "tags.run_id")
    .select(["tags.content_hash", "tags.name", "tags.source", "tags.category", "tags.ancestors", "tags.confidence"])
    .select(["tags.run_id", "tags.created_at", "tag_runs.vector_key", "tag_runs.bank_key", "tag_runs.calibration_id"])
    .where("tags.content_hash", "in", givenList<string>(hashes))
    .orderBy("tags.content_hash")
    .orderBy("tags.source")
    .orderBy("tags.rank"),
);

type FoundRow = Awaited<ReturnType<typeof foundTagRows.all>>[number];

const storedTagOf = (row: FoundRow): StoredTag => {
  const ancestors = JSON.parse(row.ancestors) as string[]; // written by tagRowsOf
  return {
    name: row.name,
    confidence: row.confidence,
    ...(row.category === null ? {} : { category: row.category }),
    ...(ancestors.length === 0 ? {} : { ancestors }),
    provenance: {
      source: row.source,
      at: row.created_at,
      ...(row.run_id === null ? {} : { runId: row.run_id }),
      ...(row.vector_key === null ? {} : { vectorKey: row.vector_key }),
      ...(row.bank_key === null ? {} : { bankKey: row.bank_key }),
      ...(row.calibration_id === null ? {} : { calibrationId: row.calibration_id }),
    },
  };
};

/** A tag as a run computes it. */
export const withoutProvenance = ({ provenance: _provenance, ...tag }: StoredTag): ScoredTag => tag;

const groupBy = <Row, Value>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  valueOf: (row: Row) => Value,
): ReadonlyMap<string, readonly Value[]> => {
  const groups = new Map<string, Value[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [valueOf(row)]);
    else group.push(valueOf(row));
  }
  return groups;
};

/** Tags of models and files, best first, whatever people decided about them. */
export const foundTags = async (
  database: Database,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredTag[]>> => {
  if (contentHashes.length === 0) return new Map();
  const rows = await foundTagRows.all(database, { hashes: JSON.stringify(contentHashes) });
  return groupBy(rows, (row) => row.content_hash, storedTagOf);
};

const tagEditRows = statement((database, { hashes }: Given<{ hashes: string }>) =>
  database
    .selectFrom("tag_edits")
    .innerJoin("tag_runs", "tag_runs.id", "tag_edits.run_id")
    .select(["tag_edits.content_hash", "tag_edits.folded", "tag_edits.name", "tag_edits.action"])
    .select(["tag_edits.run_id", "tag_runs.at", "tag_runs.source"])
    .where("tag_edits.content_hash", "in", givenList<string>(hashes))
    .orderBy("tag_edits.run_id"),
);

/** The newest decision about each name. */
export const tagEditsOf = async (
  database: Database,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, TagEdits<StoredTag>>> => {
  if (contentHashes.length === 0) return new Map();
  const rows = await tagEditRows.all(database, { hashes: JSON.stringify(contentHashes) });
  const photos = groupBy(
    rows,
    (row) => row.content_hash,
    (row) => row,
  );
  return new Map(
    [...photos].map(([contentHash, decisions]) => {
      const newest = new Map(decisions.map((row) => [row.folded, row]));
      const added = decisions
        .filter((row) => row.action === "add" && newest.get(row.folded) === row)
        .map((row): StoredTag => {
          const provenance = { source: row.source, at: row.at, runId: row.run_id };
          return { name: row.name, confidence: CERTAIN, provenance };
        });
      return [contentHash, { added, decided: new Set(newest.keys()) }];
    }),
  );
};

/** Tags as readers see them: people's first, then what models and files say and nobody decided about. */
export const shownTags = async (
  database: Database,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredTag[]>> => {
  const found = await foundTags(database, contentHashes);
  const edits = await tagEditsOf(database, contentHashes);
  if (edits.size === 0) return found;
  return new Map(contentHashes.map((hash) => [hash, withTagEdits(found.get(hash) ?? [], edits.get(hash))]));
};

const tagRowsOf = (
  contentHash: string,
  tags: readonly ScoredTag[],
  { runId, now }: { readonly runId: number; readonly now: number },
): Insertable<TagsTable>[] =>
  tags.map((tag, rank) => ({
    content_hash: contentHash,
    name: tag.name,
    source: "zero-shot" as const,
    category: tag.category ?? null,
    ancestors: JSON.stringify(tag.ancestors ?? []),
    confidence: tag.confidence,
    rank,
    run_id: runId,
    created_at: now,
  }));

const findRun = async (database: Database, token: string): Promise<number | undefined> =>
  (await database.selectFrom("tag_runs").select("id").where("token", "=", token).executeTakeFirst())?.id;

/** The row of a run, made by its first commit; part of a transaction. */
const runIdOf = async (database: Database, run: TagRun, now: number): Promise<number> => {
  const { token, vectorKey, bankKey, calibrationId } = run;
  const known = await findRun(database, token);
  if (known !== undefined) return known;
  const row = await database
    .insertInto("tag_runs")
    .values({
      token,
      source: "zero-shot",
      vector_key: vectorKey,
      bank_key: bankKey,
      calibration_id: calibrationId,
      at: now,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return row.id;
};

/** Replaces the model's tags of these photos as a whole; tags of sidecars and files, and people's decisions, stay. */
export const replaceModelTags = async (
  database: Database,
  photos: readonly { readonly contentHash: string; readonly run: TagRun; readonly tags: readonly ScoredTag[] }[],
  now: number,
): Promise<void> => {
  if (photos.length === 0) return;
  await database
    .deleteFrom("tags")
    .where("source", "=", "zero-shot")
    .where("content_hash", "in", listOf(photos.map(({ contentHash }) => contentHash)))
    .execute();
  const runIds = new Map<string, number>();
  for (const { run } of photos) {
    if (!runIds.has(run.token)) runIds.set(run.token, await runIdOf(database, run, now));
  }
  const rows = photos.flatMap(({ contentHash, run, tags }) =>
    tagRowsOf(contentHash, tags, { runId: runIds.get(run.token) ?? 0, now }),
  );
  await executeForEach(database, rows, (row) => database.insertInto("tags").values(row));
};
