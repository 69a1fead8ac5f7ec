import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CallError } from "../../../src/errors.ts";
import type { LanguageReply } from "../../../models/language/language-model.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import type { WireName } from "../../support/fake-providers/bodies.ts";
import { createTestModel, neverAborted, photoRequest, TEST_KEY } from "../../support/fake-providers/requests.ts";
import { GOOD_TEXT, MARKER } from "../../support/fake-providers/scenarios.ts";
import { startFakeProvider } from "../../support/fake-providers/server.ts";

const WIRES = ["anthropic", "openai", "ollama"] as const satisfies readonly WireName[];
const DEADLINE_MS = 120_000;

type Failed = readonly [failure: string, code: string, subCode: string | null];
type Expected = Failed | Partial<LanguageReply>;
interface Row {
  readonly name: string;
  /** For all wires, or wire by wire. */
  readonly outcome: Expected | Readonly<Record<WireName, Expected>>;
}

const unavailable = (subCode: string): Failed => ["unavailable", "LLM_API_ERROR", subCode];
const BAD_REQUEST: Failed = ["config", "LLM_BAD_REQUEST", null];
const BAD_IMAGE: Failed = ["bad_image", "IMAGE_REJECTED", null];
const AUTH: Failed = ["auth", "LLM_AUTH", null];
const QUOTA: Failed = ["auth", "LLM_QUOTA_EXHAUSTED", null];
const RATE_LIMITED: Failed = ["rate_limited", "LLM_RATE_LIMITED", null];
const TIMEOUT: Failed = ["unavailable", "LLM_TIMEOUT", null];
const NOT_REFUSED = { truncated: false, refusal: null } as const;
const SOFT = "I'm sorry, but I can't help with that.";

const ROWS: readonly Row[] = [
  { name: "ok", outcome: { text: GOOD_TEXT, ...NOT_REFUSED } },
  { name: "fence", outcome: { text: `\`\`\`json\n${GOOD_TEXT}\n\`\`\``, ...NOT_REFUSED } },
  { name: "trunc", outcome: { text: GOOD_TEXT.slice(0, 20), truncated: true, refusal: null } },
  { name: "empty", outcome: { text: "", ...NOT_REFUSED } },
  {
    name: "refusal",
    outcome: {
      anthropic: { text: "", truncated: false, refusal: "bio" },
      openai: { text: "", truncated: false, refusal: SOFT },
      ollama: { text: SOFT, ...NOT_REFUSED },
    },
  },
  {
    name: "filter",
    outcome: {
      anthropic: { text: "", ...NOT_REFUSED },
      openai: { text: "", truncated: false, refusal: "content_filter" },
      ollama: { text: "", ...NOT_REFUSED },
    },
  },
  { name: "e400", outcome: BAD_IMAGE },
  { name: "e413", outcome: BAD_IMAGE },
  { name: "e401", outcome: AUTH },
  { name: "e402", outcome: QUOTA },
  { name: "e403", outcome: AUTH },
  { name: "e429quota", outcome: { anthropic: QUOTA, openai: QUOTA, ollama: RATE_LIMITED } },
  { name: "e404", outcome: ["config", "LLM_MODEL_NOT_FOUND", null] },
  { name: "retryme", outcome: BAD_REQUEST },
  { name: "redirect", outcome: ["config", "LLM_BAD_REQUEST", "REDIRECT"] },
  { name: "e429", outcome: RATE_LIMITED },
  { name: "e500", outcome: unavailable("SERVER") },
  { name: "e503html", outcome: unavailable("OVERLOADED") },
  { name: "e529", outcome: unavailable("OVERLOADED") },
  { name: "html200", outcome: unavailable("BAD_ENVELOPE") },
  { name: "json200bad", outcome: unavailable("BAD_ENVELOPE") },
  { name: "weird200", outcome: unavailable("BAD_ENVELOPE") },
  { name: "err200", outcome: unavailable("SERVER") },
  { name: "hang", outcome: TIMEOUT },
  { name: "slowbody", outcome: TIMEOUT },
  { name: "reset", outcome: unavailable("CONNECTION") },
  { name: "midreset", outcome: unavailable("CONNECTION") },
  { name: "refused", outcome: unavailable("UNREACHABLE") },
  { name: "abort", outcome: ["cancelled", "CANCELLED", null] },
];

const EXTRA_ROWS: readonly (Row & { readonly wires: readonly WireName[] })[] = [
  { name: "err200choice", wires: ["openai"], outcome: unavailable("ERROR_IN_200") },
  { name: "mod403", wires: ["openai"], outcome: ["refused", "LLM_REFUSED", "MODERATION"] },
  { name: "err200auth", wires: ["openai"], outcome: QUOTA },
  { name: "onhold", wires: ["anthropic"], outcome: AUTH },
  { name: "badschema", wires: WIRES, outcome: BAD_REQUEST },
  { name: "badjson", wires: WIRES, outcome: { text: '{"status": "ok", "title": }', ...NOT_REFUSED } },
  { name: "softrefusal", wires: WIRES, outcome: { text: SOFT, ...NOT_REFUSED } },
  { name: "context", wires: ["anthropic"], outcome: { text: "{", truncated: true, refusal: null } },
  { name: "toolarge", wires: WIRES, outcome: ["invalid_response", "LLM_VALIDATION_ERROR", "TOO_LARGE"] },
  { name: "nousage", wires: ["openai", "ollama"], outcome: { text: GOOD_TEXT, tokensUsed: null } },
  { name: "nousage", wires: ["anthropic"], outcome: unavailable("BAD_ENVELOPE") },
];

const isPerWire = (outcome: Row["outcome"]): outcome is Readonly<Record<WireName, Expected>> => "anthropic" in outcome;
const outcomeFor = ({ outcome }: Row, wire: WireName): Expected => (isPerWire(outcome) ? outcome[wire] : outcome);
const isFailed = (expected: Expected): expected is Failed => Array.isArray(expected);

/** Makes the one call of a scenario. */
const playScenario = async (wire: WireName, name: string) => {
  const server = await startFakeProvider();
  await using running = server;
  const endpoint = running.endpoint(wire, name);
  if (name === "refused") await server[Symbol.asyncDispose]();
  const clock = createManualClock();
  const aborter = new AbortController();
  const model = createTestModel(wire, endpoint, { clock, settings: { timeout_ms: DEADLINE_MS } });
  const call = model.generate(photoRequest(), { signal: aborter.signal }).then(
    (reply) => ({ reply, error: undefined }),
    (error: unknown) => ({ reply: undefined, error }),
  );
  if (name === "hang" || name === "slowbody") {
    await server.waiting;
    clock.advance(DEADLINE_MS);
  }
  if (name === "abort") {
    await server.waiting;
    aborter.abort();
  }
  return { ...(await call), requests: server.requests };
};

const expectOutcome = ({ reply, error }: Awaited<ReturnType<typeof playScenario>>, expected: Expected): void => {
  if (isFailed(expected)) {
    expect(error).toBeInstanceOf(CallError);
    const { failure, publicCode, subCode } = error as CallError; // checked above
    expect([failure, publicCode, subCode]).toEqual(expected);
    return;
  }
  expect(error).toBeUndefined();
  expect(reply).toMatchObject(expected);
};

const printed: string[] = [];

beforeEach(() => {
  printed.length = 0;
  for (const name of ["log", "info", "warn", "error", "debug", "trace"] as const) {
    vi.spyOn(console, name).mockImplementation((...words: unknown[]) => void printed.push(words.join(" ")));
  }
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    printed.push(String(chunk));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

test("there are 29 scenarios for every adapter", () => {
  expect(new Set(ROWS.map(({ name }) => name)).size).toBe(29);
});

describe.each(WIRES)("%s", (wire) => {
  test.each(ROWS)("$name", async (row) => {
    const played = await playScenario(wire, row.name);
    expectOutcome(played, outcomeFor(row, wire));
    expect(played.requests).toHaveLength(row.name === "refused" ? 0 : 1);
    expect(printed).toEqual([]);
  });

  test.each(EXTRA_ROWS.filter(({ wires }) => wires.includes(wire)))("$name", async (row) => {
    const played = await playScenario(wire, row.name);
    expectOutcome(played, outcomeFor(row, wire));
    expect(played.requests).toHaveLength(1);
    expect(printed).toEqual([]);
  });

  test("a rate limit tells how long to wait", async () => {
    const { error } = await playScenario(wire, "e429");
    expect(error).toMatchObject({ retryAfterMs: 7000, status: 429, retryable: true });
  });

  test.each(["e400", "e401", "e500", "err200", "retryme", "hang", "midreset"])(
    "an error of %s holds no key and no text of the provider",
    async (name) => {
      const { error } = await playScenario(wire, name);
      const failure = error as CallError; // every one of these scenarios fails
      const shown = JSON.stringify([
        failure,
        failure.message,
        failure.stack,
        failure.details,
        failure.hint,
        String(failure.cause),
      ]);
      expect(shown).not.toContain(MARKER);
      expect(shown).not.toContain(TEST_KEY);
    },
  );

  test("an error names provider and model, and the setting to look at", async () => {
    const { error } = await playScenario(wire, "e401");
    expect(error).toMatchObject({
      hint: expect.stringContaining(`llm.${wire}.api_key`) as string,
      details: { code: "LLM_AUTH", status: 401, provider: wire, model: expect.any(String) as string },
    });
  });

  test("a call that was cancelled before sends nothing", async () => {
    await using server = await startFakeProvider();
    const model = createTestModel(wire, server.endpoint(wire, "ok"));
    const call = model.generate(photoRequest(), { signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ failure: "cancelled" });
    expect(server.requests).toHaveLength(0);
  });
});

test("a model that is going to be retired says so in a field, not on the terminal", async () => {
  await using server = await startFakeProvider();
  const model = createTestModel("anthropic", server.endpoint("anthropic", "ok"), { model: "claude-sonnet-4-5" });
  await model.generate(photoRequest(), neverAborted());
  expect(printed).toEqual([]);
  expect(model.endOfLife).toBe("2026-11-30");
  expect(createTestModel("anthropic", server.origin)).not.toHaveProperty("endOfLife");
});

test("usage counts the cache as input on every wire", async () => {
  const replies = await Promise.all(WIRES.map(async (wire) => (await playScenario(wire, "ok")).reply));
  expect(replies.map((reply) => reply?.usage)).toEqual([
    { input: 4572, cacheRead: 2048, cacheWrite: 1024, output: 90 },
    { input: 1500, cacheRead: 1024, cacheWrite: 0, output: 90 },
    { input: 1500, cacheRead: 0, cacheWrite: 0, output: 90 },
  ]);
  expect(replies.map((reply) => reply?.tokensUsed)).toEqual([4662, 1590, 1590]);
  expect(replies.map((reply) => reply?.requestId)).toEqual(["req_fake", "req_fake", "req_fake"]);
  expect(replies.map((reply) => reply?.reportedCostUsd)).toEqual([null, 0.0123, null]);
});

test("a local server that forwards is found out by its reply", async () => {
  await using server = await startFakeProvider();
  const model = createTestModel("ollama", server.endpoint("ollama", "remote"));
  expect(model.leavesMachine).toBe(false);
  await model.generate(photoRequest(), neverAborted());
  expect(model.leavesMachine).toBe(true);
});
