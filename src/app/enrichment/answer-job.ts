/** The calls of a prepared job, and the document they end in. */
import type { LanguageModel } from "../../../models/language/language-model.ts";
import type { AttemptResult, AttemptTask, CallJournal, JobStep } from "../../enrichment/attempt.ts";
import { runAttempt } from "../../enrichment/call-runner.ts";
import type { DocumentBody } from "../../enrichment/enrichment-kind.ts";
import type { EnrichmentInputs, SourceTexts } from "../../enrichment/inputs.ts";
import { joinTranslations, translationParts } from "../../enrichment/kinds/translate.ts";
import type { Prompt } from "../../enrichment/prompts/build-prompt.ts";
import { choosePromptVersion } from "../../enrichment/prompts/prompt-settings.ts";
import { JobFailure } from "../../jobs/failure.ts";
import type { ClaimedJob } from "../../jobs/job-store.ts";
import type { PreparedJob } from "./prepared-job.ts";

type Accepted = Extract<AttemptResult, { readonly ok: true }>;

export interface Answer {
  readonly body: DocumentBody;
  /** The accepted call; the last one where a text took several. */
  readonly accepted: Accepted;
  /** False: every part came out of photon's own cache. */
  readonly wasCalled: boolean;
  readonly prompt: Prompt;
  readonly promptVersion: number;
}

export interface AnswerOptions {
  readonly job: ClaimedJob;
  readonly prepared: PreparedJob;
  readonly model: LanguageModel;
  readonly fallback: LanguageModel | undefined;
  readonly maxTokens: number;
  readonly maxReAsks: number;
  readonly signal: AbortSignal;
  readonly onStep: (step: JobStep) => void;
  /** @param prompt tells which fields are sent */
  readonly openJournal: (prompt: Prompt, promptVersion: number) => CallJournal;
}

const LONG_FIELDS = ["title", "summary", "caption", "text"] as const;
type LongField = (typeof LONG_FIELDS)[number];

interface InputPart {
  readonly inputs: EnrichmentInputs;
  /** Texts of this request by field. */
  readonly sources: Partial<Readonly<Record<LongField, string>>>;
}

/** A translation's source is never cut: what is too long for one request becomes several. */
const partsOf = (inputs: EnrichmentInputs): readonly InputPart[] => {
  const { sourceTexts } = inputs;
  if (sourceTexts === undefined) return [{ inputs, sources: {} }];
  const parts = LONG_FIELDS.map((field) => ({ field, texts: translationParts(sourceTexts[field] ?? "") }));
  const count = Math.max(1, ...parts.map(({ texts }) => texts.length));
  return Array.from({ length: count }, (_, place) => {
    const sources = Object.fromEntries(
      parts.flatMap(({ field, texts }) => (texts[place] === undefined ? [] : [[field, texts[place]]])),
    );
    const { sourceLanguage, targetLanguage, names } = sourceTexts;
    const languages = { sourceLanguage, targetLanguage, ...(names === undefined ? {} : { names }) };
    return { inputs: { ...inputs, sourceTexts: { ...sources, ...languages } satisfies SourceTexts }, sources };
  });
};

const fieldsOf = ({ fields }: DocumentBody): Readonly<Record<string, unknown>> =>
  typeof fields === "object" && fields !== null ? { ...fields } : {};

/** One document out of those of the parts. */
const joined = (parts: readonly InputPart[], bodies: readonly DocumentBody[]): DocumentBody => {
  const [first] = bodies;
  const unfinished = bodies.find(({ status }) => status !== "ok");
  if (first === undefined || bodies.length === 1 || unfinished !== undefined) return unfinished ?? first ?? NOTHING;
  const fields = LONG_FIELDS.map((field) => {
    const pieces = bodies.flatMap((body, place) => {
      const [source, target] = [parts[place]?.sources[field], fieldsOf(body)[field]];
      return source === undefined || typeof target !== "string" ? [] : [{ source, target }];
    });
    const whole = joinTranslations(
      pieces.map(({ source }) => source),
      pieces.map(({ target }) => target),
    );
    return [field, pieces.length === 0 ? null : whole] as const;
  });
  return { ...first, fields: Object.fromEntries(fields) };
};

export const NOTHING: DocumentBody = { status: "none" };

const taskOf = (options: AnswerOptions, { inputs }: InputPart, prompt: Prompt): AttemptTask => {
  const { job, prepared, maxTokens, maxReAsks } = options;
  const { picture, subject } = prepared;
  const { kind, temperature } = subject.configured;
  return {
    kind,
    inputs,
    prompt,
    image: picture ?? null,
    ...(picture === undefined ? {} : { smallerImage: picture.smaller }),
    temperature,
    maxTokens,
    firstAttempt: job.attemptsInvalid === 0,
    maxReAsks,
    ...(subject.payload.force === true ? { executionId: job.executionId } : {}),
  };
};

/** @throws JobFailure when no document comes of it; whatever the journal throws */
export const answerJob = async (options: AnswerOptions): Promise<Answer> => {
  const { job, prepared, model, fallback, signal, onStep, openJournal } = options;
  const { kind, shares, overrides } = prepared.subject.configured;
  const promptVersion = choosePromptVersion(kind, job.scopeId, shares);
  const parts = partsOf(prepared.inputs);
  const answers: { readonly accepted: Accepted; readonly prompt: Prompt }[] = [];
  for (const part of parts) {
    const prompt = kind.buildPrompt(part.inputs, { promptVersion, overrides: overrides(albumsOf(job)) });
    const journal = openJournal(prompt, promptVersion);
    const result = await runAttempt(taskOf(options, part, prompt), {
      model,
      ...(fallback === undefined ? {} : { fallback }),
      journal,
      signal,
      onStep,
    });
    if (!result.ok) throw new JobFailure(result.failure);
    answers.push({ accepted: result, prompt });
  }
  const last = answers.at(-1);
  if (last === undefined) throw new Error("A job has at least one part.");
  const body = joined(
    parts,
    answers.map(({ accepted }) => accepted.body),
  );
  return { ...last, body, promptVersion, wasCalled: answers.some(({ accepted }) => !accepted.cached) };
};

const ALBUM = "album:";

const albumsOf = ({ scopeId }: ClaimedJob): readonly string[] =>
  scopeId.startsWith(ALBUM) ? [scopeId.slice(ALBUM.length)] : [];
