/** Reading the outbox: consumers go through it in order of id, each with a cursor of its own. */
import type { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import type { CatalogueSchema } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

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

export interface EventRepository {
  /** In order of id. */
  readonly read: (request: EventsAfter) => Promise<readonly StoredEvent[]>;
  /** What the consumer has seen; 0 for a new one. */
  readonly cursor: (consumer: string) => Promise<number>;
  /** Never goes back. */
  readonly advance: (consumer: string, lastId: number) => Promise<void>;
  readonly markDelivered: (id: number) => Promise<void>;
}

const read = async (database: Database, { after, types = [], limit }: EventsAfter): Promise<readonly StoredEvent[]> => {
  const rows = await database
    .selectFrom("events")
    .select(["id", "user_id", "message_type", "content", "created_at"])
    .where("id", ">", after)
    .$if(types.length > 0, (query) => query.where("message_type", "in", types))
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    type: row.message_type,
    content: JSON.parse(row.content) as Record<string, unknown>, // written by appendEvents
    createdAt: row.created_at,
  }));
};

export const createEventRepository = (database: Database, clock: Clock): EventRepository => ({
  read: (request) => read(database, request),
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
