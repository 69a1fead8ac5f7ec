/** Inputs and answers of enrichment kinds as tests like them: complete, small, valid. */
import type { LanguageReply, LanguageRequest } from "../../models/language/language-model.ts";
import type { ApplyContext, DocumentBody, EnrichmentKind } from "../../src/enrichment/enrichment-kind.ts";
import type { EnrichmentInputs } from "../../src/enrichment/inputs.ts";
import { judgeReply, type Verdict } from "../../src/enrichment/judge-reply.ts";
import { kinds } from "../../src/enrichment/kinds.ts";

export const PHOTO = "a".repeat(64);
export const MAIL = `eml:${"b".repeat(64)}`;
export const REQUEST = "req:01ARZ3NDEKTSV4RRFFQ69G5FAV";

const COMMON = { status: "ok", question: null, text_in_image: null };

/** Everything known about one photo, one mail, one request. */
export const knownInputs: Readonly<Record<string, EnrichmentInputs>> = {
  image_tag: {
    scopeId: PHOTO,
    language: "en",
    image: { width: 1024, height: 768 },
    tags: ["dog", "beach", "sea"],
    captureTime: "2024-07-15T14:32:00",
    camera: "Canon EOS R6",
    place: "Brighton",
    folder: "Holidays",
    fileName: "IMG_1.jpg",
    caption: { text: "Rex at the sea", source: "user" },
  },
  caption_clean: { scopeId: PHOTO, language: "en", caption: { text: "teh dog on teh beach", source: "user" } },
  photo_story: {
    scopeId: PHOTO,
    language: "en",
    image: { width: 1024, height: 768 },
    documents: { image_tag: { status: "ok", title: "Dog on a beach", summary: "A dog runs.", tags: ["dog", "beach"] } },
  },
  translate: {
    scopeId: PHOTO,
    language: "es",
    sourceTexts: {
      title: "Two dogs at {place}",
      summary: "Rex and Fido met on 15 July.",
      sourceLanguage: "en",
      targetLanguage: "es",
      names: ["Rex", "Fido"],
    },
  },
  watch_match: {
    scopeId: PHOTO,
    language: "en",
    image: { width: 1024, height: 768 },
    documents: { image_tag: { status: "ok", title: "A cat", tags: ["cat", "sofa"] } },
    watches: [
      { id: 7, name: "our cat", query: "grey cat", threshold: 0.7, autoAdd: false, albumId: "cats" },
      { id: 8, name: "sofas", query: "sofa", threshold: 0.7, autoAdd: false },
    ],
  },
  event_extract: {
    scopeId: MAIL,
    language: "en",
    mail: { subject: "Concert", body: "See you on 4 March at 19:30\nin the old hall.", date: "2026-02-20" },
  },
  intent: {
    scopeId: REQUEST,
    language: "en",
    request: { text: "dogs from last summer", now: "2026-03-04T09:30", timeZone: "Europe/Berlin", photoTitles: [] },
  },
  followup: {
    scopeId: REQUEST,
    language: "en",
    request: {
      text: "remind me",
      now: "2026-03-04T09:30",
      timeZone: "Europe/Berlin",
      photoTitles: ["Dog"],
      missing: ["when"],
    },
  },
};

/** An answer that passes, for the inputs above. */
export const goodAnswers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  image_tag: {
    ...COMMON,
    title: "Dog on a beach",
    summary: "A brown dog runs along the water.",
    tags: ["dog", "beach", "sea"],
    source_type: "PHOTO",
  },
  caption_clean: { ...COMMON, text: "The dog on the beach.", changed: true, language: "en" },
  photo_story: {
    ...COMMON,
    tagline: "Off the lead",
    story: "A dog that has waited all week for this.",
    best_used_for: "A card",
    mood: ["happy"],
    subjects: ["dog"],
    notable_detail: null,
  },
  translate: {
    ...COMMON,
    language: "es",
    fields: {
      title: "Dos perros en {place}",
      summary: "Rex y Fido se conocieron el 15 de julio.",
      caption: null,
      text: null,
    },
  },
  watch_match: { ...COMMON, matches: [{ watch_id: 7, confidence: 0.9, reason: "A grey cat." }] },
  event_extract: {
    ...COMMON,
    events: [
      {
        title: "Concert",
        starts_at: "2026-03-04T19:30",
        ends_at: null,
        timezone: null,
        all_day: false,
        location: "the old hall",
        source_quote: "on 4 March at 19:30 in the old hall",
        confidence: 0.9,
      },
    ],
  },
  intent: {
    ...COMMON,
    intent: "search",
    query: "dogs",
    filters: { taken_from: "2025-06-01", taken_to: "2025-08-31", tags: null, folder: null, source_type: null },
    when: null,
    title: null,
    note: null,
    confidence: 0.9,
  },
  followup: { ...COMMON, question: "When shall I remind you?", options: ["Tomorrow", "Next week"] },
};

export const replyOf = (text: string, changes: Partial<LanguageReply> = {}): LanguageReply => ({
  text,
  model: "scripted",
  stop: "stop",
  truncated: false,
  refusal: null,
  latencyMs: 5,
  tokensUsed: 30,
  temperatureSent: 0.3,
  maxTokensSent: 1024,
  requestId: null,
  reportedCostUsd: null,
  usage: { input: 20, cacheRead: 0, cacheWrite: 0, output: 10 },
  ...changes,
});

/** One reply or error per call, in order; more calls than that are an error of the test. */
export const scriptedModel = (script: readonly (LanguageReply | Error)[], modelId = "scripted") => {
  const requests: LanguageRequest[] = [];
  return {
    provider: "test",
    modelId,
    providerKey: "test@https://llm.test",
    leavesMachine: true,
    requests,
    generate: (request: LanguageRequest): Promise<LanguageReply> => {
      const answer = script[requests.length];
      requests.push(request);
      if (answer === undefined) return Promise.reject(new Error(`Call ${requests.length} is not in the script.`));
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
};

export const kindOf = (name: string): EnrichmentKind => {
  const kind: EnrichmentKind | undefined = kinds.find((candidate) => candidate.kind === name);
  if (kind === undefined) throw new Error(`There is no kind ${name}.`);
  return kind;
};

export const inputsOf = (name: string): EnrichmentInputs => {
  const inputs = knownInputs[name];
  if (inputs === undefined) throw new Error(`There are no inputs for ${name}.`);
  return inputs;
};

/** Verdict on the good answer with some fields changed. */
export const judged = (name: string, changes: object = {}, inputs = inputsOf(name)): Verdict =>
  judgeReply(kindOf(name), inputs, JSON.stringify({ ...goodAnswers[name], ...changes }));

/** Paths of what is wrong; empty = accepted. */
export const brokenRules = (name: string, changes: object, inputs?: EnrichmentInputs): readonly string[] => {
  const verdict = judged(name, changes, inputs);
  return verdict.verdict === "invalid" ? verdict.issues.map(({ path }) => path) : [];
};

export const bodyOf = (verdict: Verdict): DocumentBody => {
  if (verdict.verdict !== "document") throw new Error(`Expected a document, received ${JSON.stringify(verdict)}.`);
  return verdict.body;
};

export const ready: ApplyContext = { scopeId: PHOTO, confirmed: false };
export const confirmed: ApplyContext = { ...ready, confirmed: true };

/** Words of exactly so many characters. */
export const text = (length: number): string => `${"word ".repeat(Math.ceil(length / 5)).slice(0, length - 1)}x`;
