import { expect, test } from "vitest";
import type { PricedCall } from "../../../models/language/prices.ts";
import { BATCH_FACTOR, loadPrices, roundHalfEven } from "../../../models/language/prices.ts";

const { priceOf } = await loadPrices();
const USAGE = { input: 4572, cacheRead: 2048, cacheWrite: 1024, output: 90 };

const call = (changes: Partial<PricedCall> = {}): PricedCall => ({
  provider: "openai",
  model: "gpt-4o-mini",
  usage: { input: 1000, cacheRead: 0, cacheWrite: 0, output: 100 },
  isLocal: false,
  ...changes,
});

test.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [3.5, 4],
  [2.500_000_000_4, 2],
  [2.51, 3],
  [2.49, 2],
  [1e9 + 0.5, 1e9],
  [0, 0],
])("%d is rounded to %d", (value, rounded) => {
  expect(roundHalfEven(value)).toBe(rounded);
});

test("input and output tokens have their own prices: 1000 at 0.15 and 100 at 0.60 dollars a million", () => {
  expect(priceOf(call())).toEqual({ micros: 210, source: "exact" });
});

test("cache tokens are part of the input and have their own prices", () => {
  const price = (usage: PricedCall["usage"]): number | null =>
    priceOf(call({ provider: "anthropic", model: "claude-sonnet-4-5", usage })).micros;
  // dollars a million: 3 input, 0.30 cache read, 3.75 cache write, 15 output
  expect(price(USAGE)).toBe(roundHalfEven(1500 * 3 + 2048 * 0.3 + 1024 * 3.75 + 90 * 15));
});

test.each([
  ["anthropic", "claude-sonnet-4-5", "exact"],
  ["anthropic", "claude-sonnet-4-5-20250929", "exact"],
  ["openai", "gpt-4o-mini-2024-07-18", "exact"],
  ["anthropic", "claude-sonnet-5-9", "approximate"],
  ["openrouter", "openrouter/auto", "unknown"],
  ["hyperbolic", "meta-llama/Llama-3.2-11B-Vision-Instruct", "unknown"],
  ["openai-compatible", "llava", "unknown"],
  ["openai", "no-such-model", "unknown"],
])("%s %s: %s", (provider, model, source) => {
  const price = priceOf(call({ provider, model }));
  expect(price.source).toBe(source);
  expect(price.micros === null).toBe(source === "unknown");
});

test("what the provider reports comes first, then local, then the config", () => {
  const prices = { "gpt-4o-mini": { input: 2, output: 4 } };
  expect(priceOf(call({ prices, isLocal: true, reportedCostUsd: 0.0123 }))).toEqual({
    micros: 12_300,
    source: "reported",
  });
  expect(priceOf(call({ prices, isLocal: true }))).toEqual({ micros: 0, source: "local" });
  expect(priceOf(call({ prices }))).toEqual({ micros: 2400, source: "config" });
});

test("configured prices of the cache", () => {
  const prices = { "gpt-4o-mini": { input: 2, output: 4, cache_read: 1, cache_write: 3 } };
  const expected = 1500 * 2 + 2048 * 1 + 1024 * 3 + 90 * 4;
  expect(priceOf(call({ prices, usage: USAGE }))).toEqual({ micros: expected, source: "config" });
});

test("a price of a model is none of another's", () => {
  const prices = { "gpt-4o": { input: 2, output: 4 } };
  expect(priceOf(call({ prices })).source).toBe("exact");
  expect(priceOf(call({ prices, model: "constructor" })).source).toBe("unknown");
});

test("a batch costs half, rounded once", () => {
  const usage = { input: 5, cacheRead: 0, cacheWrite: 0, output: 0 };
  const prices = { "gpt-4o-mini": { input: 1, output: 1 } };
  expect(priceOf(call({ prices, usage, factor: BATCH_FACTOR }))).toEqual({ micros: 2, source: "config" });
  expect(priceOf(call({ factor: BATCH_FACTOR })).micros).toBe(105);
});

test("without counts there is no price, which is not nothing", () => {
  const usage = { input: null, cacheRead: 0, cacheWrite: 0, output: 90 };
  expect(priceOf(call({ usage }))).toEqual({ micros: null, source: "unknown" });
  expect(priceOf(call({ usage, isLocal: true }))).toEqual({ micros: 0, source: "local" });
});

test("counts that contradict each other are priced all the same", () => {
  const usage = { input: 10, cacheRead: 50, cacheWrite: 0, output: 0 };
  expect(priceOf(call({ usage })).micros).toBe(roundHalfEven(50 * 0.075));
});
