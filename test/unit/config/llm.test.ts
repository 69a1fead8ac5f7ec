import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Provider } from "../../../models/language/language-model.ts";
import { providers } from "../../../models/language/providers.ts";
import type { FlagValue, LoadedConfig } from "../../../src/config.ts";
import { configFields, KEY_VARIABLES, loadConfig, PROVIDER_IDS, SEND_FIELDS, shownValue } from "../../../src/config.ts";
import { kinds } from "../../../src/enrichment/kinds.ts";
import { ConfigError } from "../../../src/errors.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "photon-llm-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Sources {
  readonly toml?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: readonly FlagValue[];
}

const load = ({ toml = "", environment = {}, flags = [] }: Sources): LoadedConfig => {
  const configPath = join(folder, "config.toml");
  writeFileSync(configPath, toml);
  return loadConfig({ environment, flags, configPath, workingDirectory: folder });
};
const failure = (sources: Sources): ConfigError => {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("expected a ConfigError");
};

describe("sections of providers", () => {
  test("there is one for each provider", () => {
    expect([...PROVIDER_IDS]).toEqual(providers.map(({ id }) => id));
  });

  test.each(providers.map((provider: Provider) => [provider.id, provider] as const))(
    "%s has the fields and defaults of the provider itself",
    (id, provider) => {
      const section = load({}).config.llm[id as (typeof PROVIDER_IDS)[number]]; // the test above
      const own = Object.entries(section).filter(([, value]) => value !== undefined);
      expect(provider.settingsSchema.parse(Object.fromEntries(own))).toEqual(provider.settingsSchema.parse({}));
      const prefix = `llm.${id}.`;
      const names = configFields.flatMap(({ key }) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
      const shape = (provider.settingsSchema as unknown as { readonly shape: object }).shape; // all are objects
      expect(names.toSorted()).toEqual(Object.keys(shape).toSorted());
    },
  );

  test.each(Object.entries(KEY_VARIABLES))("%s finds its key in %s and never shows it", (id, variable) => {
    const loaded = load({ environment: { [variable]: "sk-marker" } });
    const key = `llm.${id as keyof typeof KEY_VARIABLES}.api_key` as const;
    expect(loaded.config.llm[id as keyof typeof KEY_VARIABLES].api_key).toBe("sk-marker");
    expect(loaded.sources[key]).toEqual({ kind: "environment", variable });
    expect(shownValue(loaded, key)).toBe("********");
  });

  test("what the file says comes before the variable that has the provider's name", () => {
    const toml = '[llm.openai]\napi_key = "${PHOTON_OTHER_API_KEY}"\n';
    const environment = { OPENAI_API_KEY: "sk-usual", PHOTON_OTHER_API_KEY: "sk-other" };
    expect(load({ toml, environment }).config.llm.openai.api_key).toBe("sk-other");
  });

  test("variables of other programs are not read", () => {
    const environment = {
      LLM_BASE_URL: "http://elsewhere",
      OPENAI_BASE_URL: "http://elsewhere",
      ENVIRONMENT: "production",
    };
    expect(load({ environment }).config.llm).toEqual(load({}).config.llm);
  });

  test("a refused key is not printed", () => {
    const { message } = failure({ toml: "[llm.openai]\napi_key = 12345678901\n" });
    expect(message).toContain("llm.openai.api_key");
    expect(message).not.toContain("12345678901");
  });
});

describe("defaults", () => {
  test.each([
    [undefined, { size: 5, concurrent: 10, attempts: 3, cache: 1000 }],
    ["development", { size: 3, concurrent: 10, attempts: 3, cache: 1000 }],
    ["production", { size: 10, concurrent: 15, attempts: 5, cache: 2000 }],
  ])("llm.environment %s", (environment, expected) => {
    const { llm } = load(
      environment === undefined ? {} : { environment: { PHOTON_LLM_ENVIRONMENT: environment } },
    ).config;
    const { batch, retry, cache } = llm;
    expect({
      size: batch.default_size,
      concurrent: batch.concurrent,
      attempts: retry.max_attempts,
      cache: cache.max_size,
    }).toEqual(expected);
  });

  test("the values the design names", () => {
    const { llm, limits, enrichment, roots, events } = load({}).config;
    expect(llm).toMatchObject({
      provider: undefined,
      fallback_models: [],
      temperature: 0.3,
      max_tokens: 1024,
      max_retries: 2,
      concurrency: 3,
      invalid_retries: 5,
      unavailable_days: 14,
      languages: ["es", "fr", "de"],
      send_fields: ["tags", "capture_month", "camera"],
      cache: { enabled: true, ttl_seconds: 3600 },
      retry: { base_delay_s: 1, max_delay_s: 60 },
      batch: { max_size: 25, commit_frequency: 1 },
      image: { max_edge: 1024, quality: 80 },
      budget: { allow_unpriced: false },
      confirm_above: { photos: 50, usd: 1 },
    });
    expect(new Set(Object.values(llm.features))).toEqual(new Set([true]));
    expect(limits.llm_timeout_ms).toBe(60_000);
    expect([enrichment, roots, events]).toEqual([{ language: "en", kinds: {} }, [], { webhook: {} }]);
  });

  test("pipeline.retry_* are other names for llm.retry.*, which comes first", () => {
    const pipeline = "[pipeline]\nretry_attempts = 7\nretry_delay_ms = 250\n";
    expect(load({ toml: pipeline }).config.llm.retry).toMatchObject({ max_attempts: 8, base_delay_s: 0.25 });
    const both = `${pipeline}[llm.retry]\nmax_attempts = 2\n`;
    expect(load({ toml: both }).config.llm.retry).toMatchObject({ max_attempts: 2, base_delay_s: 0.25 });
  });

  test("llm.timeout_seconds is the time of all calls, Ollama's included", () => {
    expect(load({}).config.llm.ollama.timeout_ms).toBe(120_000);
    expect(load({ environment: { PHOTON_LLM_TIMEOUT_SECONDS: "20" } }).config.llm.ollama.timeout_ms).toBe(20_000);
  });

  test("a feature for each kind, and for reports", () => {
    const names = Object.keys(load({}).config.llm.features);
    expect(names.toSorted()).toEqual([...kinds.map(({ kind }) => kind), "metrics"].toSorted());
  });

  test("every field that may be sent can be allowed", () => {
    const environment = { PHOTON_LLM_SEND_FIELDS: SEND_FIELDS.join(",") };
    expect(load({ environment }).config.llm.send_fields).toEqual(SEND_FIELDS);
  });
});

describe("variables", () => {
  test.each([
    ["PHOTON_LLM_RETRY_BASE_DELAY", "2.5", (loaded: LoadedConfig) => loaded.config.llm.retry.base_delay_s, 2.5],
    ["PHOTON_LLM_FEATURE_METRICS", "false", (loaded: LoadedConfig) => loaded.config.llm.features.metrics, false],
    ["PHOTON_LLM_API_KEY", "k", (loaded: LoadedConfig) => loaded.config.llm["openai-compatible"].api_key, "k"],
    ["PHOTON_LLM_CACHE_MAX_SIZE", "7", (loaded: LoadedConfig) => loaded.config.llm.cache.max_size, 7],
    [
      "PHOTON_LLM_FALLBACK_MODELS",
      "a/b, c/d",
      (loaded: LoadedConfig) => loaded.config.llm.fallback_models,
      ["a/b", "c/d"],
    ],
  ])("%s", (variable, text, read, expected) => {
    expect(read(load({ environment: { [variable]: text } }))).toEqual(expected);
  });

  test("of two names the one made of the key counts", () => {
    const environment = { PHOTON_LLM_RETRY_BASE_DELAY: "2", PHOTON_LLM_RETRY_BASE_DELAY_S: "3" };
    expect(load({ environment }).config.llm.retry.base_delay_s).toBe(3);
  });
});

describe("a model belongs to its provider", () => {
  const toml = '[llm]\nprovider = "ollama"\nmodel = "llava"\nbase_url = "http://localhost:1"\n';
  const flag = (value: string): readonly FlagValue[] => [{ key: "llm.provider", flag: "--llm", value }];

  test("it falls away when a flag chooses another provider", () => {
    const { config } = load({ toml, flags: flag("anthropic") });
    expect([config.llm.provider, config.llm.model, config.llm.base_url]).toEqual(["anthropic", undefined, undefined]);
  });

  test("it stays when the flag names the same one, or none was chosen before", () => {
    expect(load({ toml, flags: flag("ollama") }).config.llm.model).toBe("llava");
    expect(load({ toml: '[llm]\nmodel = "llava"\n', flags: flag("ollama") }).config.llm.model).toBe("llava");
  });

  test("a flag for the model is for the provider of the same line", () => {
    const flags = [...flag("openai"), { key: "llm.model", flag: "--llm-model", value: "gpt-4o" } as const];
    expect(load({ toml, flags }).config.llm.model).toBe("gpt-4o");
  });
});

describe("tables", () => {
  test("kinds and folders come from the file, their paths from where it lies", () => {
    const toml = [
      "[enrichment.kinds.pet]",
      'prompt_file = "prompts/pet.md"',
      "auto = true",
      "[[roots]]",
      'path = "photos"',
      'folders = { "Private/Medical" = { local_only = true } }',
    ].join("\n");
    const { enrichment, roots } = load({ toml }).config;
    expect(enrichment.kinds).toEqual({ pet: { prompt_file: join(folder, "prompts/pet.md"), auto: true } });
    const folders = { "Private/Medical": { local_only: true } };
    expect(roots).toEqual([{ path: join(folder, "photos"), folders }]);
  });

  test.each([
    ['[[roots]]\npath = "p"\nlocal_only = "yes"\n', "true or false for roots[0].local_only"],
    ["[[roots]]\nlocal_only = true\n", "roots[0].path"],
    ['[[roots]]\npath = "p"\nlocalonly = true\n', "kinds, provider for roots[0]"],
    ["[enrichment.kinds.image_tag]\nauto = 3\n", "true or false for enrichment.kinds.image_tag.auto"],
    ["[enrichment.kinds.image_tag]\ntemperature = 9\n", "enrichment.kinds.image_tag.temperature"],
  ])("%j is refused at its place", (toml, expected) => {
    expect(failure({ toml }).message).toContain(expected);
  });

  test("a password in an address is not printed", () => {
    const { message } = failure({ toml: '[events.webhook]\nurl = "https://me:hunter2@example.org/x"\n' });
    expect(message).toContain("events.webhook.url");
    expect(message).not.toContain("hunter2");
  });
});
