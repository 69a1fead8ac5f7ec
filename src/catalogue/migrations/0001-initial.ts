/** First schema: library, roots, files, photos with their stages, vectors and tags, role leases, index marks. */
import type { Kysely } from "kysely";
import { sql } from "kysely";

export const up = async (database: Kysely<unknown>): Promise<void> => {
  for (const createTable of [library, roots, files, photos, photoStages, embeddings, vectorKeys, tags]) {
    await createTable(database);
  }
  for (const createTable of [leases, toIndex, forgotten]) await createTable(database);
  await indexes(database);
};

const library = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("library")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("library_id", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();

const roots = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("roots")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("path", "blob", (column) => column.notNull().unique())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();

const files = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("files")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("root_id", "integer", (column) => column.notNull().references("roots.id"))
    .addColumn("path", "blob", (column) => column.notNull())
    .addColumn("size", "bigint", (column) => column.notNull())
    .addColumn("mtime_ns", "bigint", (column) => column.notNull())
    .addColumn("ctime_ns", "bigint", (column) => column.notNull())
    .addColumn("inode", "bigint", (column) => column.notNull())
    .addColumn("content_hash", "text")
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("reason", "text")
    .addColumn("reason_message", "text")
    .addColumn("reason_key", "text")
    .addColumn("tries", "integer", (column) => column.notNull())
    .addColumn("crashes", "integer", (column) => column.notNull())
    .addColumn("lease_owner", "text")
    .addColumn("lease_token", "text")
    .addColumn("lease_until", "bigint")
    .addColumn("first_seen_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addUniqueConstraint("files_root_path", ["root_id", "path"])
    .execute();

const photos = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("photos")
    .addColumn("content_hash", "text", (column) => column.primaryKey())
    .addColumn("rev", "integer", (column) => column.notNull())
    .addColumn("format", "text", (column) => column.notNull())
    .addColumn("file_size", "bigint", (column) => column.notNull())
    .addColumn("width", "integer", (column) => column.notNull())
    .addColumn("height", "integer", (column) => column.notNull())
    .addColumn("orientation", "integer", (column) => column.notNull())
    .addColumn("captured_local", "text")
    .addColumn("captured_offset", "text")
    .addColumn("captured_key", "bigint")
    .addColumn("camera_make", "text")
    .addColumn("camera_model", "text")
    .addColumn("lens", "text")
    .addColumn("iso", "real")
    .addColumn("aperture", "real")
    .addColumn("exposure_seconds", "real")
    .addColumn("focal_length_mm", "real")
    .addColumn("latitude", "real")
    .addColumn("longitude", "real")
    .addColumn("altitude", "real")
    .addColumn("metadata_orientation", "integer")
    .addColumn("rating", "real")
    .addColumn("title", "text")
    .addColumn("caption", "text")
    .addColumn("keywords", "text", (column) => column.notNull())
    .addColumn("favourite", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("exif", "text", (column) => column.notNull())
    .addColumn("perceptual_hash", "blob")
    .addColumn("thumbnail", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();

const photoStages = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("photo_stages")
    .addColumn("content_hash", "text", (column) =>
      column.notNull().references("photos.content_hash").onDelete("cascade"),
    )
    .addColumn("stage", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("photo_stages_key", ["content_hash", "stage"])
    .modifyEnd(sql`without rowid`) // rows are looked up and ordered by this key
    .execute();

const embeddings = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("embeddings")
    .addColumn("content_hash", "text", (column) =>
      column.notNull().references("photos.content_hash").onDelete("cascade"),
    )
    .addColumn("vector_key", "text", (column) => column.notNull())
    .addColumn("vector", "blob", (column) => column.notNull())
    .addPrimaryKeyConstraint("embeddings_key", ["content_hash", "vector_key"])
    .execute();

const vectorKeys = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("vector_keys")
    .addColumn("vector_key", "text", (column) => column.primaryKey())
    .addColumn("model_id", "text", (column) => column.notNull())
    .addColumn("dimension", "integer", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();

const tags = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("tags")
    .addColumn("content_hash", "text", (column) =>
      column.notNull().references("photos.content_hash").onDelete("cascade"),
    )
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("category", "text")
    .addColumn("ancestors", "text", (column) => column.notNull())
    .addColumn("confidence", "real", (column) => column.notNull())
    .addColumn("rank", "integer", (column) => column.notNull())
    .addColumn("bank_key", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("tags_key", ["content_hash", "source", "name"])
    .modifyEnd(sql`without rowid`) // rows are looked up and ordered by this key
    .execute();

const leases = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("leases")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("token", "integer", (column) => column.notNull())
    .addColumn("until", "bigint", (column) => column.notNull())
    .execute();

const toIndex = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("to_index")
    .addColumn("content_hash", "text", (column) => column.primaryKey())
    .addColumn("rev", "integer", (column) => column.notNull())
    .addColumn("marked_at", "bigint", (column) => column.notNull())
    .modifyEnd(sql`without rowid`) // rows are looked up by this key
    .execute();

const forgotten = (database: Kysely<unknown>): Promise<void> =>
  database.schema
    .createTable("forgotten")
    .addColumn("content_hash", "text", (column) => column.primaryKey())
    .addColumn("at", "bigint", (column) => column.notNull())
    .execute();

const indexes = async (database: Kysely<unknown>): Promise<void> => {
  await database.schema.createIndex("files_by_content").on("files").columns(["content_hash", "state"]).execute();
  await database.schema
    .createIndex("files_to_see_to")
    .on("files")
    .column("state")
    .where(sql.ref("state"), "<>", sql.lit("present")) // nearly all are, and SQLite would take it for a narrow choice
    .execute();
  await database.schema
    .createIndex("files_by_lease")
    .on("files")
    .column("lease_owner")
    .where(sql.ref("lease_owner"), "is not", null) // few files are worked on at a time
    .execute();
  await database.schema.createIndex("photos_by_capture").on("photos").column("captured_key").execute();
  await database.schema.createIndex("to_index_by_age").on("to_index").column("marked_at").execute();
};
