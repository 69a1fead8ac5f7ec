/** What documents of any kind say in words. */
import { z } from "zod";

const text = z.string().nullish();

/** The fields of all kinds that say something in words; others are passed over. */
const contentSchema = z.looseObject({
  status: z.string().optional(),
  title: text.catch(undefined),
  tagline: text.catch(undefined),
  summary: text.catch(undefined),
  text: text.catch(undefined),
  story: text.catch(undefined),
  fields: z.looseObject({ title: text, summary: text, caption: text, text }).optional().catch(undefined),
  tags: z.array(z.string()).nullish().catch(undefined),
  source_type: text.catch(undefined),
});
type Content = z.output<typeof contentSchema>;

const parsed = (content: string): Content | undefined => {
  try {
    return contentSchema.safeParse(JSON.parse(content)).data;
  } catch {
    return undefined; // Markdown
  }
};

const firstText = (...candidates: readonly (string | null | undefined)[]): string | undefined =>
  candidates.find((candidate) => candidate !== null && candidate !== undefined && candidate.trim() !== "") ?? undefined;

/** What stands for kinds without a text of their own is the document itself. */
const descriptionOf = (document: string, content: Content | undefined): string => {
  if (content === undefined) return document;
  const { summary, text: cleaned, story, fields, title } = content;
  const translated = [fields?.summary, fields?.caption, fields?.text, fields?.title];
  return firstText(summary, cleaned, story, ...translated, title) ?? document;
};

export interface DocumentTexts {
  /** `ok`, `none`, `needs_clarification`, ...; undefined = Markdown. */
  readonly status: string | undefined;
  readonly title: string | undefined;
  /** What stands for kinds without a text of their own is the document itself. */
  readonly description: string;
  readonly tags: readonly string[] | undefined;
  readonly sourceType: string | undefined;
}

export const documentTexts = (document: string): DocumentTexts => {
  const content = parsed(document);
  return {
    status: content?.status,
    title: firstText(content?.title, content?.tagline, content?.fields?.title),
    description: descriptionOf(document, content),
    tags: content?.tags ?? undefined,
    sourceType: content?.source_type ?? undefined,
  };
};
