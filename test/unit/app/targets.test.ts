import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadEnrichmentKinds } from "../../../src/app/enrichment/kinds.ts";
import type { EnrichmentTargets } from "../../../src/app/enrichment/targets.ts";
import { createTargets } from "../../../src/app/enrichment/targets.ts";
import type { ProviderId } from "../../../src/config.ts";
import { loadConfig } from "../../../src/config.ts";
import { ConfigError, InternalError } from "../../../src/errors.ts";
import type { Logger } from "../../../src/logger.ts";
import { silentLogger } from "../../../src/logger.ts";

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "photon-targets-")));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Given {
  readonly environment?: Readonly<Record<string, string>>;
  readonly toml?: string;
  readonly followed?: number;
  readonly rootProviders?: readonly ProviderId[];
  readonly logger?: Logger;
}

const targetsOf = async (llm: Readonly<Record<string, string>>, given: Given = {}): Promise<EnrichmentTargets> => {
  const { toml = "", environment = {}, followed, rootProviders = [], logger = silentLogger } = given;
  const configPath = join(folder, "config.toml");
  writeFileSync(configPath, toml);
  const variables = Object.entries(llm).map(([name, value]) => [`PHOTON_LLM_${name.toUpperCase()}`, value] as const);
  const all = { ...environment, ...(Object.fromEntries(variables) as Record<string, string>) };
  const { config } = loadConfig({ environment: all, configPath, workingDirectory: folder });
  const kinds = await loadEnrichmentKinds({ config });
  return createTargets({ config, kinds, logger, rootProviders, ...(followed === undefined ? {} : { followed }) });
};
const names = (targets: EnrichmentTargets, route: string): readonly string[] =>
  targets.chainOf(route).map(({ provider, modelId }) => `${provider}: ${modelId}`);
const KEYS = { ANTHROPIC_API_KEY: "sk-a", OPENAI_API_KEY: "sk-o" };

describe("routes", () => {
  test("vision and text lead to the chosen provider, then to the fallbacks", async () => {
    const llm = { provider: "openai-compatible", fallback_models: "anthropic/claude-haiku-4-5,ollama/llava" };
    const targets = await targetsOf(llm, { environment: KEYS });
    const fallbacks = ["anthropic: claude-haiku-4-5", "ollama: llava"];
    expect(names(targets, "vision")).toEqual(["openai-compatible: llava", ...fallbacks]);
    expect(names(targets, "text")).toEqual(["openai-compatible: mistral", ...fallbacks]);
  });

  test("@local keeps what stays on this machine; a loopback address alone proves nothing", async () => {
    const llm = { provider: "openai-compatible", fallback_models: "ollama/llava,ollama/gpt-oss:120b-cloud" };
    expect(names(await targetsOf(llm), "vision@local")).toEqual(["ollama: llava"]);
    const declared = await targetsOf({ ...llm, openai_compatible_local: "true" });
    expect(names(declared, "vision@local")).toEqual(["openai-compatible: llava", "ollama: llava"]);
    expect(names(await targetsOf({ provider: "anthropic" }, { environment: KEYS }), "vision@local")).toEqual([]);
  });

  test("a run that names its model sends to nobody else", async () => {
    const llm = { provider: "anthropic", fallback_models: "anthropic/claude-haiku-4-5,openai/gpt-4o" };
    const targets = await targetsOf(llm, { environment: KEYS });
    const route = targets.routeOf("image_tag", { localOnly: false, explicit: true });
    expect(route).toBe("model:anthropic@https://api.anthropic.com/claude-sonnet-5");
    expect(names(targets, route)).toEqual(["anthropic: claude-sonnet-5", "anthropic: claude-haiku-4-5"]);
    expect(targets.routeOf("image_tag", { localOnly: true, explicit: true })).toBe(`${route}@local`);
    expect(targets.chainOf(`${route}@local`)).toEqual([]);
  });

  test("photos of a root with a provider of its own go to that, and to nobody else", async () => {
    const toml =
      '[[roots]]\npath = "photos"\nprovider = "ollama"\n[enrichment.kinds.translate]\nmodel = "ollama/aya"\n';
    const llm = { provider: "anthropic", fallback_models: "openai/gpt-4o" };
    const targets = await targetsOf(llm, { toml, environment: KEYS, rootProviders: ["openai"] });
    const route = (kind: string, provider: ProviderId): string => targets.routeOf(kind, { localOnly: false, provider });
    expect(names(targets, route("image_tag", "ollama"))).toEqual(["ollama: llama3.2-vision"]);
    expect(names(targets, route("translate", "ollama"))).toEqual(["ollama: aya"]);
    expect(names(targets, route("image_tag", "openai"))[0]).toMatch(/^openai: /);
    expect(targets.serve.some((served) => served.route === route("image_tag", "ollama"))).toBe(true);
    const explicit = targets.routeOf("image_tag", { localOnly: false, provider: "ollama", explicit: true });
    expect(names(targets, explicit)[0]).toMatch(/^anthropic: /);
  });

  test("kinds with pictures go by vision, the others by text, those with a model of their own to it", async () => {
    const toml = '[enrichment.kinds.translate]\nmodel = "openai/gpt-4o-mini"\n';
    const targets = await targetsOf({ provider: "anthropic" }, { toml, environment: KEYS });
    const route = (kind: string): string => targets.routeOf(kind, { localOnly: false });
    expect(["image_tag", "photo_story", "caption_clean"].map(route)).toEqual(["vision", "vision", "text"]);
    expect(route("translate")).toBe("model:openai@https://api.openai.com/gpt-4o-mini");
    expect(names(targets, route("translate"))).toEqual(["openai: gpt-4o-mini"]);
  });

  test("a provider without its key is left out of every chain", async () => {
    const targets = await targetsOf({ provider: "anthropic", fallback_models: "ollama/llava" });
    expect(names(targets, "vision")).toEqual(["ollama: llava"]);
    expect(targets.serve.some(({ providerKey }) => providerKey.startsWith("anthropic"))).toBe(false);
    const explicit = targets.routeOf("image_tag", { localOnly: false, explicit: true });
    expect([explicit, targets.chainOf(explicit)]).toEqual([
      "model:anthropic@https://api.anthropic.com/claude-sonnet-5",
      [],
    ]);
  });

  test("what is served can be looked up, what is not is a bug", async () => {
    const targets = await targetsOf({ provider: "stub", model: "slow-5" });
    const served = targets.serve.find(({ kind, route }) => kind === "image_tag" && route === "vision");
    expect(served).toMatchObject({ providerKey: "stub@local", model: "stub/slow-5" });
    expect(targets.model("stub@local", "stub/slow-5").modelId).toBe("stub/slow-5");
    expect(() => targets.model("stub@local", "stub/other")).toThrow(InternalError);
    expect(() => targets.provider("nobody@nowhere")).toThrow(InternalError);
  });

  test("a kind that is switched off is not served", async () => {
    const targets = await targetsOf({ provider: "stub", features_image_tag: "false" });
    const served = new Set(targets.serve.map(({ kind }) => kind));
    expect([served.has("image_tag"), served.has("translate")]).toEqual([false, true]);
  });
});

describe("names of models", () => {
  test.each([
    [{ model: "anthropic/claude-haiku-4-5" }, "anthropic: claude-haiku-4-5"],
    [{ provider: "anthropic", model: "claude-haiku-4-5" }, "anthropic: claude-haiku-4-5"],
    [{ provider: "anthropic", model: "openai/gpt-4o-mini" }, "anthropic: claude-sonnet-5"],
    [{ provider: "openai", model: "openai/gpt-4o-mini" }, "openai: gpt-4o-mini"],
    [{ provider: "anthropic", vision_model: "openai/gpt-4o" }, "openai: gpt-4o"],
    [{ provider: "anthropic", text_model: "claude-haiku-4-5" }, "anthropic: claude-sonnet-5"],
    [{ provider: "openrouter", model: "openai/gpt-4o" }, "openrouter: openai/gpt-4o"],
    [{ provider: "openrouter", model: "openrouter/auto" }, "openrouter: openrouter/auto"],
    [{ provider: "openai-compatible", model: "openai/gpt-oss-20b" }, "openai-compatible: openai/gpt-oss-20b"],
    [{ provider: "stub", model: "stub/ok" }, "stub: stub/ok"],
  ])("%j", async (llm, expected) => {
    const environment = { ...KEYS, OPENROUTER_API_KEY: "sk-r" };
    expect(names(await targetsOf(llm, { environment }), "vision")).toEqual([expected]);
  });

  test("llm.text_model is for work without a picture", async () => {
    const targets = await targetsOf({ provider: "anthropic", text_model: "claude-haiku-4-5" }, { environment: KEYS });
    expect(names(targets, "text")).toEqual(["anthropic: claude-haiku-4-5"]);
  });

  test("llm.base_url is the address of the chosen provider alone", async () => {
    const llm = {
      provider: "openai-compatible",
      base_url: "http://localhost:1234/v1",
      fallback_models: "ollama/llava",
    };
    const keys = (await targetsOf(llm)).chainOf("vision").map(({ providerKey }) => providerKey);
    expect(keys).toEqual(["openai-compatible@http://localhost:1234", "ollama@http://localhost:11434"]);
  });

  test("a fallback that names no provider needs a chosen one", async () => {
    await expect(targetsOf({ fallback_models: "gpt-4o" })).rejects.toThrow(ConfigError);
  });

  test("an address that would send photos in the clear is refused, without its text", async () => {
    const making = targetsOf({ provider: "openai", base_url: "http://key@example.org" }, { environment: KEYS });
    await expect(making).rejects.toThrow(/llm\.openai\.endpoint: (?!.*example)/);
  });
});

describe("how many calls", () => {
  const ceilings = async (llm: Readonly<Record<string, string>>, followed?: number): Promise<readonly number[]> => {
    const given = { environment: KEYS, ...(followed === undefined ? {} : { followed }) };
    const targets = await targetsOf(llm, given);
    return targets.chainOf("vision").map(({ providerKey }) => targets.provider(providerKey).ceiling);
  };

  test("llm.concurrency, one for local providers, their own number before both", async () => {
    const llm = { provider: "anthropic", fallback_models: "ollama/llava,openai/gpt-4o", concurrency: "4" };
    expect(await ceilings(llm)).toEqual([4, 1, 4]);
    expect(await ceilings({ ...llm, ollama_concurrency: "2", openai_concurrency: "9" })).toEqual([4, 2, 9]);
  });

  test("a followed run has its own number", async () => {
    const llm = { provider: "anthropic", fallback_models: "ollama/llava" };
    expect(await ceilings(llm, 64)).toEqual([64, 1]);
    expect((await targetsOf(llm, { environment: KEYS, followed: 64 })).maxInFlight).toBe(65);
  });
});

describe("who is there", () => {
  test("nothing is configured: the sentence says how many wait and what to do", async () => {
    const availability = (await targetsOf({}, { environment: KEYS })).availability();
    if (availability === "ready") throw new Error("expected nobody");
    expect(availability.reason).toBe("not_configured");
    expect(availability.message(42)).toBe(
      'no language model is configured; 42 enrichment jobs stay queued. Set llm.provider (photon config init) or OPENAI_API_KEY with --llm openai; local: --llm ollama. See "photon llm status".',
    );
  });

  test("the chosen one has no key", async () => {
    const availability = (await targetsOf({ provider: "openai" })).availability();
    expect(availability).toMatchObject({ reason: "no_key" });
    expect(availability === "ready" ? "" : availability.message(1)).toContain("OPENAI_API_KEY");
    expect((await targetsOf({ provider: "openai" }, { environment: KEYS })).availability()).toBe("ready");
  });

  test("the fingerprint tells a repaired key, and never holds it", async () => {
    const before = await targetsOf({ provider: "openai" }, { environment: { OPENAI_API_KEY: "sk-marker" } });
    const same = await targetsOf({ provider: "openai" }, { environment: { OPENAI_API_KEY: "sk-marker" } });
    const after = await targetsOf({ provider: "openai" }, { environment: { OPENAI_API_KEY: "sk-other" } });
    expect(before.fingerprint).toBe(same.fingerprint);
    expect(before.fingerprint).not.toBe(after.fingerprint);
    expect(JSON.stringify([before.providers, before.serve, before.fingerprint])).not.toContain("sk-marker");
  });

  test("all providers are registered, a followed run starts anew", async () => {
    const registered: unknown[] = [];
    const store = {
      register: async (provider: unknown): Promise<void> => {
        registered.push(provider);
      },
    };
    const targets = await targetsOf({ provider: "stub" }, { followed: 8 });
    await targets.register(store as unknown as Parameters<typeof targets.register>[0]); // the one function it calls
    expect(registered).toEqual([
      { providerKey: "stub@local", ceiling: 8, fingerprint: targets.provider("stub@local").fingerprint, restart: true },
    ]);
  });

  test("a model whose last day is known gives one warning", async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
    await targetsOf({ provider: "anthropic", model: "claude-sonnet-4-5" }, { environment: KEYS, logger });
    expect(warnings).toEqual([expect.stringContaining("2026-11-30")]);
  });
});
