import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configFields, configTemplate, loadConfig, writeConfigFile } from "../../../src/config.ts";
import { StorageError } from "../../../src/errors.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "photon-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const loadFile = (configPath: string): ReturnType<typeof loadConfig> =>
  loadConfig({ environment: {}, configPath, workingDirectory: folder });

const uncommented = (template: string): string =>
  template
    .split("\n")
    .map((line) => (/^# \w+ = /.test(line) ? line.slice(2) : line))
    .join("\n");

test("the template changes nothing and warns of nothing", async () => {
  const path = join(folder, "template.toml");
  await writeConfigFile(path, configTemplate());
  const { config, warnings } = loadFile(path);
  const empty = join(folder, "empty.toml");
  writeFileSync(empty, "");
  expect(config).toEqual(loadFile(empty).config);
  expect(warnings).toEqual([]);
});

test("the template holds every key with its default, or an example where there is none", () => {
  const path = join(folder, "uncommented.toml");
  writeFileSync(path, uncommented(configTemplate()));
  const { config, sources, warnings } = loadFile(path);
  const empty = join(folder, "empty.toml");
  writeFileSync(empty, "");
  expect(config).toEqual(loadFile(empty).config);
  expect(warnings).toEqual([]);
  const hasDefault = configFields.filter(
    ({ traits }) =>
      traits.example === undefined && traits.exampleLines === undefined && traits.keyVariable === undefined,
  );
  expect(hasDefault.filter(({ key }) => sources[key].kind !== "file")).toEqual([]);
  const template = configTemplate();
  for (const { key } of configFields) expect(template).toContain(key.slice(key.lastIndexOf(".") + 1));
});

test("the examples of the template are valid", () => {
  const path = join(folder, "examples.toml");
  writeFileSync(path, configTemplate().replaceAll(/^# {3}(?=\S)/gm, ""));
  const environment = { OLLAMA_API_KEY: "key", PHOTON_WEBHOOK_SECRET: "long enough" };
  const { warnings, sources } = loadConfig({ environment, configPath: path, workingDirectory: folder });
  expect(warnings).toEqual([]);
  const examples = configFields.filter(({ traits }) => "example" in traits || "exampleLines" in traits);
  expect(examples.filter(({ key }) => sources[key].kind !== "file").map(({ key }) => key)).toEqual([]);
});

test("every field says what it is", () => {
  expect(configFields.filter(({ description }) => !/^[\w<].{10,}\.$/.test(description)).map(({ key }) => key)).toEqual(
    [],
  );
});

test.skipIf(process.platform === "win32")("the file is readable by its owner only", async () => {
  const path = join(folder, "new", "config.toml");
  await writeConfigFile(path, "");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("replacing a file leaves no other file behind", async () => {
  const path = join(folder, "replaced", "config.toml");
  await writeConfigFile(path, "one");
  await writeConfigFile(path, "two");
  expect(readFileSync(path, "utf8")).toBe("two");
  expect(readdirSync(join(folder, "replaced"))).toEqual(["config.toml"]);
});

test("a folder that cannot hold a file is a storage error with a hint", async () => {
  const blocker = join(folder, "file");
  writeFileSync(blocker, "");
  const writing = writeConfigFile(join(blocker, "config.toml"), "");
  await expect(writing).rejects.toThrow(StorageError);
});
