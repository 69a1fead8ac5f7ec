/** Which run wrote a tag, what people decided about tags, and what chance gives in a library's searches. */
import type { Kysely } from "kysely";
import { sql } from "kysely";

export const up = async (database: Kysely<unknown>): Promise<void> => {
  await tagRuns(database);
  await tagEdits(database);
  await nullSets(database);
  await runsOfTags(database);
};

const tagRuns = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("tag_runs")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement()) // an undone id is never given again
    .addColumn("token", "text", (column) => column.notNull().unique())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("vector_key", "text")
    .addColumn("bank_key", "text")
    .addColumn("calibration_id", "text")
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("undone_at", "bigint")
    .execute();

const tagEdits = async (database: Kysely<unknown>): Promise<void> => {
  await database.schema
    .createTable("tag_edits")
    .addColumn("content_hash", "text", (column) =>
      column.notNull().references("photos.content_hash").onDelete("cascade"),
    )
    .addColumn("folded", "text", (column) => column.notNull())
    .addColumn("run_id", "integer", (column) => column.notNull().references("tag_runs.id"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("action", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("tag_edits_key", ["content_hash", "folded", "run_id"])
    .modifyEnd(sql`without rowid`) // rows are looked up and ordered by this key
    .execute();
  await database.schema.createIndex("tag_edits_by_run").on("tag_edits").column("run_id").execute();
};

const nullSets = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("null_sets")
    .addColumn("vector_key", "text", (column) => column.primaryKey())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("photos", "integer", (column) => column.notNull())
    .addColumn("best", "text", (column) => column.notNull())
    .addColumn("made_at", "bigint", (column) => column.notNull())
    .execute();

/** One run for each label bank that tags were taken from so far; its key moves from every tag to that one row. */
const runsOfTags = async (database: Kysely<unknown>): Promise<void> => {
  await database.schema.alterTable("tags").addColumn("run_id", "integer").execute();
  await sql`
    insert into tag_runs (token, source, bank_key, at)
    select 'bank ' || bank_key, 'zero-shot', bank_key, min(created_at) from tags where bank_key is not null
    group by bank_key`.execute(database);
  await sql`
    update tags set run_id = (select id from tag_runs where token = 'bank ' || tags.bank_key)
    where bank_key is not null`.execute(database);
  await database.schema.alterTable("tags").dropColumn("bank_key").execute();
};
