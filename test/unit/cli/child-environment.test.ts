import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { childEnvironment } from "../../../src/cli/child-environment.ts";
import type { FlagValue } from "../../../src/config.ts";
import { loadConfig } from "../../../src/config.ts";
import { temporaryFolder } from "../../support/photos.ts";

const loadIn = async (
  { toml, environment, flags }: { toml: string; environment: Record<string, string>; flags: readonly FlagValue[] },
  folder: string,
) => {
  const configPath = join(folder, "config.toml");
  await writeFile(configPath, toml);
  const given = { ...environment, PHOTON_HOME: folder, HOME: folder };
  const loaded = loadConfig({ environment: given, flags, configPath, workingDirectory: folder });
  const child = childEnvironment({ environment: given, loadedConfig: loaded });
  return { loaded, child, inChild: loadConfig({ environment: child, workingDirectory: folder }) };
};

test("a child comes to the same settings from variables alone", async () => {
  await using folder = await temporaryFolder();
  const { loaded, child, inChild } = await loadIn(
    {
      toml: '[llm]\nprovider = "ollama"\nmodel = "llava"\nsend_fields = ["tags"]\n[enrichment.kinds.image_tag]\nlanguage = "de"\n',
      environment: { OPENAI_API_KEY: "sk-test", PHOTON_LLM_MODEL: "from-environment", PHOTON_LLM_CONCURRENCY: "7" },
      flags: [
        { key: "llm.provider", flag: "--llm", value: "openai" },
        { key: "logging.level", flag: "--verbose", value: "debug" },
        { key: "llm.send_fields", flag: "--send", value: ["tags", "place"] },
      ],
    },
    folder.path,
  );

  expect(inChild.config).toEqual(loaded.config);
  expect(inChild.config.llm).toMatchObject({ provider: "openai", concurrency: 7, send_fields: ["tags", "place"] });
  expect(child).toMatchObject({ PHOTON_LLM_PROVIDER: "openai", OPENAI_API_KEY: "sk-test" });
});

test("without a config file none is named, so that the child does not miss it", async () => {
  await using folder = await temporaryFolder();
  const environment = { PHOTON_HOME: folder.path, HOME: folder.path };
  const loaded = loadConfig({ environment, workingDirectory: folder.path });
  const child = childEnvironment({ environment, loadedConfig: { ...loaded, exists: false } });
  expect(child["PHOTON_CONFIG"]).toBeUndefined();
});
