/** What an assistant has written about a photo: a version like others, which waits for the user's word. No model is asked. */
import { z } from "zod";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { EnrichmentKey, StoredDocument } from "../../catalogue/document-repository.ts";
import type { DocumentBody } from "../../enrichment/enrichment-kind.ts";
import { issuesOf } from "../../enrichment/parsing/issues.ts";
import { plainLine, plainText } from "../../enrichment/parsing/plain-text.ts";
import { tagList } from "../../enrichment/parsing/tags.ts";
import { documentTypeName } from "../../enrichment/scope.ts";
import { InvalidInputError } from "../../errors.ts";
import type { EnrichmentView } from "./enrichment-api.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import { bodyOf } from "./review-items.ts";
import { documentWrite } from "./user-version.ts";

const MOST_TAGS = 10;
const MOST_MODEL = 100;

export interface Annotation {
  readonly contentHash: string;
  readonly title?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** BCP 47; set = the words are a translation, else they describe the photo in the library's language. */
  readonly language?: string;
  /** Name of the program of the assistant. */
  readonly author: string;
}

export interface AnnotateApi {
  /**
   * Fields that are left out stay as the newest version has them. The same words again make no new version.
   * @throws InvalidInputError naming what does not fit
   */
  readonly annotate: (annotation: Annotation) => Promise<EnrichmentView>;
}

export interface AnnotateDeps {
  readonly catalogue: () => Promise<Catalogue>;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly view: (key: EnrichmentKey, options: { readonly history: boolean }) => Promise<EnrichmentView>;
  /** Readers' columns or tags have changed. */
  readonly onChange: () => void;
}

const wordsSchema = z.object({
  title: plainLine(100).optional(),
  description: plainText(500).optional(),
  tags: tagList(1, MOST_TAGS).optional(),
});
type Words = z.output<typeof wordsSchema>;

const wordsOf = ({ title, description, tags }: Annotation): Words => {
  const parsed = wordsSchema.safeParse({ title, description, tags });
  if (!parsed.success) {
    const issues = issuesOf(parsed.error).map(({ path, rule }) => `${path} ${rule}`);
    throw new InvalidInputError(`Expected words within their limits: ${issues.join("; ")}.`);
  }
  if (Object.values(parsed.data).every((value) => value === undefined)) {
    throw new InvalidInputError("Expected a title, a description or tags, received none.");
  }
  return parsed.data;
};

/** An answer that holds a question instead of words is no ground to build on. */
const groundOf = (newest: StoredDocument | undefined): DocumentBody => {
  const body = newest === undefined ? undefined : bodyOf(newest.content);
  return body?.status === "ok" ? body : { status: "ok" };
};

const describing = (ground: DocumentBody, { title, description, tags }: Words): DocumentBody => ({
  ...ground,
  ...(title === undefined ? {} : { title }),
  ...(description === undefined ? {} : { summary: description }),
  ...(tags === undefined ? {} : { tags }),
});

const fieldsSchema = z.looseObject({ fields: z.record(z.string(), z.string().nullable()).catch({}) });

const translating = (ground: DocumentBody, { title, description, tags }: Words, language: string): DocumentBody => {
  if (tags !== undefined)
    throw new InvalidInputError("Expected a title or a description as translation, received tags.");
  const { fields } = fieldsSchema.parse(ground);
  return {
    ...ground,
    status: "ok",
    language,
    fields: {
      title: title ?? fields["title"] ?? null,
      summary: description ?? fields["summary"] ?? null,
      caption: fields["caption"] ?? null,
      text: fields["text"] ?? null,
    },
  };
};

const sameWords = (a: DocumentBody, b: DocumentBody): boolean => {
  const sorted = (body: DocumentBody): string =>
    JSON.stringify(Object.entries(body).toSorted(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
};

const annotate = async (deps: AnnotateDeps, annotation: Annotation): Promise<EnrichmentView> => {
  const { contentHash: scopeId, language, author } = annotation;
  const words = wordsOf(annotation);
  const { kind } = (await deps.kinds()).get(language === undefined ? "image_tag" : "translate");
  const documentType = documentTypeName(
    language === undefined ? { kind: kind.kind } : { kind: kind.kind, qualifier: language },
  );
  const key = { scopeId, documentType };
  const { documents, executions } = await deps.catalogue();
  const [newest] = await documents.history(key);
  const ground = groundOf(newest);
  const body = language === undefined ? describing(ground, words) : translating(ground, words, language);
  if (newest !== undefined && sameWords(ground, body)) return deps.view(key, { history: true });
  const executionId = await executions.start({ command: "annotate", kinds: [kind.kind], filter: { scopeId } });
  const origin = { scopeId, step: "annotate", executionId, model: author.slice(0, MOST_MODEL) } as const;
  await documents.writeVersion({ ...key, kind: kind.kind }, documentWrite(kind, body, origin));
  await executions.settle(executionId);
  deps.onChange();
  return deps.view(key, { history: true });
};

export const createAnnotateApi = (deps: AnnotateDeps): AnnotateApi => ({
  annotate: (annotation) => annotate(deps, annotation),
});
