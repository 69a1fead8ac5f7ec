/** What is under review, for people. */
import type { Done } from "../../app/enrichment/carry-out.ts";
import type { ReviewDifference } from "../../app/enrichment/review-api.ts";
import type { ReviewResult } from "../../app/enrichment/review-items.ts";
import type { CalendarEvent } from "../../catalogue/calendar-repository.ts";
import type { StoredDocument } from "../../catalogue/document-repository.ts";
import type { Proposal } from "../../catalogue/proposal-repository.ts";
import type { ProposedAction } from "../../enrichment/intent-mapping.ts";
import type { FieldDifference } from "../../enrichment/review/content-diff.ts";
import type { Output, Style } from "../terminal.ts";
import { formatPlural, formatTable } from "../terminal.ts";

const SHOWN_DIGITS = 12;
const INDENT = "    ";
const STATE_STYLES: Readonly<Record<string, Style>> = { CONFIRMED: "green", FAILED: "red", READY_TO_CONFIRM: "yellow" };
/** Fields that say how a result came about, and not what it is. */
const QUIET = new Set(["status", "text_in_image", "changed"]);

// oxlint-disable-next-line no-control-regex -- what a terminal would act on instead of showing it
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;
const safe = (text: string): string => text.replaceAll(CONTROLS, "\u{FFFD}");

/** A value on one line: lists of words with commas, anything deeper as JSON. */
const valueText = (value: unknown): string => {
  if (typeof value === "string") return safe(value.replaceAll(/\s*\n\s*/g, " / "));
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return safe(value.join(", "));
  return safe(JSON.stringify(value));
};

const isShown = (value: unknown): boolean =>
  value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);

const fieldRows = (content: Readonly<Record<string, unknown>>): readonly string[][] =>
  Object.entries(content)
    .filter(([field, value]) => !QUIET.has(field) && isShown(value))
    .map(([field, value]) => [INDENT + field, valueText(value)]);

const timeText = ({ startsAt, endsAt, timezone }: CalendarEvent): string =>
  [startsAt.replace("T", " "), ...(endsAt === null ? [] : ["to", endsAt.replace("T", " ")]), timezone ?? ""]
    .join(" ")
    .trim();

export const eventText = (event: CalendarEvent, output: Output): string => {
  const { id, title, location, note, photos, documentId, state } = event;
  const what = documentId === undefined ? "reminder" : "event";
  const rows = [
    [`${INDENT}when`, timeText(event)],
    ...(location === null ? [] : [[`${INDENT}where`, safe(location)]]),
    ...(note === null ? [] : [[`${INDENT}note`, valueText(note)]]),
    ...(photos.length === 0 ? [] : [[`${INDENT}photos`, photos.map((hash) => hash.slice(0, SHOWN_DIGITS)).join(", ")]]),
  ];
  const line = `${output.style("cyan", id)}  ${what}  ${output.style("bold", safe(title))}`;
  return `${state === "PENDING" ? line : `${line}  ${state}`}\n${formatTable(rows)}`;
};

/** One sentence of what would be done. */
export const actionText = (action: ProposedAction): string => {
  switch (action.action) {
    case "propose-reminder":
      return `Put a reminder into the calendar: "${safe(action.title)}" at ${action.startsAt.replace("T", " ")} (${action.timeZone}).`;
    case "propose-album":
      return `Make the album "${safe(action.title)}" of ${
        action.search === null
          ? formatPlural(action.photos.length, "photo")
          : `what a search for "${safe(action.search.query)}" finds`
      }.`;
    case "propose-watch":
      return `Watch for new photos of "${safe(action.query)}".`;
    case "propose-tags":
      return `Tag ${formatPlural(action.photos.length, "photo")} with ${safe(action.tags.join(", "))}.`;
    case "propose-caption":
      return `Describe ${formatPlural(action.photos.length, "photo")} as: ${valueText(action.text)}`;
    default:
      return action satisfies never;
  }
};

export const doneText = (done: Done): string => {
  switch (done.done) {
    case "album":
      return `Album "${safe(done.name)}": ${formatPlural(done.photos, "new photo")}.`;
    case "watch":
      return `Watching for "${safe(done.name)}".`;
    case "tags":
      return `Tagged ${formatPlural(done.photos, "photo")} with ${safe(done.tags.join(", "))}.`;
    case "caption":
      return `Described ${formatPlural(done.photos, "photo")}.`;
    default:
      return done satisfies never;
  }
};

export const proposalText = ({ id, action }: Proposal, output: Output): string =>
  `${output.style("cyan", id)}  proposal  ${actionText(action)}\n`;

const scopeText = ({ scopeId, path }: ReviewResult): string =>
  path === undefined ? scopeId.slice(0, SHOWN_DIGITS * 2) : `${scopeId.slice(0, SHOWN_DIGITS)} ${safe(path)}`;

export const resultText = (result: ReviewResult, output: Output): string => {
  const { id, documentType, state, version, model, code, content, events } = result;
  const about = [
    ...(version === undefined ? [] : [`version ${version}`]),
    ...(model === undefined ? [] : [`by ${safe(model)}`]),
    ...(code === undefined ? [] : [code]),
  ].join(", ");
  const head = [
    output.style("cyan", id ?? "-"),
    documentType,
    output.style(STATE_STYLES[state] ?? "dim", state),
    scopeText(result),
    output.style("dim", about),
  ].join("  ");
  const { events: _events, ...fields }: Readonly<Record<string, unknown>> = content ?? {};
  const rows = fieldRows(events.length === 0 ? (content ?? {}) : fields);
  const nested = events
    .filter((event) => event.state !== "DISCARDED")
    .map((event) => eventText(event, output).replaceAll(/^/gm, "  ").trimEnd());
  return `${head.trimEnd()}\n${formatTable(rows)}${nested.map((text) => `${text}\n`).join("")}`;
};

export const historyText = (versions: readonly StoredDocument[]): string =>
  formatTable(
    versions.map(({ version, createdAt, createdByStep, model, documentId }) => [
      String(version),
      new Date(createdAt).toISOString().slice(0, "2026-03-04T09:30".length).replace("T", " "),
      createdByStep,
      safe(model),
      documentId,
    ]),
  );

const differenceText = ({ field, before, after }: FieldDifference, output: Output): string => {
  const line = (sign: string, style: Style, value: unknown): string =>
    value === undefined ? "" : `${output.style(style, `${sign} ${field}: ${valueText(value)}`)}\n`;
  return line("-", "red", before) + line("+", "green", after);
};

export const differencesText = ({ fields }: ReviewDifference, output: Output): string =>
  fields.map((field) => differenceText(field, output)).join("");
