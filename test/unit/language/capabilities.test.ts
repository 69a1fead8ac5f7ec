import { expect, test } from "vitest";
import { capabilitiesOf, maxTokensFor } from "../../../models/language/capabilities.ts";

test.each([
  ["claude-sonnet-5", true, null, true],
  ["claude-opus-5", true, null, true],
  ["claude-opus-4-8", true, null, true],
  ["claude-haiku-4-5-20251001", true, null, true],
  ["claude-sonnet-4-20250514", true, null, false],
  ["claude-haiku-5-5", true, null, true],
  ["claude-sonnet-5-5", false, "low", true],
  ["claude-opus-5-5", false, "low", true],
  ["claude-fable-5", false, "low", true],
  ["claude-mythos-5-1", false, "low", true],
  ["claude-sonnet-9", false, "low", true],
  ["claude-3-haiku-20240307", false, null, false],
  ["a-gateway-model", false, null, false],
] as const)(
  "%s: thinking may be switched off %s, effort %s, structured %s, no temperature",
  (model, off, effort, structured) => {
    expect(capabilitiesOf("anthropic", model)).toMatchObject({
      thinkingOff: off,
      effort,
      structured,
      temperature: false,
    });
  },
);

test.each([
  ["gpt-4o-mini", true, null],
  ["gpt-4.1", true, null],
  ["gpt-5", false, "low"],
  ["gpt-5-nano-2025-08-07", false, "low"],
  ["gpt-5.1", false, "none"],
  ["gpt-5.4-mini-2026-03-17", false, "none"],
  ["gpt-5.2-pro", false, "low"],
  ["gpt-5.1-codex", false, "low"],
  ["gpt-5.2-chat-latest", false, null],
  ["gpt-6.1-sol", false, "none"],
  ["o3", false, "low"],
] as const)("%s: temperature %s, effort %s", (model, temperature, effort) => {
  expect(capabilitiesOf("openai", model)).toMatchObject({
    temperature,
    effort,
    structured: true,
    promptCacheKey: true,
  });
});

test("compatible servers get nothing but the oldest fields", () => {
  expect(capabilitiesOf("openai-compatible", "llava")).toEqual({
    temperature: true,
    legacyMaxTokens: true,
    thinkingOff: false,
    effort: null,
    structured: false,
    legacyHeaders: false,
    promptCacheKey: false,
  });
});

test("the settings override single fields", () => {
  const overridden = capabilitiesOf("anthropic", "claude-opus-5-5", { effort: "unset", thinking_off: true });
  expect(overridden).toMatchObject({ effort: null, thinkingOff: true, structured: true });
});

test("a model that thinks gets room for it, nothing gets more than the SDKs send", () => {
  const plain = capabilitiesOf("openai", "gpt-4o-mini");
  const thinking = capabilitiesOf("anthropic", "claude-opus-5-5");
  expect([1024, 5000, 20_000].map((asked) => maxTokensFor(plain, asked))).toEqual([1024, 5000, 16_000]);
  expect([1024, 5000, 20_000].map((asked) => maxTokensFor(thinking, asked))).toEqual([4096, 5000, 16_000]);
});
