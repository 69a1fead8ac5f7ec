/** Kinds that users define: a prompt file and a JSON Schema file, named in `[enrichment.kinds.<name>]`. */
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { defineKind } from "./define-kind.ts";
import type { EnrichmentKind } from "./enrichment-kind.ts";
import { kinds } from "./kinds.ts";
import { memberFields } from "./prompts/member-fields.ts";
import { toPlainText } from "./parsing/plain-text.ts";
import type { InputNeeds } from "./prompts/assemble-inputs.ts";
import { allDocumentFields, captionFields, metadataFields } from "./prompts/photo-fields.ts";
import { ROLES } from "./prompts/roles.ts";
import { temperatureRange, type TemperatureRange } from "./temperature.ts";
import { fillPlaceholders, unknownPlaceholders, USER_INPUTS, type UserInput } from "./user-kind-prompt.ts";
import { userAnswerSchema } from "./user-kind-schema.ts";

const temperature = z.number().min(0).max(2);

/** Keys of `[enrichment.kinds.<name>]`; those of every kind (`model`, `language`, `ab`) stand beside them. */
export const userKindSettingsSchema = z.object({
  prompt_file: z.string().min(1).describe("Text that tells the model what to do."),
  schema_file: z.string().min(1).optional().describe("JSON Schema of the answer; left out for output = markdown."),
  version: z.int().min(1).default(1).describe("Raise it when the prompt or the schema changes."),
  role: z.enum(ROLES).default("curator").describe("Persona the model takes."),
  scope: z.enum(["photo", "album"]).default("photo").describe("What one answer is about."),
  inputs: z.array(z.enum(USER_INPUTS)).min(1).default(["image", "tags"]).describe("What the model gets to see."),
  requires: z
    .array(z.string())
    .default([])
    .describe("Kinds that have to be done first; their results are `documents`."),
  temperature: temperature.optional().describe("Unset: the middle of the range, else llm.temperature."),
  temperature_range: z.tuple([temperature, temperature]).optional().describe("Least and most; unset: any."),
  output: z.enum(["json", "markdown"]).default("json"),
  required_sections: z.array(z.string().min(1)).default([]).describe("Headings that a Markdown answer must have."),
  index: z.boolean().default(false).describe("Let search find photos by these answers."),
  auto: z.boolean().default(false).describe("Make them for new photos without being asked."),
  auto_confirm: z.boolean().default(false).describe("Take them without a person looking."),
});
export type UserKindSettings = z.output<typeof userKindSettingsSchema>;

export interface UserKindSource {
  readonly name: string;
  readonly settings: UserKindSettings;
  /** Content of `prompt_file`. */
  readonly promptText: string;
  /** Content of `schema_file`; undefined = there is none. */
  readonly schemaText?: string;
  /** `llm.temperature`, for kinds without a range. */
  readonly defaultTemperature: number;
}

const NAME = /^[a-z][a-z0-9_]{0,39}$/;
/** Characters. */
const MAX_PROMPT_LENGTH = 20_000;

const refuse = (key: string, expected: string, received: string, hint: string): never => {
  throw new ConfigError(`Expected ${expected} for ${key}, received ${received}.`, { hint });
};

/** Strings of an answer, however deep, as plain words. */
const plain = (value: unknown): unknown => {
  if (typeof value === "string") return toPlainText(value);
  return Array.isArray(value) ? value.map(plain) : value;
};

const rangeOf = ({ settings, defaultTemperature }: UserKindSource, key: string): TemperatureRange => {
  const { temperature: chosen, temperature_range: range } = settings;
  if (range === undefined) return { min: 0, max: 2, default: chosen ?? defaultTemperature };
  const [min, max] = range;
  if (min > max)
    refuse(`${key}.temperature_range`, "the lower number first", "the higher one", "Swap the two numbers.");
  if (chosen !== undefined && (chosen < min || chosen > max)) {
    const hint = `Change ${key}.temperature, or leave it out for the middle.`;
    refuse(`${key}.temperature`, `a number from ${min} to ${max}`, String(chosen), hint);
  }
  return { ...temperatureRange(min, max), ...(chosen === undefined ? {} : { default: chosen }) };
};

const needsOf = (inputs: readonly UserInput[]): InputNeeds => {
  const isFirm = (input: UserInput): boolean => input === "image" || input === "documents" || input === "members";
  const firm = inputs.filter(isFirm);
  const loose = inputs.filter((input) => !isFirm(input));
  return firm.length > 0 ? { required: firm, optional: loose } : { required: [loose], optional: [] };
};

const checkInputs = ({ settings, promptText }: UserKindSource, key: string): void => {
  const { inputs, requires, scope } = settings;
  const [unknown] = unknownPlaceholders(promptText, inputs);
  if (unknown !== undefined) {
    const hint = `Write one of those into the prompt file, or add it to ${key}.inputs.`;
    const known = inputs.map((input) => `{{${input}}}`).join(", ");
    refuse(`${key}.prompt_file`, `placeholders among ${known}`, `{{${unknown}}}`, hint);
  }
  if (inputs.includes("documents") && requires.length === 0) {
    const hint = `Name the kinds whose results are the documents, for example ${key}.requires = ["image_tag"].`;
    refuse(`${key}.requires`, "at least one kind, because documents are among the inputs", "none", hint);
  }
  if (inputs.includes("members") && scope !== "album") {
    refuse(`${key}.inputs`, "no members for the scope photo", "members", `Set ${key}.scope = "album".`);
  }
};

const checkPrompt = ({ promptText }: UserKindSource, key: string): void => {
  if (promptText.trim() !== "" && promptText.length <= MAX_PROMPT_LENGTH) return;
  const expected = `a text of 1 to ${MAX_PROMPT_LENGTH} characters in the file`;
  refuse(
    `${key}.prompt_file`,
    expected,
    `${promptText.length} characters`,
    "Write into the file what the model is to do.",
  );
};

const jsonOf = (text: string, key: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(`${key}.schema_file`, "a file with JSON", "something else", "Check the file with a JSON editor.");
  }
};

const answerSchemaOf = ({ settings, schemaText }: UserKindSource, key: string): z.ZodType<Record<string, unknown>> => {
  // The parts of a Markdown document; parsing/markdown.ts makes them.
  if (settings.output === "markdown") {
    return z.looseObject({ markdown: z.string(), sections: z.record(z.string(), z.string()) });
  }
  if (schemaText === undefined) {
    return refuse(
      `${key}.schema_file`,
      "a file with a JSON Schema",
      "none",
      'Add schema_file, or set output = "markdown".',
    );
  }
  return userAnswerSchema(jsonOf(schemaText, key), (place, expected) => {
    throw new ConfigError(`Expected ${expected} at ${place} in ${key}.schema_file, received something else.`, {
      hint: "docs/extending.md lists what such a schema may hold.",
    });
  });
};

const checkName = (name: string, key: string): void => {
  if (!NAME.test(name)) {
    const hint = "Use lower case letters, digits and underscores, beginning with a letter.";
    refuse(key, "a name such as pet_profile", JSON.stringify(name), hint);
  }
  if (kinds.some(({ kind }) => kind === name)) {
    refuse(key, "a name that no kind of photon has", JSON.stringify(name), "Choose another name for your kind.");
  }
};

const COMMON_FIELDS = new Set(["status", "question"]);

const plainFields = (answer: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(answer).flatMap(([field, value]) => (COMMON_FIELDS.has(field) ? [] : [[field, plain(value)]])),
  );

/** @throws ConfigError naming the key */
export const createUserKind = (source: UserKindSource): EnrichmentKind => {
  const { name, settings, promptText } = source;
  const key = `enrichment.kinds.${name}`;
  checkName(name, key);
  checkPrompt(source, key);
  checkInputs(source, key);
  const { inputs, requires, output } = settings;
  return defineKind<string, Record<string, unknown>, Record<string, unknown>>({
    kind: name,
    role: settings.role,
    scopes: [settings.scope],
    promptVersion: settings.version,
    template: {
      task: [fillPlaceholders(promptText, inputs, requires).trim()],
      instruction: settings.scope === "photo" ? "Do this for the photo above." : "Do this for the album above.",
    },
    temperature: rangeOf(source, key),
    imageDetail: "low",
    inputs: needsOf(inputs),
    requires,
    output,
    outputSchema: answerSchemaOf(source, key),
    requiredSections: settings.required_sections,
    contentSchema: z.record(z.string(), z.unknown()),
    auto: settings.auto,
    confirmation: "configurable",
    ...(settings.index ? { searchable: true as const } : {}),
    dataFields: (known) => [
      ...metadataFields(known),
      ...captionFields(known),
      ...allDocumentFields(known),
      ...memberFields(known),
    ],
    quality: () => [],
    toDocument: (answer) => ({ ...(output === "json" ? plainFields(answer) : answer), status: "ok" }),
    apply: (_, { confirmed }) =>
      confirmed ? [] : [{ change: "send-event", messageType: "llm_custom_result", content: { kind: name } }],
    autoConfirm: () => settings.auto_confirm,
  });
};
