/** Calendar files of confirmed appointments and reminders: one `.ics` each, named by the event's id. */
import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CalendarEvent, CalendarRepository } from "../../catalogue/calendar-repository.ts";
import type { Clock } from "../../clock.ts";
import { calendarFile } from "../../enrichment/calendar/ics.ts";
import { InvalidInputError, isDiskFull, StorageError, systemCode } from "../../errors.ts";

/** Of the data folder. */
export const EVENTS_FOLDER = "events";

interface CalendarFilesDeps {
  readonly calendar: Pick<CalendarRepository, "unexported" | "markExported">;
  readonly clock: Clock;
}

export interface ExportedEvents {
  /** Paths of the files. */
  readonly written: readonly string[];
  /** Events whose times are none; they stay without a file until somebody corrects them. */
  readonly refused: readonly { readonly id: string; readonly message: string }[];
}

const writeFailure = (path: string, cause: unknown): StorageError =>
  new StorageError(
    isDiskFull(cause)
      ? `The disk is full: the calendar file ${path} could not be written.`
      : `The calendar file ${path} could not be written (${systemCode(cause) ?? String(cause)}).`,
    {
      cause,
      hint: "The event is confirmed. Check the folder or choose another with --ics: the next photon review confirm writes the file.",
    },
  );

/** A reader never sees half a file. */
const writeWhole = async (path: string, content: string): Promise<void> => {
  const temporary = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first error says what matters
    throw writeFailure(path, error);
  }
};

const contentOf = (event: CalendarEvent, now: number): string =>
  calendarFile(
    {
      id: event.id,
      title: event.title,
      startsAt: event.startsAt,
      endsAt: event.endsAt,
      timezone: event.timezone,
      allDay: event.allDay,
      location: event.location,
      ...(event.note === null ? {} : { description: event.note }),
      alarm: event.documentId === undefined, // a reminder
    },
    now,
  );

/**
 * Writes those that have none yet. A crash between file and mark writes the same file once more.
 * @throws StorageError when the folder cannot be written
 */
export const exportCalendar = async (
  { calendar, clock }: CalendarFilesDeps,
  directory: string,
): Promise<ExportedEvents> => {
  const events = await calendar.unexported();
  const written: string[] = [];
  const refused: { id: string; message: string }[] = [];
  if (events.length > 0) {
    await mkdir(directory, { recursive: true }).catch((error: unknown) => {
      throw writeFailure(directory, error);
    });
  }
  for (const event of events) {
    try {
      const path = join(directory, `${event.id}.ics`);
      await writeWhole(path, contentOf(event, clock.now()));
      await calendar.markExported(event.id);
      written.push(path);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      refused.push({ id: event.id, message: error.message });
    }
  }
  return { written, refused };
};
