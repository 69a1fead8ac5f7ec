/** What a kind gets to see: what it asks for, as far as the user allows it to be sent. */
import type { SendField } from "../../config.ts";
import { INPUT_NAMES, type EnrichmentInputs, type InputName, type SourceTexts } from "../inputs.ts";
import { parseScope } from "../scope.ts";

const DEFAULT_SEND_FIELDS: readonly SendField[] = ["tags", "capture_month", "camera"];

/** One name, or several of which one is enough. */
export type InputNeed = InputName | readonly InputName[];

export interface InputNeeds {
  /**
   * What the kind is about. Without it there is no prompt; `llm.send_fields` does not hold it back, as asking for the
   * kind is asking to send it.
   */
  readonly required: readonly InputNeed[];
  /** Context, sent where it is known and allowed. */
  readonly optional: readonly InputName[];
}

export type AssembledInputs =
  | { readonly ok: true; readonly inputs: EnrichmentInputs }
  /** The job waits: an earlier kind has to be done first, or the photo has nothing for this kind. */
  | { readonly ok: false; readonly missing: readonly InputNeed[] };

const KEYS: Readonly<Record<InputName, keyof EnrichmentInputs>> = {
  image: "image",
  tags: "tags",
  capture_time: "captureTime",
  camera: "camera",
  place: "place",
  file_name: "fileName",
  folder: "folder",
  caption: "caption",
  picture_text: "pictureText",
  documents: "documents",
  members: "members",
  watches: "watches",
  mail: "mail",
  request: "request",
  source_texts: "sourceTexts",
};

/** Permissions of context; inputs that are not listed are no metadata of the photo. */
const PERMISSIONS: Partial<Readonly<Record<InputName, readonly SendField[]>>> = {
  tags: ["tags"],
  capture_time: ["capture_month", "capture_date"],
  camera: ["camera"],
  place: ["place"],
  file_name: ["file_name"],
  folder: ["folder"],
  caption: ["user_caption"],
};

const MONTH_LENGTH = "2024-07".length;
const DATE_LENGTH = "2024-07-15".length;

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

const alternatives = (need: InputNeed): readonly InputName[] => (typeof need === "string" ? [need] : need);

/** Whether a picture may go along: such kinds need a model that sees, where the scope has a picture. */
export const takesImage = ({ inputs }: { readonly inputs: InputNeeds }): boolean =>
  inputs.required.flatMap(alternatives).includes("image") || inputs.optional.includes("image");

/** Only photos have documents of earlier kinds to wait for. */
const missingDocuments = (requires: readonly string[], known: EnrichmentInputs): boolean =>
  parseScope(known.scopeId).type === "photo" && requires.some((kind) => known.documents?.[kind] === undefined);

/** What a kind may see of what it asked for: the earlier documents it named, dates and captions as far as allowed. */
const restrict = (inputs: EnrichmentInputs, requires: readonly string[], sendFields: readonly SendField[]) => {
  const { captureTime, documents, sourceTexts, ...rest } = inputs;
  const timeLength = sendFields.includes("capture_date") ? DATE_LENGTH : MONTH_LENGTH;
  return {
    ...rest,
    ...(captureTime === undefined ? {} : { captureTime: captureTime.slice(0, timeLength) }),
    ...(documents === undefined
      ? {}
      : { documents: Object.fromEntries(Object.entries(documents).filter(([kind]) => requires.includes(kind))) }),
    ...(sourceTexts === undefined ? {} : { sourceTexts: withoutCaption(sourceTexts, sendFields) }),
  };
};

const withoutCaption = (texts: SourceTexts, sendFields: readonly SendField[]): SourceTexts => {
  const { caption: _, ...rest } = texts;
  return sendFields.includes("user_caption") ? texts : rest;
};

/** @param known everything about the scope */
export const assembleInputs = (
  { inputs: needs, requires }: { readonly inputs: InputNeeds; readonly requires: readonly string[] },
  known: EnrichmentInputs,
  sendFields: readonly SendField[] = DEFAULT_SEND_FIELDS,
): AssembledInputs => {
  const subjects = new Set(needs.required.flatMap(alternatives));
  const allowed = (name: InputName): boolean =>
    subjects.has(name) || (PERMISSIONS[name]?.some((field) => sendFields.includes(field)) ?? true);
  const present = INPUT_NAMES.filter(
    (name) => (subjects.has(name) || needs.optional.includes(name)) && allowed(name) && !isEmpty(known[KEYS[name]]),
  );
  const missing = needs.required.filter((need) => !alternatives(need).some((name) => present.includes(name)));
  if (missingDocuments(requires, known) && !missing.includes("documents")) missing.push("documents");
  if (missing.length > 0) return { ok: false, missing };
  const { scopeId, language } = known;
  const inputs = {
    scopeId,
    language,
    ...Object.fromEntries(present.map((name) => [KEYS[name], known[KEYS[name]]])),
  };
  return { ok: true, inputs: restrict(inputs, requires, sendFields) };
};
