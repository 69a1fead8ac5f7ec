/** Appointments and reminders: proposed, decided by a person, then written as calendar files. */
import type { Kysely, Selectable } from "kysely";
import type { Clock } from "../clock.ts";
import type { CalendarEventsTable, DecisionState } from "./enrichment-schema.ts";
import { listOf } from "./lists.ts";
import type { CatalogueSchema } from "./schema.ts";
import { createUlid } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

export interface CalendarEvent {
  readonly id: string;
  readonly scopeId: string;
  /** undefined = a reminder that somebody asked for. */
  readonly documentId: string | undefined;
  readonly ordinal: number;
  readonly title: string;
  /** ISO local time, or a date when all day. */
  readonly startsAt: string;
  readonly endsAt: string | null;
  /** IANA name; null = floating. */
  readonly timezone: string | null;
  readonly allDay: boolean;
  readonly location: string | null;
  readonly sourceQuote: string | null;
  readonly note: string | null;
  readonly confidence: number;
  readonly state: DecisionState;
  /** Content hashes that a reminder is about. */
  readonly photos: readonly string[];
}

export interface NewReminder {
  /** `req:<ulid>` of the request it comes from. */
  readonly requestId: string;
  readonly title: string;
  /** ISO local; a date alone = all day. */
  readonly startsAt: string;
  readonly timezone: string;
  readonly note: string | null;
  readonly photos: readonly string[];
}

export interface CalendarRepository {
  /** Waits for a yes. Returns its id. */
  readonly addReminder: (reminder: NewReminder) => Promise<string>;
  readonly get: (id: string) => Promise<CalendarEvent | undefined>;
  readonly ofDocument: (documentId: string) => Promise<readonly CalendarEvent[]>;
  /** Those that nobody has decided about, oldest first. */
  readonly pending: () => Promise<readonly CalendarEvent[]>;
  /** False when it was decided before. */
  readonly decide: (id: string, state: "CONFIRMED" | "DISCARDED") => Promise<boolean>;
  /** Confirmed ones without a calendar file, oldest first. */
  readonly unexported: () => Promise<readonly CalendarEvent[]>;
  readonly markExported: (id: string) => Promise<void>;
}

const LENGTH_OF_DATE = "2026-03-04".length;

const eventOf = (row: Selectable<CalendarEventsTable>, photos: readonly string[]): CalendarEvent => ({
  id: row.id,
  scopeId: row.scope_id,
  documentId: row.document_id ?? undefined,
  ordinal: row.ordinal,
  title: row.title,
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  timezone: row.timezone,
  allDay: row.all_day === 1,
  location: row.location,
  sourceQuote: row.source_quote,
  note: row.note,
  confidence: row.confidence,
  state: row.state,
  photos,
});

const withPhotos = async (
  database: Database,
  rows: readonly Selectable<CalendarEventsTable>[],
): Promise<readonly CalendarEvent[]> => {
  const links = await database
    .selectFrom("calendar_event_photos")
    .selectAll()
    .where("event_id", "in", listOf(rows.map(({ id }) => id)))
    .execute();
  const photos = Map.groupBy(links, (link) => link.event_id);
  return rows.map((row) => eventOf(row, photos.get(row.id)?.map((link) => link.content_hash) ?? []));
};

const addReminder = (database: Database, reminder: NewReminder, now: number): Promise<string> =>
  database.transaction().execute(async (tx) => {
    const id = createUlid(now);
    await tx
      .insertInto("calendar_events")
      .values({
        id,
        scope_id: reminder.requestId,
        ordinal: 0,
        title: reminder.title,
        starts_at: reminder.startsAt,
        timezone: reminder.timezone,
        all_day: reminder.startsAt.length === LENGTH_OF_DATE ? 1 : 0,
        note: reminder.note,
        confidence: 1,
        created_at: now,
        state: "PENDING",
      })
      .execute();
    await tx
      .insertInto("calendar_event_photos")
      .columns(["event_id", "content_hash"])
      .expression((eb) =>
        eb
          .selectFrom("photos")
          .select((inner) => [inner.val(id).as("event_id"), "content_hash"])
          .where("content_hash", "in", listOf(reminder.photos)),
      )
      .execute();
    return id;
  });

export const createCalendarRepository = (database: Database, clock: Clock): CalendarRepository => {
  const rows = () => database.selectFrom("calendar_events").selectAll().orderBy("created_at").orderBy("ordinal");
  return {
    addReminder: (reminder) => addReminder(database, reminder, clock.now()),
    get: async (id) => (await withPhotos(database, await rows().where("id", "=", id).execute()))[0],
    ofDocument: async (documentId) =>
      withPhotos(database, await rows().where("document_id", "=", documentId).execute()),
    pending: async () => withPhotos(database, await rows().where("state", "=", "PENDING").execute()),
    decide: async (id, state) => {
      const decided = await database
        .updateTable("calendar_events")
        .set({ state })
        .where("id", "=", id)
        .where("state", "=", "PENDING")
        .executeTakeFirst();
      return decided.numUpdatedRows > 0n;
    },
    unexported: async () =>
      withPhotos(database, await rows().where("state", "=", "CONFIRMED").where("exported_at", "is", null).execute()),
    markExported: async (id) => {
      await database.updateTable("calendar_events").set({ exported_at: clock.now() }).where("id", "=", id).execute();
    },
  };
};
