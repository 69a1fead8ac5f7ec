import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LanguageModel } from "../../../models/language/language-model.ts";
import { loadEnrichmentKinds } from "../../../src/app/enrichment/kinds.ts";
import type { ProviderTarget } from "../../../src/app/enrichment/targets.ts";
import { createTargets } from "../../../src/app/enrichment/targets.ts";
import { createPhoton } from "../../../src/app.ts";
import { loadConfig } from "../../../src/config.ts";
import { silentLogger } from "../../../src/logger.ts";
import { loadSharp } from "../../../src/photo/load-sharp.ts";
import { goodAnswers } from "../../support/enrichment.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { pictureOf, startAnsweringProvider } from "../../support/fake-providers/answering.ts";
import type { WireName } from "../../support/fake-providers/bodies.ts";
import { neverAborted, photoRequest } from "../../support/fake-providers/requests.ts";
import type { SeenRequest } from "../../support/fake-providers/server.ts";
import { startFakeProvider } from "../../support/fake-providers/server.ts";
import { photoBytes } from "../../support/photos.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "photon-settings-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const GOOD = { text: JSON.stringify(goodAnswers["image_tag"]) };
const EDGE = 600;

/** Requests of a library with one photo under these settings. */
const requestsWith = async (
  environment: Readonly<Record<string, string>>,
  script: Parameters<typeof startAnsweringProvider>[0] = () => GOOD,
): Promise<readonly SeenRequest[]> => {
  await using provider = await startAnsweringProvider(script);
  await using library = await createEnrichmentLibrary({ config: provider.config, environment });
  const hash = await library.addPhoto("a.jpg", await photoBytes(1, EDGE));
  await library.enqueue({ kind: "image_tag", scopeId: hash });
  await library.work();
  return provider.calls();
};

const pictureWith = async (environment: Readonly<Record<string, string>>): Promise<Buffer> => {
  const [call] = await requestsWith(environment);
  const picture = call === undefined ? undefined : pictureOf(call);
  if (picture === undefined) throw new Error("expected a picture");
  return picture;
};

test("llm.image.max_edge and llm.image.quality make pictures smaller", async () => {
  const plain = await pictureWith({});
  const small = await pictureWith({ PHOTON_LLM_IMAGE_MAX_EDGE: "200" });
  const sharp = await loadSharp();
  const edge = async (picture: Buffer): Promise<number> => (await sharp(picture).metadata()).width;
  expect([await edge(plain), await edge(small)]).toEqual([EDGE, 200]);
  expect((await pictureWith({ PHOTON_LLM_IMAGE_QUALITY: "10" })).length).toBeLessThan(plain.length);
});

test("llm.max_tokens is the limit that is sent", async () => {
  const [call] = await requestsWith({ PHOTON_LLM_MAX_TOKENS: "777" });
  expect(call?.json()).toMatchObject({ max_completion_tokens: 777 });
});

test("llm.max_retries is how often a wrong answer is sent back within one attempt", async () => {
  const wrong = { text: "{}" };
  const without = await requestsWith({ PHOTON_LLM_MAX_RETRIES: "0", PHOTON_LLM_INVALID_RETRIES: "0" }, () => wrong);
  const twice = await requestsWith({ PHOTON_LLM_MAX_RETRIES: "2", PHOTON_LLM_INVALID_RETRIES: "0" }, () => wrong);
  expect([without.length, twice.length]).toEqual([1, 3]);
});

test("enrichment.language changes what is asked", async () => {
  const [plain] = await requestsWith({});
  const [german] = await requestsWith({ PHOTON_ENRICHMENT_LANGUAGE: "de" });
  expect(plain?.body.toString("utf8")).not.toEqual(german?.body.toString("utf8"));
});

test("llm.features.metrics switches reports off", async () => {
  const environment = { PHOTON_HOME: join(folder, "home"), PHOTON_LLM_FEATURES_METRICS: "false" };
  await using photon = createPhoton(loadConfig({ environment, workingDirectory: folder }).config, {
    logger: silentLogger,
  });
  const report = photon.costs.report({ by: "day", since: undefined, until: undefined, utc: false });
  await expect(report).rejects.toThrow("llm.features.metrics");
});

interface Chosen {
  readonly model: LanguageModel;
  readonly target: ProviderTarget;
}

const chosenBy = async (toml: string): Promise<Chosen> => {
  const configPath = join(folder, "config.toml");
  writeFileSync(configPath, toml);
  const { config } = loadConfig({ environment: {}, configPath, workingDirectory: folder });
  const targets = createTargets({ config, kinds: await loadEnrichmentKinds({ config }), logger: silentLogger });
  const [model] = targets.chainOf("vision");
  if (model === undefined) throw new Error("expected a model");
  return { model, target: targets.provider(model.providerKey) };
};

const WIRES: Readonly<Record<string, WireName>> = { ollama: "ollama", anthropic: "anthropic" };

test.each(["ollama", "anthropic", "openai", "openrouter", "hyperbolic", "openai-compatible"])(
  "every field of [llm.%s] counts",
  async (provider) => {
    const wire = WIRES[provider] ?? "openai";
    await using server = await startFakeProvider();
    const { model, target } = await chosenBy(
      [
        `[llm]\nprovider = "${provider}"\n[llm.${provider}]`,
        `endpoint = "${server.endpoint(wire, "ok")}"\napi_key = "sk-own"\nmodel = "own-model"\ntimeout_ms = 12345`,
        "concurrency = 7\nlocal = true\ncapabilities = { structured = true, temperature = false }",
        'prices = { "own-model" = { input = 1, output = 2 } }',
        ...(provider === "anthropic" ? ['wire = "2023-06-01"'] : []),
      ].join("\n"),
    );
    await model.generate(photoRequest(), neverAborted());
    const [sent] = server.requests;
    expect(sent?.json()).toMatchObject({ model: "own-model" });
    expect(sent?.headers[provider === "anthropic" ? "x-api-key" : "authorization"]).toMatch(/^(Bearer )?sk-own$/);
    expect(model.timeoutMs(photoRequest())).toBe(12_345);
    expect(model.capabilities).toMatchObject({ structured: true, temperature: false });
    expect([model.leavesMachine, target.ceiling]).toEqual([false, 7]);
    expect(target.prices).toEqual({ "own-model": { input: 1, output: 2 } });
  },
);
