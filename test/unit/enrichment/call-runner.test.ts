import { describe, expect, test } from "vitest";
import type { LanguageReply, RequestImage } from "../../../models/language/language-model.ts";
import { CallError } from "../../../src/errors.ts";
import { resultCacheKey, type CacheKeyParts } from "../../../src/enrichment/cache-key.ts";
import type {
  AttemptTask,
  CallableModel,
  CallJournal,
  CallOutcome,
  PlannedCall,
} from "../../../src/enrichment/attempt.ts";
import { runAttempt } from "../../../src/enrichment/call-runner.ts";
import { imageTag } from "../../../src/enrichment/kinds/image-tag.ts";
import { goodAnswers, knownInputs, PHOTO, replyOf, scriptedModel } from "../../support/enrichment.ts";

const inputs = knownInputs["image_tag"] ?? { scopeId: PHOTO, language: "en" };
const answer = goodAnswers["image_tag"] ?? {};
const good = replyOf(JSON.stringify(answer));
const tooFewTags = replyOf(JSON.stringify({ ...answer, tags: ["dog"] }));
const cutOff = replyOf('{"status":"ok","title":"Do', { truncated: true, stop: "length" });
const declined = replyOf("", { refusal: "unspecified" });
const image: RequestImage = { mime: "image/jpeg", bytes: Buffer.from("large") };
const smaller: RequestImage = { mime: "image/jpeg", bytes: Buffer.from("small") };

const taskWith = (changes: Partial<AttemptTask> = {}): AttemptTask => ({
  kind: imageTag,
  inputs,
  prompt: imageTag.buildPrompt(inputs),
  image,
  smallerImage: () => Promise.resolve(smaller),
  temperature: 0.3,
  maxTokens: 1024,
  firstAttempt: true,
  maxReAsks: 2,
  ...changes,
});

const recordingJournal = (cached?: LanguageReply) => {
  const calls: PlannedCall[] = [];
  const outcomes: CallOutcome[] = [];
  const journal: CallJournal = {
    begin: (call) => {
      calls.push(call);
      return Promise.resolve({
        ...(cached === undefined ? {} : { cached }),
        end: (outcome) => {
          outcomes.push(outcome);
          return Promise.resolve();
        },
      });
    },
  };
  return { journal, calls, outcomes };
};

const run = async (
  script: readonly (LanguageReply | Error)[],
  task: Partial<AttemptTask> = {},
  fallback?: CallableModel,
) => {
  const model = scriptedModel(script);
  const { journal, calls, outcomes } = recordingJournal();
  const { signal } = new AbortController();
  const deps = { model, journal, signal, ...(fallback === undefined ? {} : { fallback }) };
  const result = await runAttempt(taskWith(task), deps);
  return { result, requests: model.requests, calls, outcomes, reasons: calls.map(({ reason }) => reason) };
};

test("one good reply is one call", async () => {
  const { result, requests, outcomes } = await run([good]);
  expect(result).toMatchObject({
    ok: true,
    calls: 1,
    cached: false,
    repaired: false,
    body: { title: "Dog on a beach" },
  });
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ maxTokens: 1024, temperature: 0.3, detail: "low", turns: [], image });
  expect(requests[0]?.cacheKey).toBe(imageTag.buildPrompt(inputs).promptHash);
  expect(outcomes).toMatchObject([{ accepted: true, failure: null }]);
});

test("a repaired object is said to be repaired", async () => {
  const { result, outcomes } = await run([replyOf(JSON.stringify(answer).replace(/\}$/, ",}"))]);
  expect(result).toMatchObject({ ok: true, repaired: true });
  expect(outcomes).toMatchObject([{ accepted: true, repaired: true }]);
});

describe("asking again", () => {
  test("goes on in the same conversation and names the rule, not the value", async () => {
    const { result, requests, reasons } = await run([tooFewTags, good]);
    expect(result).toMatchObject({ ok: true, calls: 2 });
    expect(reasons).toEqual(["first", "re_ask"]);
    expect(requests[1]?.turns).toHaveLength(2);
    expect(requests[1]?.turns[0]).toEqual({ role: "assistant", text: tooFewTags.text });
    expect(requests[1]?.turns[1]?.text).toContain("- tags: must have at least 3 items");
  });

  test("happens twice at most, then the attempt has failed", async () => {
    const { result, requests, outcomes } = await run([tooFewTags, tooFewTags, tooFewTags]);
    expect(result).toEqual({
      ok: false,
      calls: 3,
      failure: { class: "invalid_response", code: "LLM_VALIDATION_ERROR" },
    });
    expect(requests[2]?.turns).toHaveLength(4);
    expect(outcomes.map((outcome) => outcome.reply !== null && outcome.accepted)).toEqual([false, false, false]);
  });

  test("does not happen in later attempts", async () => {
    const { result, requests } = await run([tooFewTags], { firstAttempt: false });
    expect(result).toMatchObject({ ok: false, calls: 1 });
    expect(requests).toHaveLength(1);
  });

  test("as often as configured", async () => {
    expect((await run([tooFewTags], { maxReAsks: 0 })).result).toMatchObject({ ok: false, calls: 1 });
  });

  test("an empty reply is not put into the conversation", async () => {
    const { result, requests } = await run([replyOf(""), good]);
    expect(result.ok).toBe(true);
    expect(requests[1]?.turns.map(({ role }) => role)).toEqual(["user"]);
  });

  test("empty replies to the end are named so", async () => {
    const { result } = await run([replyOf(""), replyOf(""), replyOf(" ")]);
    expect(result).toMatchObject({ failure: { code: "LLM_VALIDATION_ERROR", sub: "EMPTY" } });
  });
});

describe("a reply that was cut off", () => {
  test("is asked for once more with twice the room that was sent", async () => {
    const { result, requests, reasons } = await run([{ ...cutOff, maxTokensSent: 4096 }, good]);
    expect(result.ok).toBe(true);
    expect(reasons).toEqual(["first", "enlarged"]);
    expect(requests.map(({ maxTokens }) => maxTokens)).toEqual([1024, 8192]);
  });

  test("twice is a failure", async () => {
    const { result } = await run([cutOff, cutOff]);
    expect(result).toMatchObject({ ok: false, calls: 2, failure: { class: "truncated", code: "LLM_TRUNCATED" } });
  });

  test("never asks for more than 16000, and not again when that was sent", async () => {
    const { requests } = await run([{ ...cutOff, maxTokensSent: 12_000 }, good]);
    expect(requests[1]?.maxTokens).toBe(16_000);
    const { result } = await run([{ ...cutOff, maxTokensSent: 16_000 }], { maxTokens: 16_000 });
    expect(result).toMatchObject({ ok: false, calls: 1 });
  });

  test("later attempts start with twice the room and do not grow", async () => {
    const { result, requests } = await run([cutOff], { firstAttempt: false });
    expect(result).toMatchObject({ ok: false, calls: 1, failure: { class: "truncated" } });
    expect(requests[0]?.maxTokens).toBe(2048);
  });
});

describe("a rejected picture", () => {
  const rejected = new CallError("bad_image", "IMAGE_REJECTED");

  test("is tried once more, smaller", async () => {
    const { result, requests, reasons } = await run([rejected, good]);
    expect(result.ok).toBe(true);
    expect(reasons).toEqual(["first", "smaller_image"]);
    expect(requests.map((request) => request.image?.bytes.toString())).toEqual(["large", "small"]);
  });

  test("twice is a failure", async () => {
    const { result, outcomes } = await run([rejected, rejected]);
    expect(result).toMatchObject({ ok: false, calls: 2, failure: { class: "bad_image", code: "IMAGE_REJECTED" } });
    expect(outcomes).toMatchObject([{ reply: null }, { reply: null, failure: { class: "bad_image" } }]);
  });

  test("is final in later attempts", async () => {
    expect((await run([rejected], { firstAttempt: false })).result).toMatchObject({ ok: false, calls: 1 });
  });
});

describe("a refusal", () => {
  const words = replyOf("I'm sorry, I can't help with that.");
  const cannot = replyOf(JSON.stringify({ status: "cannot_process", question: null, text_in_image: null }));
  const moderated = new CallError("refused", "LLM_REFUSED", { subCode: "MODERATION", status: 403 });

  test.each([
    ["the provider's", declined],
    ["in plain words", words],
    ["in the form asked for", cannot],
    ["by moderation", moderated],
  ])("%s goes to the fallback once, as a new conversation", async (_, refusal) => {
    const fallback = scriptedModel([good], "fallback");
    const { result, reasons } = await run([refusal], {}, fallback);
    expect(result).toMatchObject({ ok: true, calls: 2, model: { modelId: "fallback" } });
    expect(reasons).toEqual(["first", "fallback"]);
    expect(fallback.requests[0]?.turns).toEqual([]);
  });

  test.each([
    [declined, null],
    [words, null],
    [cannot, "CANNOT_PROCESS"],
    [moderated, "MODERATION"],
  ])("ends the attempt without a fallback", async (refusal, sub) => {
    const { result } = await run([refusal]);
    expect(result).toMatchObject({ ok: false, calls: 1, failure: { class: "refused", code: "LLM_REFUSED" } });
    expect(result.ok ? "" : (result.failure.sub ?? null)).toBe(sub);
  });

  test("by both ends it", async () => {
    const { result } = await run([declined], {}, scriptedModel([cannot]));
    expect(result).toMatchObject({ ok: false, calls: 2, failure: { sub: "CANNOT_PROCESS" } });
  });

  test("counts before a cut", async () => {
    const { result } = await run([{ ...declined, truncated: true }]);
    expect(result).toMatchObject({ failure: { class: "refused" } });
  });
});

test("a job never makes more calls than three, plus one of each kind", async () => {
  const rejected = new CallError("bad_image", "IMAGE_REJECTED");
  const fallback = scriptedModel([tooFewTags, tooFewTags], "fallback");
  const { result, reasons } = await run([rejected, cutOff, tooFewTags, declined], {}, fallback);
  expect(result).toMatchObject({ ok: false, calls: 6, failure: { class: "invalid_response" } });
  expect(reasons).toEqual(["first", "smaller_image", "enlarged", "re_ask", "fallback", "re_ask"]);
});

test.each([
  [new CallError("unavailable", "LLM_TIMEOUT"), "unavailable"],
  [new CallError("rate_limited", "LLM_RATE_LIMITED", { retryAfterMs: 7000 }), "rate_limited"],
  [new CallError("auth", "LLM_AUTH"), "auth"],
  [new CallError("config", "LLM_MODEL_NOT_FOUND"), "config"],
  [new CallError("cancelled", "CANCELLED"), "cancelled"],
])("%s ends the attempt after one call, even with a fallback", async (error, failure) => {
  const fallback = scriptedModel([good]);
  const { result } = await run([error], {}, fallback);
  expect(result).toEqual({
    ok: false,
    calls: 1,
    failure: {
      class: failure,
      code: error.publicCode,
      ...(error.retryAfterMs === null ? {} : { retryAfterMs: error.retryAfterMs }),
    },
  });
  expect(fallback.requests).toEqual([]);
});

test("what is no failure of a call is thrown on", async () => {
  await expect(run([new Error("a bug")])).rejects.toThrow("a bug");
});

test("nothing is sent when the journal does not let it", async () => {
  const model = scriptedModel([good]);
  const journal: CallJournal = { begin: () => Promise.reject(new Error("over budget")) };
  const { signal } = new AbortController();
  await expect(runAttempt(taskWith(), { model, journal, signal })).rejects.toThrow("over budget");
  expect(model.requests).toEqual([]);
});

test("a cached reply is judged like a new one, and nothing is sent", async () => {
  const model = scriptedModel([]);
  const { journal, outcomes } = recordingJournal(good);
  const { signal } = new AbortController();
  const result = await runAttempt(taskWith(), { model, journal, signal });
  expect(result).toMatchObject({ ok: true, cached: true, calls: 1 });
  expect(model.requests).toEqual([]);
  expect(outcomes).toHaveLength(1);
});

test("a clarification is a document, not a failure", async () => {
  const asking = replyOf(JSON.stringify({ status: "needs_clarification", question: "Which?", text_in_image: null }));
  expect((await run([asking])).result).toMatchObject({ ok: true, body: { status: "needs_clarification" } });
});

describe("key of the result cache", () => {
  const parts: CacheKeyParts = {
    imageBytes: Buffer.from("picture"),
    promptHash: "p",
    schemaHash: "s",
    provider: "openai",
    modelId: "m",
    temperature: 0.3,
    maxTokens: 1024,
    detail: "low",
    dataBlock: "<photo_data>",
    turns: [],
  };

  test("is the same for the same call", () => {
    expect(resultCacheKey({ ...parts, imageBytes: Uint8Array.from(Buffer.from("picture")) })).toBe(
      resultCacheKey(parts),
    );
    expect(resultCacheKey(parts)).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each<[string, Partial<CacheKeyParts>]>([
    ["picture", { imageBytes: Buffer.from("other") }],
    ["no picture", { imageBytes: null }],
    ["prompt", { promptHash: "q" }],
    ["schema", { schemaHash: "t" }],
    ["provider", { provider: "anthropic" }],
    ["model", { modelId: "n" }],
    ["temperature", { temperature: 0.4 }],
    ["room", { maxTokens: 2048 }],
    ["detail", { detail: "high" }],
    ["data", { dataBlock: "<photo_data>x" }],
    ["conversation", { turns: [{ role: "user", text: "again" }] }],
    ["forced run", { executionId: "e1" }],
  ])("changes with the %s", (_, change) => {
    expect(resultCacheKey({ ...parts, ...change })).not.toBe(resultCacheKey(parts));
  });

  test("parts do not run into each other", () => {
    expect(resultCacheKey({ ...parts, provider: "open", modelId: "aim" })).not.toBe(
      resultCacheKey({ ...parts, provider: "opena", modelId: "im" }),
    );
  });
});
