/** A person changes a result: what they wrote, brought into the form the kind stores, with the limits of its answers. */
import { z } from "zod";
import { InvalidInputError } from "../../errors.ts";
import type { DocumentBody, EnrichmentKind } from "../enrichment-kind.ts";
import { issuesOf, type Issue } from "../parsing/issues.ts";
import { parseMarkdown } from "../parsing/markdown.ts";

/** One field by its path, `title` or `events.0.title`, and its new value as it was typed. */
export interface FieldChange {
  readonly path: string;
  readonly text: string;
}

export interface ContentEdit {
  /** Takes the place of the fields of the same name. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly set?: readonly FieldChange[];
}

type Fields = Record<string, unknown>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text; // words are words; the schema says whether they fit
  }
};

/** The schema of a field, without what makes it nullable or optional. */
const fieldSchema = ({ outputSchema }: EnrichmentKind, field: string): z.ZodType | undefined => {
  if (!(outputSchema instanceof z.ZodObject)) return undefined;
  const schema: unknown = Object.hasOwn(outputSchema.shape, field) ? outputSchema.shape[field] : undefined;
  return schema instanceof z.ZodType ? schema : undefined;
};

const takesText = (schema: z.ZodType | undefined): boolean => schema?.safeParse("x".repeat(8)).success === true;

/** Lists of words may be typed with commas; texts are taken as they are; the rest is JSON. */
const valueOf = (text: string, before: unknown, schema: z.ZodType | undefined): unknown => {
  if (typeof before === "string") return text;
  const value = jsonOf(text);
  if (Array.isArray(before) && typeof value === "string") {
    return value.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));
  }
  return takesText(schema) && typeof value !== "string" && value !== null ? text : value;
};

const noSuchField = (path: string, known: readonly string[]): InvalidInputError =>
  new InvalidInputError(`Expected a field among ${known.join(", ")}, received "${path}".`, {
    hint: '"photon review show" shows the fields of a result.',
  });

const setPath = (target: unknown, path: readonly string[], change: (before: unknown) => unknown): unknown => {
  const [step = "", ...rest] = path;
  const next = (before: unknown): unknown => (rest.length === 0 ? change(before) : setPath(before, rest, change));
  if (Array.isArray(target)) {
    const place = Number(step);
    if (!Number.isInteger(place) || place < 0 || place >= target.length) {
      throw noSuchField(step, target.length === 0 ? ["none"] : target.map((_item, index) => String(index)));
    }
    return target.map((item: unknown, index) => (index === place ? next(item) : item));
  }
  if (isRecord(target)) {
    if (rest.length > 0 && !Object.hasOwn(target, step)) throw noSuchField(step, Object.keys(target));
    return { ...target, [step]: next(target[step]) };
  }
  throw noSuchField(step, ["none, because the value holds no fields"]);
};

const sayIssues = (kind: EnrichmentKind, issues: readonly Issue[]): InvalidInputError =>
  new InvalidInputError(
    `Expected a result within the limits of ${kind.kind}: ${issues
      .map(({ path, rule }) => (path === "" ? rule : `${path} ${rule}`))
      .join("; ")}.`,
    { hint: "Change those fields and try again; nothing was stored." },
  );

/** Fields a kind stores; a new one may be added, one that does not exist may not. */
const knownFields = (kind: EnrichmentKind, current: DocumentBody): ReadonlySet<string> =>
  new Set([
    ...Object.keys(current),
    ...(kind.outputSchema instanceof z.ZodObject ? Object.keys(kind.outputSchema.shape as Fields) : []),
  ]);

const FIXED = new Set(["status", "question", "questions"]);

const changedBody = (kind: EnrichmentKind, current: DocumentBody, edit: ContentEdit): Fields => {
  const known = [...knownFields(kind, current)].filter((field) => !FIXED.has(field));
  const check = (field: string): void => {
    if (!known.includes(field)) throw noSuchField(field, known);
  };
  const { status: _status, ...fields } = edit.fields ?? {};
  for (const field of Object.keys(fields)) check(field);
  let body: unknown = { ...current, ...fields };
  for (const { path, text } of edit.set ?? []) {
    const steps = path.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
    check(steps[0] ?? "");
    const schema = steps.length === 1 ? fieldSchema(kind, steps[0] ?? "") : undefined;
    body = setPath(body, steps, (before) => valueOf(text, before, schema));
  }
  return body as Fields; // setPath keeps the object an object
};

const markdownBody = (kind: EnrichmentKind, body: Fields): Fields => {
  const { markdown } = body;
  const { document, issues } = parseMarkdown(typeof markdown === "string" ? markdown : "", kind.requiredSections ?? []);
  if (issues.length > 0) throw sayIssues(kind, issues);
  return { ...document };
};

/** Fields in the form answers are stored in; a field without a value is left to the content's schema. */
const limited = (kind: EnrichmentKind, body: Fields): Fields => {
  const issues: Issue[] = [];
  const checked = Object.entries(body).map(([field, value]): [string, unknown] => {
    const schema = FIXED.has(field) ? undefined : fieldSchema(kind, field);
    if (schema === undefined || value === null || value === undefined) return [field, value];
    const parsed = schema.safeParse(value);
    if (parsed.success) return [field, parsed.data];
    const places = issuesOf(parsed.error).map(({ path, rule }) => ({
      path: path === "" ? field : path.startsWith("[") ? `${field}${path}` : `${field}.${path}`,
      rule,
    }));
    issues.push(...places);
    return [field, value];
  });
  if (issues.length > 0) throw sayIssues(kind, issues);
  return Object.fromEntries(checked);
};

/**
 * The content of the new version.
 * @param current content that is changed; `{ status: "ok" }` when there is none yet
 * @throws InvalidInputError that names the fields that do not fit
 */
export const editContent = (kind: EnrichmentKind, current: DocumentBody, edit: ContentEdit): DocumentBody => {
  if (kind.editable === false) {
    throw new InvalidInputError(`Expected a kind whose results can be edited, received ${kind.kind}.`, {
      hint: "Confirm or discard it instead.",
    });
  }
  const changed = changedBody(kind, current, edit);
  const {
    question: _question,
    questions: _questions,
    ...body
  } = limited(kind, kind.output === "markdown" ? markdownBody(kind, changed) : changed);
  const content = kind.contentSchema.safeParse(body);
  if (!content.success) throw sayIssues(kind, issuesOf(content.error));
  return { ...body, status: "ok" };
};
