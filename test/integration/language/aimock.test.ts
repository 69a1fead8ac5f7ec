/** An independent idea of how OpenAI and Anthropic answer. It checks no requests, so those are checked elsewhere. */
import { LLMock } from "@copilotkit/aimock";
import { afterEach, beforeEach, expect, test } from "vitest";
import { generateWithRetry } from "../../../models/language/generate-with-retry.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import {
  createTestModel,
  neverAborted,
  photoRequest,
  TEST_KEY,
  textRequest,
} from "../../support/fake-providers/requests.ts";
import { GOOD_TEXT } from "../../support/fake-providers/scenarios.ts";

const WIRES = ["anthropic", "openai"] as const;

const mock = new LLMock({ port: 0, logLevel: "silent" });
let origin = "";

beforeEach(async () => {
  origin = await mock.start();
  mock.onMessage(/Describe the photo/, {
    content: GOOD_TEXT,
    usage: { input_tokens: 12, output_tokens: 5, prompt_tokens: 12, completion_tokens: 5 },
  });
});
afterEach(async () => {
  mock.clearChaos().clearFixtures().clearRequests();
  await mock.stop();
});

const modelOf = (wire: (typeof WIRES)[number], options = {}) =>
  createTestModel(wire, wire === "openai" ? `${origin}/v1` : origin, options);

test.each(WIRES)("%s: a photo is described", async (wire) => {
  const reply = await modelOf(wire).generate(photoRequest(), neverAborted());
  expect(reply).toMatchObject({ text: GOOD_TEXT, truncated: false, refusal: null, tokensUsed: 17 });
  expect(mock.getRequests()).toHaveLength(1);
});

test("openai: the picture arrives as it was sent", async () => {
  await modelOf("openai").generate(photoRequest(), neverAborted());
  expect(JSON.stringify(mock.getLastRequest()?.body)).toContain("data:image/jpeg;base64,/9j/2Q==");
});

test.each(WIRES)("%s: 429 and then an answer", async (wire) => {
  mock.nextRequestError(429, { message: "slow down", type: "rate_limit_error" });
  const waits: number[] = [];
  const reply = await generateWithRetry(modelOf(wire), textRequest(), {
    ...neverAborted(),
    random: () => 0,
    clock: { now: () => Date.now(), sleep: async (ms) => void waits.push(ms) },
  });
  expect(reply.text).toBe(GOOD_TEXT);
  expect(waits).toEqual([1000]);
  expect(mock.getRequests()).toHaveLength(2);
});

test.each([
  [529, "overloaded_error", "unavailable", "LLM_API_ERROR"],
  [500, "api_error", "unavailable", "LLM_API_ERROR"],
  [401, "authentication_error", "auth", "LLM_AUTH"],
  [404, "not_found_error", "config", "LLM_MODEL_NOT_FOUND"],
  [429, "insufficient_quota", "auth", "LLM_QUOTA_EXHAUSTED"],
])("%i %s is %s %s", async (status, type, failure, publicCode) => {
  for (const wire of WIRES) {
    mock.nextRequestError(status, { message: `no ${TEST_KEY}`, type });
    const call = modelOf(wire).generate(textRequest(), neverAborted());
    await expect(call, wire).rejects.toMatchObject({ failure, publicCode, status });
  }
  expect(mock.getRequests()).toHaveLength(2);
});

test.each([
  [{ malformedRate: 1 }, "BAD_ENVELOPE"],
  [{ disconnectRate: 1 }, "CONNECTION"],
])("%o is no answer", async (chaos, subCode) => {
  mock.setChaos(chaos);
  for (const wire of WIRES) {
    const call = modelOf(wire).generate(textRequest(), neverAborted());
    await expect(call, wire).rejects.toMatchObject({ failure: "unavailable", subCode });
  }
});

test.each(WIRES)("%s: an answer that is too late does not count", async (wire) => {
  mock.setChaos({ latencyMs: 30_000 });
  const clock = createManualClock();
  const call = modelOf(wire, { clock }).generate(textRequest(), neverAborted());
  clock.advance(30_000);
  await expect(call).rejects.toMatchObject({ publicCode: "LLM_TIMEOUT" });
});

test("openai: a batch from order to results", async () => {
  const { batches } = modelOf("openai");
  if (batches === undefined) throw new Error("no batches");
  const items = [
    { id: "job-1", request: textRequest() },
    { id: "job-2", request: photoRequest() },
  ];
  const id = await batches.submit(items, neverAborted());
  const states: string[] = [];
  while (!states.includes("ended") && states.length < 10) states.push(await batches.poll(id, neverAborted()));
  expect(states.at(-1)).toBe("ended");
  const texts = new Map<string, string>();
  for await (const result of batches.collect(id, neverAborted())) {
    texts.set(result.id, "reply" in result ? result.reply.text : result.failure.publicCode);
  }
  expect(Object.fromEntries(texts)).toEqual({
    "job-1": "Mock batch completion",
    "job-2": "Mock batch completion",
  });
  await batches.delete(id, neverAborted());
});
