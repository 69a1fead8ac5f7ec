/** Cuts what goes into a prompt to the budget of the role: whole fields only, the least useful first. */
import { capText } from "../visible-text.ts";
import { renderField, type DataField } from "./data-block.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import type { Role } from "./roles.ts";

/** Tokens of the data block; a translation's source is never cut, long ones are split before. */
const BUDGETS: Readonly<Record<Role, number>> = {
  tagger: 300,
  archivist: 1200,
  translator: Number.POSITIVE_INFINITY,
  "event-extractor": 2500,
  curator: 1500,
};

/** Last parts of field names (`photo_3.title`), most useful first; what is not listed comes after. */
const ORDER: Readonly<Record<Role, readonly string[]>> = {
  tagger: ["tags", "capture_time", "place", "camera"],
  archivist: ["caption", "picture_text", "title", "summary", "tags"],
  translator: [],
  "event-extractor": [],
  curator: ["title", "tags", "date", "capture_time", "caption", "place", "summary"],
};

const lastPart = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

/** Dates and times are written with digits: paragraphs without any are the first to go. */
const digitsFirst = ({ value }: DataField): number => (typeof value === "string" && !/\p{Nd}/u.test(value) ? 1 : 0);

const rankOf = (role: Role, field: DataField): number => {
  if (field.keep === true) return -1;
  if (role === "event-extractor") return digitsFirst(field);
  const rank = ORDER[role].indexOf(lastPart(field.name));
  return rank < 0 ? ORDER[role].length : rank;
};

export interface Condensed {
  readonly fields: readonly DataField[];
  /** Names of the fields that were dropped, in the order in which they were. */
  readonly dropped: readonly string[];
}

/** @param fields cleaned; their order stays */
export const condense = (fields: readonly DataField[], role: Role): Condensed => {
  const costOf = (field: DataField): number => estimateTokens(renderField(field));
  let total = fields.reduce((sum, field) => sum + costOf(field), 0);
  const dropped = new Set<DataField>();
  const candidates = fields
    .map((field, index) => ({ field, index, rank: rankOf(role, field) }))
    .filter(({ rank }) => rank >= 0)
    .toSorted((left, right) => right.rank - left.rank || right.index - left.index);
  for (const { field } of candidates) {
    if (total <= BUDGETS[role]) break;
    dropped.add(field);
    total -= costOf(field);
  }
  return { fields: fields.filter((field) => !dropped.has(field)), dropped: [...dropped].map(({ name }) => name) };
};

const splitLong = (paragraph: string, limit: number): readonly string[] => {
  const pieces: string[] = [];
  for (let rest = paragraph; rest !== "";) {
    if (rest.length <= limit) return [...pieces, rest];
    const ends = [rest.lastIndexOf(". ", limit - 2) + 2, rest.lastIndexOf(" ", limit - 1) + 1];
    const cut = ends.find((end) => end > limit / 2) ?? capText(rest, limit).length;
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return pieces;
};

/**
 * Splits a text that is too long for one request at paragraphs, else at sentences or words. The parts put together are
 * the text.
 * @param limit most characters of a part
 */
export const splitAtParagraphs = (text: string, limit: number): readonly string[] => {
  const parts: string[] = [];
  let part = "";
  for (const piece of text.split(/(?=\S)(?<=\n\s*\n)/).flatMap((paragraph) => splitLong(paragraph, limit))) {
    if (part !== "" && part.length + piece.length > limit) {
      parts.push(part);
      part = "";
    }
    part += piece;
  }
  return part === "" ? parts : [...parts, part];
};
