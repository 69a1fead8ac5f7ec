/** What a stub puts into fields whose name says what belongs there. undefined = leave it out, or take the type's default. */
import type { Facts } from "./facts.ts";

const MAX_TITLE_LENGTH = 100;
const MAX_TEXT_LENGTH = 2000;
const MAX_QUOTE_LENGTH = 300;
const TAG_COUNT = { least: 3, most: 5 } as const;
const MAX_TAG_LENGTH = 40;
const FILLERS = ["stub", "sample", "placeholder"] as const;
const CONFIDENCE = 0.8;

const cut = (text: string, length: number): string => Array.from(text).slice(0, length).join("").trim();

/** Letters, digits, space and a few signs, as tags may have. */
const cleanTag = (tag: string): string =>
  cut(
    tag
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} '&+-]/gu, " ")
      .replaceAll(/\s+/g, " ")
      .trim(),
    MAX_TAG_LENGTH,
  );

const tagsOf = ({ tags }: Facts): readonly string[] => {
  const known = [...new Set(tags.map(cleanTag).filter((tag) => tag !== ""))].slice(0, TAG_COUNT.most);
  const fillers = FILLERS.filter((word) => !known.includes(word));
  return [...known, ...fillers.slice(0, Math.max(0, TAG_COUNT.least - known.length))];
};

const titleOf = (facts: Facts): string =>
  cut(facts.firstLine ?? `Stub: ${tagsOf(facts).slice(0, 3).join(", ")}`, MAX_TITLE_LENGTH);

const summaryOf = (facts: Facts): string =>
  `Stub description ${facts.digest.slice(0, 8)}, made without a language model: ${tagsOf(facts).join(", ")}.`;

const firstWatch = ({ field }: Facts): number | string | undefined => {
  const watches = field("watches");
  const first: unknown = Array.isArray(watches) ? watches[0] : undefined;
  if (typeof first !== "object" || first === null) return undefined;
  const id = "watch_id" in first ? first.watch_id : "id" in first ? first.id : undefined;
  return typeof id === "number" || typeof id === "string" ? id : undefined;
};

const matchesOf = (facts: Facts): readonly unknown[] => {
  const id = firstWatch(facts);
  return id === undefined
    ? []
    : [{ watch_id: id, confidence: CONFIDENCE, reason: "Stub: the first watch is taken to match." }];
};

const eventsOf = ({ dated }: Facts): readonly unknown[] =>
  dated === undefined
    ? []
    : [
        {
          title: cut(`Stub: ${dated.line}`, MAX_TITLE_LENGTH),
          starts_at: `${dated.day}T09:00:00`,
          ends_at: null,
          timezone: null,
          all_day: true,
          location: null,
          source_quote: cut(dated.line, MAX_QUOTE_LENGTH),
          confidence: CONFIDENCE,
        },
      ];

export const rules: Readonly<Record<string, (facts: Facts) => unknown>> = {
  status: () => "ok",
  title: (facts) => titleOf(facts),
  summary: (facts) => summaryOf(facts),
  tags: (facts) => tagsOf(facts),
  source_type: () => "PHOTO",
  text_in_image: ({ textField }) => {
    const text = textField("picture_text");
    return text === undefined ? undefined : cut(text, MAX_TEXT_LENGTH);
  },
  text: ({ textField, firstLine }) => textField("caption") ?? textField("text") ?? firstLine,
  caption: ({ textField }) => textField("caption"),
  language: ({ textField }) => textField("target_language") ?? textField("language") ?? "en",
  confidence: () => CONFIDENCE,
  intent: () => "search",
  query: ({ firstLine }) => firstLine,
  matches: matchesOf,
  events: eventsOf,
};
