/** Tags apart from the processing of photos: what people decide, undoing a run, tagging stored vectors anew. */
import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import { foldTagName } from "../photo/tag-edits.ts";
import type { ScoredTag, StoredTag, TagSource } from "../photo/types.ts";
import { markChanged } from "./index-repository.ts";
import { listOf } from "./lists.ts";
import type { TagRun } from "./photo-row.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema } from "./schema.ts";
import { foundTags, replaceModelTags, shownTags } from "./tag-rows.ts";
import { upsertStageKeys } from "./upserts.ts";
import { fromVectorBlob } from "./vector-blob.ts";

type Database = Kysely<CatalogueSchema>;

export interface TagDecision {
  readonly contentHashes: readonly string[];
  readonly name: string;
  readonly action: "add" | "remove";
}

/** A photo whose vector is stored, and what a model has found on it so far. */
export interface VectorToTag {
  readonly contentHash: string;
  readonly vector: Float32Array;
  readonly tags: readonly ScoredTag[];
}

export interface VectorPage {
  readonly photos: readonly VectorToTag[];
  /** Where the next page begins; undefined after the last. */
  readonly next: string | undefined;
}

export interface RetaggedPhoto {
  readonly contentHash: string;
  /** undefined = as they are. */
  readonly tags: readonly ScoredTag[] | undefined;
}

export interface StaleVectors {
  readonly vectorKey: string;
  /** Key under which a photo's tags are current. */
  readonly stageKey: string;
  /** Only photos that no run has tagged yet. */
  readonly untaggedOnly: boolean;
}

export interface TagRepository {
  /** As readers see them: people's first. */
  readonly shown: (contentHashes: readonly string[]) => Promise<ReadonlyMap<string, readonly StoredTag[]>>;
  /** Names, with their ancestors, that photos of a random sample carry; the same sample every time. */
  readonly sampleNames: () => Promise<readonly string[]>;
  /** Writes a decision as a run of its own; returns its id. */
  readonly decide: (decision: TagDecision) => Promise<number>;
  readonly run: (id: number) => Promise<{ readonly source: TagSource; readonly undone: boolean } | undefined>;
  /** Takes back what is left of a run; returns how many photos changed. What a model found is found again later. */
  readonly undo: (runId: number) => Promise<number>;
  readonly countStale: (stale: StaleVectors) => Promise<number>;
  /** Label bank of the last tags under this vector key; undefined before the first. */
  readonly latestBankKey: (vectorKey: string) => Promise<string | undefined>;
  /**
   * Photos whose tags are not current, in order of content hash: the tables that are written for them are in that
   * order too, so a page changes few places of the file.
   * @param after content hash; empty for the first page
   */
  readonly stalePage: (stale: StaleVectors, after: string, limit: number) => Promise<VectorPage>;
  /** One transaction: tags and index marks of those that changed, stage keys of all. */
  readonly storeRetagged: (run: TagRun, photos: readonly RetaggedPhoto[], stageKey: string) => Promise<void>;
}

const TAG_STAGE = "tag";
/** Tags of one or two thousand photos. */
const SAMPLED_TAGS = 10_000;
/** Photos of one transaction when a run is undone. */
const UNDO_LOT = 500;

const decide = async (database: Database, decision: TagDecision, now: number): Promise<number> => {
  const { id } = await database
    .insertInto("tag_runs")
    .values({ token: randomUUID(), source: "user", at: now })
    .returning("id")
    .executeTakeFirstOrThrow();
  const { contentHashes, name, action } = decision;
  const folded = foldTagName(name);
  await executeForEach(
    database,
    contentHashes.map((hash) => ({ content_hash: hash, folded, run_id: id, name, action })),
    (row) => database.insertInto("tag_edits").values(row),
  );
  await markChanged(database, contentHashes, now);
  return id;
};

const undoDecisions = async (database: Database, runId: number, now: number): Promise<number> => {
  const rows = await database.deleteFrom("tag_edits").where("run_id", "=", runId).returning("content_hash").execute();
  const changed = [...new Set(rows.map((row) => row.content_hash))];
  await markChanged(database, changed, now);
  return changed.length;
};

/** Photos that lost tags are tagged again by the next run: their stage is no longer current. */
const undoFound = async (database: Database, runId: number, now: number): Promise<number> => {
  const rows = await database
    .selectFrom("tags")
    .select("content_hash")
    .distinct()
    .where("run_id", "=", runId)
    .limit(UNDO_LOT)
    .execute();
  const hashes = rows.map((row) => row.content_hash);
  if (hashes.length === 0) return 0;
  await database.deleteFrom("tags").where("run_id", "=", runId).where("content_hash", "in", listOf(hashes)).execute();
  await database
    .deleteFrom("photo_stages")
    .where("stage", "=", TAG_STAGE)
    .where("content_hash", "in", listOf(hashes))
    .execute();
  await markChanged(database, hashes, now);
  return hashes.length;
};

const undo = async (database: Database, runId: number, clock: Clock): Promise<number> => {
  const inTransaction = (step: typeof undoFound): Promise<number> =>
    database.transaction().execute((transaction) => step(transaction, runId, clock.now()));
  let photos = await inTransaction(undoDecisions);
  for (let lot = UNDO_LOT; lot === UNDO_LOT; photos += lot) lot = await inTransaction(undoFound);
  await database.updateTable("tag_runs").set({ undone_at: clock.now() }).where("id", "=", runId).execute();
  return photos;
};

const staleEmbeddings = (database: Database, { vectorKey, stageKey, untaggedOnly }: StaleVectors) =>
  database
    .selectFrom("embeddings")
    .leftJoin("photo_stages", (join) =>
      join.onRef("photo_stages.content_hash", "=", "embeddings.content_hash").on("photo_stages.stage", "=", TAG_STAGE),
    )
    .where("embeddings.vector_key", "=", vectorKey)
    .where((eb) =>
      untaggedOnly
        ? eb("photo_stages.key", "is", null)
        : eb.or([eb("photo_stages.key", "is", null), eb("photo_stages.key", "<>", stageKey)]),
    );

/** Counted in shares of the hashes: a count over all of a large library would hold the thread. */
const HASH_STARTS = Array.from({ length: 256 }, (_, start) => start.toString(16).padStart(2, "0"));

const countStale = async (database: Database, stale: StaleVectors): Promise<number> => {
  let count = 0;
  for (const start of HASH_STARTS) {
    const row = await staleEmbeddings(database, stale)
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("embeddings.content_hash", ">=", start)
      .where("embeddings.content_hash", "<", `${start}g`) // "g" sorts after every hex digit
      .executeTakeFirstOrThrow();
    count += row.count;
    await nextTurn();
  }
  return count;
};

const stalePage = async (
  database: Database,
  stale: StaleVectors,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<VectorPage> => {
  const rows = await staleEmbeddings(database, stale)
    .select(["embeddings.content_hash", "embeddings.vector"])
    .where("embeddings.content_hash", ">", after)
    .orderBy("embeddings.content_hash")
    .limit(limit)
    .execute();
  const tags = await foundTags(
    database,
    rows.map((row) => row.content_hash),
  );
  const photos = rows.map(({ content_hash: contentHash, vector }) => ({
    contentHash,
    vector: fromVectorBlob(vector),
    tags: tags.get(contentHash) ?? [],
  }));
  return { photos, next: rows.length < limit ? undefined : rows.at(-1)?.content_hash };
};

const storeRetagged = async (
  database: Database,
  {
    run,
    photos,
    stageKey,
  }: { readonly run: TagRun; readonly photos: readonly RetaggedPhoto[]; readonly stageKey: string },
  now: number,
): Promise<void> => {
  const rows = await database
    .selectFrom("photos")
    .select("content_hash")
    .where("content_hash", "in", listOf(photos.map(({ contentHash }) => contentHash)))
    .execute();
  const known = new Set(rows.map((row) => row.content_hash)); // the others were forgotten meanwhile
  const present = photos.filter(({ contentHash }) => known.has(contentHash));
  const changed = present.flatMap(({ contentHash, tags }) => (tags === undefined ? [] : [{ contentHash, run, tags }]));
  await replaceModelTags(database, changed, now);
  await upsertStageKeys(
    database,
    present.map(({ contentHash }) => ({ content_hash: contentHash, stage: TAG_STAGE, key: stageKey, at: now })),
  );
  await markChanged(
    database,
    changed.map(({ contentHash }) => contentHash),
    now,
  );
};

export const createTagRepository = (database: Database, clock: Clock): TagRepository => ({
  shown: (contentHashes) => shownTags(database, contentHashes),
  sampleNames: async () => {
    const rows = await database
      .selectFrom("tags")
      .select(["name", "ancestors"])
      .orderBy("content_hash")
      .limit(SAMPLED_TAGS)
      .execute();
    return [...new Set(rows.flatMap(({ name, ancestors }) => [name, ...(JSON.parse(ancestors) as string[])]))]; // written by tag-rows.ts
  },
  decide: (decision) => database.transaction().execute((transaction) => decide(transaction, decision, clock.now())),
  run: async (id) => {
    const row = await database
      .selectFrom("tag_runs")
      .select(["source", "undone_at"])
      .where("id", "=", id)
      .executeTakeFirst();
    return row === undefined ? undefined : { source: row.source, undone: row.undone_at !== null };
  },
  undo: (runId) => undo(database, runId, clock),
  countStale: (stale) => countStale(database, stale),
  latestBankKey: async (vectorKey) => {
    const run = await database
      .selectFrom("tag_runs")
      .select("bank_key")
      .where("vector_key", "=", vectorKey)
      .where("bank_key", "is not", null)
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    return run?.bank_key ?? undefined;
  },
  stalePage: (stale, after, limit) => stalePage(database, stale, { after, limit }),
  storeRetagged: (run, photos, stageKey) =>
    database.transaction().execute((transaction) => storeRetagged(transaction, { run, photos, stageKey }, clock.now())),
});
