/** Reading the outbox: consumers go through it in order of id, each with a cursor of its own. */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { EventsTable } from "./enrichment-schema.ts";
import type { CatalogueSchema } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

/** GLOB of a content hash: albums, mails and requests have a word and a colon in front. */
const PHOTO_SCOPE = `${"[0-9a-f]".repeat(12)}*`;

export interface StoredEvent {
  /** Goes up, with gaps. */
  readonly id: number;
  readonly userId: number;
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** Milliseconds UTC. */
  readonly createdAt: number;
}

export interface EventsAfter {
  /** Id of the last one that is known; 0 = from the oldest that is kept. */
  readonly after: number;
  /** Empty or left out = all. */
  readonly types?: readonly string[];
  readonly limit: number;
}

/** What of the outbox is kept. */
export interface EventBounds {
  /** Id of the oldest that is kept; undefined = none is. */
  readonly oldest: number | undefined;
  /** Id of the newest there ever was; 0 = there was none. */
  readonly newest: number;
}

export interface EventRepository {
  /** In order of id. */
  readonly read: (request: EventsAfter) => Promise<readonly StoredEvent[]>;
  /** The last ones of these types about single photos, in order of id. @param types 1 or more */
  readonly lastOfPhotos: (types: readonly string[], limit: number) => Promise<readonly StoredEvent[]>;
  readonly bounds: () => Promise<EventBounds>;
  /** What the consumer has seen; 0 for a new one. */
  readonly cursor: (consumer: string) => Promise<number>;
  /** Never goes back. */
  readonly advance: (consumer: string, lastId: number) => Promise<void>;
  readonly markDelivered: (id: number) => Promise<void>;
}

const selectEvents = (database: Database) =>
  database.selectFrom("events").select(["id", "user_id", "message_type", "content", "created_at"]);

const eventOf = (
  row: Pick<Selectable<EventsTable>, "id" | "user_id" | "message_type" | "content" | "created_at">,
): StoredEvent => ({
  id: row.id,
  userId: row.user_id,
  type: row.message_type,
  content: JSON.parse(row.content) as Record<string, unknown>, // written by appendEvents
  createdAt: row.created_at,
});

const read = async (database: Database, { after, types = [], limit }: EventsAfter): Promise<readonly StoredEvent[]> => {
  const rows = await selectEvents(database)
    .where("id", ">", after)
    .$if(types.length > 0, (query) => query.where("message_type", "in", types))
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(eventOf);
};

const lastOfPhotos = async (
  database: Database,
  types: readonly string[],
  limit: number,
): Promise<readonly StoredEvent[]> => {
  const rows = await selectEvents(database)
    .where("message_type", "in", types)
    .where(sql<boolean>`content ->> 'scope_id' glob ${PHOTO_SCOPE}`)
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map(eventOf).toReversed();
};

const bounds = async (database: Database): Promise<EventBounds> => {
  const { oldest } = await database
    .selectFrom("events")
    .select((eb) => eb.fn.min<number | null>("id").as("oldest"))
    .executeTakeFirstOrThrow();
  const { rows } = await sql<{ readonly seq: number }>`select seq from sqlite_sequence where name = 'events'`.execute(
    database,
  );
  return { oldest: oldest ?? undefined, newest: rows[0]?.seq ?? 0 };
};

export const createEventRepository = (database: Database, clock: Clock): EventRepository => ({
  read: (request) => read(database, request),
  lastOfPhotos: (types, limit) => lastOfPhotos(database, types, limit),
  bounds: () => bounds(database),
  cursor: async (consumer) => {
    const row = await database
      .selectFrom("event_cursors")
      .select("last_id")
      .where("consumer", "=", consumer)
      .executeTakeFirst();
    return row?.last_id ?? 0;
  },
  advance: async (consumer, lastId) => {
    await database
      .insertInto("event_cursors")
      .values({ consumer, last_id: lastId })
      .onConflict((conflict) =>
        conflict.column("consumer").doUpdateSet({ last_id: lastId }).where("event_cursors.last_id", "<", lastId),
      )
      .execute();
  },
  markDelivered: async (id) => {
    await database.updateTable("events").set({ delivered_at: clock.now() }).where("id", "=", id).execute();
  },
});
