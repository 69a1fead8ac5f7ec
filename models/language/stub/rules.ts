/**
 * What a stub puts into fields whose name says what belongs there; a name may be preceded by that of the object it is
 * in. undefined = null where that is allowed, else the type's default.
 */
import type { Facts } from "./facts.ts";

const MAX_TITLE_LENGTH = 100;
const MAX_NOTE_LENGTH = 300;
const TAG_COUNT = { least: 3, most: 5 } as const;
const MAX_TAG_LENGTH = 40;
export const FILL_WORDS = ["stub", "sample", "placeholder"] as const;
const CONFIDENCE = 0.8;
/** First hour of a working day. */
const MORNING = "09:00";

const INTENTS: readonly (readonly [RegExp, string])[] = [
  [/\bremind/i, "reminder"],
  [/\b(album|watch|tag)/i, "task"],
  [/\b(note|caption|write)/i, "general_note"],
];

export const cutText = (text: string, length: number): string => Array.from(text).slice(0, length).join("").trim();

/** Letters, digits, space and a few signs, as tags may have. */
const cleanTag = (tag: string): string =>
  cutText(
    tag
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} '&+-]/gu, " ")
      .replaceAll(/\s+/g, " ")
      .trim(),
    MAX_TAG_LENGTH,
  );

const tagsOf = ({ tags }: Facts): readonly string[] => {
  const known = [...new Set(tags.map(cleanTag).filter((tag) => tag !== ""))].slice(0, TAG_COUNT.most);
  const fillers = FILL_WORDS.filter((word) => !known.includes(word));
  return [...known, ...fillers.slice(0, Math.max(0, TAG_COUNT.least - known.length))];
};

const titleOf = (facts: Facts): string =>
  cutText(facts.firstLine ?? `Stub: ${tagsOf(facts).slice(0, 3).join(", ")}`, MAX_TITLE_LENGTH);

const summaryOf = (facts: Facts): string =>
  `Stub description ${facts.digest.slice(0, 8)}, made without a language model: ${tagsOf(facts).join(", ")}.`;

/** Numbers, names and placeholders stay as they are. */
const translated =
  (name: string) =>
  ({ textField }: Facts): string | undefined => {
    const source = textField(name);
    return source === undefined ? undefined : `${source} (stub)`;
  };

const matchesOf = ({ fields }: Facts): readonly unknown[] => {
  const [, watch] = [...fields].find(([name]) => name.startsWith("watch_")) ?? [];
  if (typeof watch !== "object" || watch === null || !("watch_id" in watch)) return [];
  return [{ watch_id: watch.watch_id, confidence: CONFIDENCE, reason: "Stub: the first watch is taken to match." }];
};

const eventsOf = ({ dated }: Facts): readonly unknown[] =>
  dated === undefined
    ? []
    : [
        {
          title: cutText(`Stub: ${dated.line}`, MAX_TITLE_LENGTH),
          starts_at: dated.day,
          ends_at: null,
          timezone: null,
          all_day: true,
          location: null,
          source_quote: cutText(dated.line, MAX_NOTE_LENGTH),
          confidence: CONFIDENCE,
        },
      ];

const intentOf = ({ firstLine = "" }: Facts): string =>
  INTENTS.find(([pattern]) => pattern.test(firstLine))?.[1] ?? "search";

const requestLine = ({ firstLine }: Facts): string | undefined =>
  firstLine === undefined ? undefined : cutText(firstLine, MAX_NOTE_LENGTH);

export type Rule = (facts: Facts) => unknown;

export const rules: Readonly<Record<string, Rule>> = {
  status: () => "ok",
  title: titleOf,
  summary: summaryOf,
  tags: tagsOf,
  source_type: () => "PHOTO",
  text: ({ textField, firstLine }) => textField("text") ?? firstLine,
  language: ({ textField }) => textField("target_language") ?? "en",
  confidence: () => CONFIDENCE,
  matches: matchesOf,
  events: eventsOf,
  intent: intentOf,
  query: requestLine,
  note: requestLine,
  when: ({ dated }) => (dated === undefined ? undefined : `${dated.day}T${MORNING}`),
  "fields.title": translated("title"),
  "fields.summary": translated("summary"),
  "fields.caption": translated("caption"),
  "fields.text": translated("text"),
  "filters.tags": () => undefined,
  "filters.source_type": () => undefined,
};

/** What stands in fields that must not be null and that no rule fills. */
export const fallbacks: Readonly<Record<string, string>> = {
  question: "Stub: which photos do you mean?",
};
