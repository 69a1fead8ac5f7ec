/** Terms for zero-shot tags and the prompts that stand for them. */

export const TERM_CATEGORIES = [
  "object",
  "animal",
  "person",
  "food",
  "place",
  "scene",
  "activity",
  "event",
  "weather",
  "time",
  "season",
  "colour",
  "style",
  "mood",
  "composition",
  "document",
] as const;
type TermCategory = (typeof TERM_CATEGORIES)[number];

export interface VocabularyEntry {
  /** Unique and stable; pairs a row of a label bank with its term. */
  readonly id: string;
  /** The tag people see; unique after folding case. */
  readonly name: string;
  readonly category: TermCategory;
  /** Names, most specific first. */
  readonly ancestors: readonly string[];
  readonly synonyms: readonly string[];
  /** Replaces the category's templates: for ambiguous words. */
  readonly prompts?: readonly string[];
  /** Unset = "a" or "an" by the first letter; empty for words without one. */
  readonly article?: string;
}

const GENERAL_TEMPLATES = [
  "a photo of {a} {x}",
  "a picture of {a} {x}",
  "a close-up of {a} {x}",
  "a photo showing {a} {x}",
  "{x}",
];
const PLACE_TEMPLATES = ["a photo of {a} {x}", "a photo taken at {a} {x}", "a view of {a} {x}", "a {x} scene", "{x}"];
const QUALITY_TEMPLATES = ["a {x} photo", "a photo of something {x}", "a picture with {x}", "{x} picture", "{x}"];

const TEMPLATES: Partial<Record<TermCategory, readonly string[]>> = {
  place: PLACE_TEMPLATES,
  scene: PLACE_TEMPLATES,
  weather: QUALITY_TEMPLATES,
  time: QUALITY_TEMPLATES,
  season: QUALITY_TEMPLATES,
  colour: QUALITY_TEMPLATES,
  style: QUALITY_TEMPLATES,
  mood: QUALITY_TEMPLATES,
  composition: QUALITY_TEMPLATES,
};

/** The prompts whose vectors are averaged for a term. */
export const promptsOf = (entry: VocabularyEntry): readonly string[] => {
  if (entry.prompts !== undefined) return entry.prompts;
  const article = entry.article ?? (/^[aeiou]/i.test(entry.name) ? "an" : "a");
  return (TEMPLATES[entry.category] ?? GENERAL_TEMPLATES).map((template) =>
    template.replace("{a}", article).replace("{x}", entry.name).replaceAll("  ", " "),
  );
};
