/** One document of a photo as tools tell it: its state, its newest version, and the versions before. */
import { z } from "zod";
import { documentTexts } from "../../src/app/enrichment/document-texts.ts";
import type { EnrichmentView } from "../../src/app/enrichment/enrichment-api.ts";
import type { StoredDocument } from "../../src/catalogue/document-repository.ts";
import { outsideName, outsideNames, outsideText } from "../photos/outside-text.ts";

const STATES = ["NONE", "PENDING", "ENRICHING", "READY_TO_CONFIRM", "CONFIRMED", "FAILED", "DISCARDED"] as const;
const SOURCES = ["llm", "assistant", "user"] as const;

const versionFields = {
  version: z.number(),
  title: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  source: z.enum(SOURCES),
  model: z.string().describe("A model, the name of an assistant's program, or `user`."),
  at: z.string().describe("ISO 8601, UTC."),
};
const versionSchema = z.strictObject(versionFields);
type ItemVersion = z.output<typeof versionSchema>;

export const enrichmentItemSchema = z.strictObject({
  id: z.string(),
  kind: z.string().describe("Document type: `image_tag`, `translate:es`."),
  state: z.enum(STATES),
  ...versionSchema.partial().shape,
  shown_version: z
    .number()
    .optional()
    .describe("The version readers see, when an older one is confirmed and the newest is not."),
  question: z.string().optional().describe("What the model asked back instead of an answer."),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  versions: z.array(versionSchema).optional().describe("Of `history`: older versions, newest first."),
});
export type EnrichmentItem = z.output<typeof enrichmentItemSchema>;

export interface ItemLimits {
  /** Characters. */
  readonly text: number;
  readonly tags: number;
  readonly versions: number;
}
/** From rich to poor. */
export const ITEM_LIMITS: readonly [ItemLimits, ...ItemLimits[]] = [
  { text: 500, tags: 20, versions: 10 },
  { text: 250, tags: 10, versions: 5 },
  { text: 120, tags: 5, versions: 2 },
  { text: 60, tags: 2, versions: 0 },
];

const CLARIFY = "needs_clarification";
const questionSchema = z.looseObject({ question: z.string() });

const sourceOf = ({ createdByStep, model }: StoredDocument): ItemVersion["source"] => {
  if (model === "user" || createdByStep === "edit") return "user";
  return createdByStep === "annotate" ? "assistant" : "llm";
};

const versionOf = (document: StoredDocument, { text, tags: mostTags }: ItemLimits): ItemVersion => {
  const { status, title, description, tags } = documentTexts(document.content);
  const isAnswer = status === undefined || status === "ok";
  return {
    version: document.version,
    ...(title === undefined ? {} : { title: outsideName(title, text) }),
    ...(isAnswer ? { description: outsideText(description, text) } : {}),
    ...(tags === undefined ? {} : { tags: [...outsideNames(tags.slice(0, mostTags))] }),
    source: sourceOf(document),
    model: outsideName(document.model),
    at: new Date(document.createdAt).toISOString(),
  };
};

const questionOf = ({ content }: StoredDocument, { text }: ItemLimits): Pick<EnrichmentItem, "question"> => {
  if (documentTexts(content).status !== CLARIFY) return {};
  const { data } = questionSchema.safeParse(JSON.parse(content));
  return data === undefined ? {} : { question: outsideText(data.question, text) };
};

const stateOf = (state: string): EnrichmentItem["state"] => STATES.find((known) => known === state) ?? "NONE";

/** @param view with history @param id as it is shown */
export const enrichmentItem = (
  view: EnrichmentView,
  id: string,
  { history, limits }: { readonly history: boolean; readonly limits: ItemLimits },
): EnrichmentItem => {
  const [newest, ...older] = view.versions;
  const shown = view.document?.version;
  return {
    id,
    kind: view.documentType,
    state: stateOf(view.state),
    ...(newest === undefined ? {} : { ...versionOf(newest, limits), ...questionOf(newest, limits) }),
    ...(shown === undefined || shown === newest?.version ? {} : { shown_version: shown }),
    ...(view.error === undefined ? {} : { error: { ...view.error } }),
    ...(history ? { versions: older.slice(0, limits.versions).map((document) => versionOf(document, limits)) } : {}),
  };
};
