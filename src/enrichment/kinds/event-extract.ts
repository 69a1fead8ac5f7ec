/** Appointments on posters, in documents, screenshots and mails, proposed for the calendar. */
import { z } from "zod";
import type { CalendarEntry, Change } from "../changes.ts";
import { answerSchema } from "../common-fields.ts";
import { defineKind } from "../define-kind.ts";
import type { EnrichmentInputs, ValueSource } from "../inputs.ts";
import type { Issue } from "../parsing/issues.ts";
import { plainLine, verbatimText } from "../parsing/plain-text.ts";
import { LONG_TEXT_CAP, type DataField } from "../prompts/data-block.ts";
import { holdsDate, isLocalDate, isLocalDateTime, isTimeZone } from "../quality/event-times.ts";
import { temperatureRange } from "../temperature.ts";
import { capText, foldWhitespace, removeInvisible } from "../visible-text.ts";

/** Events count above it, not at it. */
const MIN_CONFIDENCE = 0.7;
const MAX_EVENTS = 10;
/** Sorts of pictures that hold appointments. */
const READABLE = new Set<unknown>(["POSTER", "DOCUMENT", "SCREENSHOT"]);

const eventSchema = z.strictObject({
  title: plainLine(200).describe("What takes place."),
  starts_at: z
    .string()
    .max(19)
    .describe("Local date and time as 2026-03-04T19:30, or the date alone as 2026-03-04 when it lasts all day."),
  ends_at: z.string().max(19).nullable().describe("Its end in the same form, or null when none is given."),
  timezone: z
    .string()
    .max(64)
    .nullable()
    .describe("IANA name such as Europe/Berlin if the place or text gives one, else null."),
  all_day: z.boolean().describe("Whether no time of day is given."),
  location: plainLine(200).nullable().describe("Where, or null."),
  source_quote: verbatimText(300).min(1).describe("The words it was taken from, copied exactly."),
  confidence: z.number().min(0).max(1).describe("How sure it is that this is an appointment at that time."),
});
type ExtractedEvent = z.output<typeof eventSchema>;

const outputSchema = answerSchema({
  events: z.array(eventSchema).max(MAX_EVENTS).describe("Empty when there are none."),
});

const storedEvent = z.looseObject({ ...eventSchema.shape, title: z.string(), source_quote: z.string() });
const contentSchema = z.looseObject({ events: z.array(storedEvent) });

/** Paragraphs of the same sort side by side: those with digits are kept longest when space is short. */
const paragraphFields = (name: string, source: ValueSource, text: string): readonly DataField[] => {
  const groups: string[] = [];
  let lastHadDigits: boolean | undefined;
  for (const paragraph of text.split(/\n\s*\n/).filter((part) => part.trim() !== "")) {
    const hasDigits = /\p{Nd}/u.test(paragraph);
    if (hasDigits === lastHadDigits) groups.push(`${groups.pop() ?? ""}\n\n${paragraph}`);
    else groups.push(paragraph);
    lastHadDigits = hasDigits;
  }
  return groups.map((value, index) => ({ name: `${name}_${index + 1}`, source, value, cap: LONG_TEXT_CAP }));
};

const textInPicture = ({ pictureText, documents }: EnrichmentInputs): string => {
  const read = documents?.["image_tag"]?.["text_in_image"];
  return pictureText ?? (typeof read === "string" ? read : "");
};

const dataFields = (inputs: EnrichmentInputs): readonly DataField[] => {
  const { mail, captureTime } = inputs;
  const pictureText = textInPicture(inputs);
  return [
    ...(captureTime === undefined
      ? []
      : [{ name: "capture_time", source: "exif" as const, value: captureTime, keep: true as const }]),
    ...(pictureText === "" ? [] : paragraphFields("picture_text", "ocr", capText(pictureText, LONG_TEXT_CAP))),
    ...(mail === undefined
      ? []
      : [
          { name: "mail_subject", source: "mail" as const, value: mail.subject, keep: true as const },
          ...(mail.date === undefined
            ? []
            : [{ name: "mail_date", source: "mail" as const, value: mail.date, keep: true as const }]),
          ...paragraphFields("mail_body", "mail", capText(mail.body, LONG_TEXT_CAP)),
        ]),
  ];
};

/** As the model saw it, whatever the line breaks. */
const quotable = (text: string): string => foldWhitespace(removeInvisible(text)).normalize("NFC");

const timeIssues = ({ starts_at: starts, ends_at: ends, timezone, all_day: allDay }: ExtractedEvent, path: string) => {
  const isTime = allDay ? isLocalDate : isLocalDateTime;
  const form = allDay
    ? "must be a date such as 2026-03-04, because it lasts all day"
    : "must be a local date and time such as 2026-03-04T19:30";
  const issues: Issue[] = [];
  if (!isTime(starts)) issues.push({ path: `${path}.starts_at`, rule: form });
  if (ends !== null && !isTime(ends)) issues.push({ path: `${path}.ends_at`, rule: form });
  if (ends !== null && isTime(ends) && ends < starts) {
    issues.push({ path: `${path}.ends_at`, rule: "must not lie before its start" });
  }
  if (timezone !== null && !isTimeZone(timezone)) {
    issues.push({ path: `${path}.timezone`, rule: "must be a time zone by its IANA name, or null" });
  }
  return issues;
};

const toEntry = (event: z.output<typeof storedEvent>, ordinal: number): CalendarEntry => ({
  ordinal,
  title: event.title,
  startsAt: event.starts_at,
  endsAt: event.ends_at,
  timezone: event.timezone,
  allDay: event.all_day,
  location: event.location,
  sourceQuote: event.source_quote,
  confidence: event.confidence,
});

const proposals = (entries: readonly CalendarEntry[]): readonly Change[] => [
  { change: "propose-calendar-entries", entries },
  ...entries.map(({ ordinal, title, startsAt, endsAt, allDay, location, confidence }) => ({
    change: "send-event" as const,
    messageType: "event_confirmation" as const,
    content: { ordinal, title, starts_at: startsAt, ends_at: endsAt, all_day: allDay, location, confidence },
  })),
];

export const eventExtract = defineKind({
  kind: "event_extract",
  role: "event-extractor",
  scopes: ["photo", "mail"],
  promptVersion: 1,
  template: {
    task: [
      "Find the appointments in the picture or in the mail of the data block: what takes place, when, and where.",
      "Relative dates such as tomorrow or next Friday count from mail_date, else from capture_time. Take the year from the text; if it gives none, take the next such day after that date. Leave out what has no date.",
      "source_quote repeats the words the appointment was taken from exactly, so that they are found again in the mail, or for a picture in text_in_image.",
    ],
    instruction: "List the appointments found above.",
  },
  temperature: temperatureRange(0.1, 0.3),
  imageDetail: "high",
  inputs: { required: [["image", "mail"]], optional: ["documents", "picture_text", "capture_time"] },
  requires: ["image_tag"],
  output: "json",
  outputSchema,
  contentSchema,
  auto: false,
  confirmation: "always",
  dataFields,
  applies: (inputs) =>
    inputs.mail !== undefined ||
    READABLE.has(inputs.documents?.["image_tag"]?.["source_type"]) ||
    holdsDate(textInPicture(inputs)),
  quality: ({ events, text_in_image: read }, inputs) => {
    const { mail } = inputs;
    const texts = quotable([read ?? "", textInPicture(inputs), mail?.subject ?? "", mail?.body ?? ""].join("\n"));
    return events.flatMap((event, index) => [
      ...timeIssues(event, `events[${index}]`),
      ...(texts.includes(quotable(event.source_quote))
        ? []
        : [
            {
              path: `events[${index}].source_quote`,
              rule: "must stand in the mail or in text_in_image, word for word",
            },
          ]),
    ]);
  },
  toDocument: ({ events, text_in_image }) => {
    const sure = events.filter(({ confidence }) => confidence > MIN_CONFIDENCE);
    return sure.length === 0 ? { status: "none", text_in_image } : { status: "ok", events: sure, text_in_image };
  },
  apply: ({ events }, { confirmed, chosen }) =>
    confirmed
      ? [{ change: "confirm-calendar-entries", ordinals: chosen ?? events.map((_, ordinal) => ordinal) }]
      : proposals(events.map(toEntry)),
  autoConfirm: () => false, // it writes calendar files
});
