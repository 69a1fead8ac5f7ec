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
export type TermCategory = (typeof TERM_CATEGORIES)[number];

export interface VocabularyEntry {
  /** Unique and stable; pairs a row of a label bank with its term. */
  readonly id: string;
  /** The tag people see; unique after folding case. */
  readonly name: string;
  readonly category: TermCategory;
  /** Names, most specific first. */
  readonly ancestors: readonly string[];
  readonly synonyms: readonly string[];
  /** What tells an ambiguous word apart, for the text encoder: "a tall wading bird". */
  readonly sense?: string;
  /** Replaces the category's templates: for ambiguous words. */
  readonly prompts?: readonly string[];
  /** In other languages, by BCP-47 tag; `name` is English. */
  readonly names?: Readonly<Record<string, string>>;
  /** Unset = "a" or "an" by the first sound; empty for words without one. */
  readonly article?: string;
}

/** `{a}` is the article, `{x}` the name with what tells it apart. */
const THING_TEMPLATES = [
  "a photo of {a} {x}",
  "a picture of {a} {x}",
  "a close-up of {a} {x}",
  "a photo showing {a} {x}",
  "{x}",
];
const PLACE_TEMPLATES = [
  "a photo of {a} {x}",
  "a photo taken at {a} {x}",
  "a view of {a} {x}",
  "a picture of {a} {x}",
  "{x}",
];
const QUALITY_TEMPLATES = ["a {x} photo", "a photo of something {x}", "a picture with {x}", "{x} picture", "{x}"];

const TEMPLATES: Readonly<Record<TermCategory, readonly string[]>> = {
  object: THING_TEMPLATES,
  animal: [...THING_TEMPLATES, "a photo of {a} {x}, an animal"],
  person: [
    "a photo of {a} {x}",
    "a picture of {a} {x}",
    "a portrait of {a} {x}",
    "{a} {x} in a photo",
    "a snapshot of {a} {x}",
    "{x}",
  ],
  food: [...THING_TEMPLATES, "a photo of {a} {x}, food"],
  place: PLACE_TEMPLATES,
  scene: PLACE_TEMPLATES,
  activity: [
    "a photo of {a} {x}",
    "a picture of {a} {x}",
    "a photo of someone doing {a} {x}",
    "people doing {a} {x}",
    "{x}",
  ],
  event: [
    "a photo of {a} {x}",
    "a photo taken at {a} {x}",
    "people at {a} {x}",
    "a picture of {a} {x}",
    "a scene from {a} {x}",
    "{x}",
  ],
  weather: QUALITY_TEMPLATES,
  time: QUALITY_TEMPLATES,
  season: QUALITY_TEMPLATES,
  colour: ["something {x}", "a {x} photo", "a picture in {x}", "{x} colour", "a {x} object", "{x}"],
  style: QUALITY_TEMPLATES,
  mood: QUALITY_TEMPLATES,
  composition: QUALITY_TEMPLATES,
  document: ["a photo of {a} {x}", "a scan of {a} {x}", "a picture of {a} {x}", "a close-up of {a} {x}", "{x}"],
};

/** Spelt with a vowel and spoken without: a unicorn, a one-way street. */
const CONSONANT_SOUND = /^(?:eu|one|ub|uk|uni(?!n|d|m)|us[abeu]|ut[eio])/;

const articleOf = ({ article, name }: VocabularyEntry): string =>
  article ?? (/^[aeiou]/i.test(name) && !CONSONANT_SOUND.test(name.toLowerCase()) ? "an" : "a");

/** The prompts whose vectors are averaged for a term. */
export const promptsOf = (entry: VocabularyEntry): readonly string[] => {
  if (entry.prompts !== undefined) return entry.prompts;
  const named = entry.sense === undefined ? entry.name : `${entry.name}, ${entry.sense}`;
  const fill = (template: string): string =>
    template.replace("{a}", articleOf(entry)).replace("{x}", named).replaceAll("  ", " ").trim();
  return TEMPLATES[entry.category].map(fill);
};
