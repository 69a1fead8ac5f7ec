import { relative } from "node:path";
import { expect, test } from "vitest";
import type { Invocation } from "../../../../src/cli/build-program.ts";
import { readCommandLine } from "../../../../src/cli/build-program.ts";
import { processCommand } from "../../../../src/cli/commands/process.ts";
import {
  checkEnrichmentFlags,
  isExplicit,
  kindsOf,
  wantsEnrichment,
} from "../../../../src/cli/process/enrichment-options.ts";
import { type ProcessFlags, processOptions } from "../../../../src/cli/process/options.ts";

const readWords = async (...words: readonly string[]): Promise<Extract<Invocation, { kind: "run" }>> => {
  const invocation = await readCommandLine(["process", ...words], {
    commands: [{ name: "process", summary: "Process", load: () => Promise.resolve(processCommand as never) }], // one of many
    groups: {},
    version: "0.0.0",
    output: { columns: 80, style: (_style, text) => text },
  });
  if (invocation.kind === "text") throw new Error(invocation.text);
  return invocation;
};
const read = (...words: readonly string[]) => readWords("photos", ...words);
const flagsOf = async (...words: readonly string[]): Promise<ProcessFlags> =>
  processOptions.parse((await read(...words)).options);

test.each([
  [[], false],
  [["--llm"], true],
  [["--llm", "openai"], true],
  [["--llm", "openai", "--no-description"], false],
  [["--llm-model", "x"], false],
] as const)("%j: language models are asked: %s", async (words, isWanted) => {
  expect(wantsEnrichment(await flagsOf(...words))).toBe(isWanted);
});

test("a named provider overrides the configuration, the bare flag leaves it as it is", async () => {
  expect((await read("--llm", "openai")).configFlags).toEqual([
    { key: "llm.provider", flag: "--llm", value: "openai" },
  ]);
  expect((await read("--llm")).configFlags).toEqual([]);
});

test.each([
  [["--llm"], false],
  [["--llm", "ollama"], true],
  [["--llm", "--llm-model", "llava"], true],
  [["--llm", "--llm-base-url", "http://localhost:1"], true],
] as const)("%j: the run sends to nobody else: %s", async (words, isOwn) => {
  expect(isExplicit(await flagsOf(...words))).toBe(isOwn);
});

test("kinds are separated by commas, each once; image_tag unless told otherwise", async () => {
  expect(kindsOf(await flagsOf("--llm"))).toEqual(["image_tag"]);
  expect(kindsOf(await flagsOf("--llm-kinds", "photo_story, image_tag,,photo_story"))).toEqual([
    "photo_story",
    "image_tag",
  ]);
});

test.each([
  [["--llm", "--no-store"], "--no-store"],
  [["--llm", "--llm-base-url", "http://localhost:1", "--no-wait"], "--no-wait"],
] as const)("%j exclude each other", async (words, named) => {
  const flags = await flagsOf(...words);
  expect(() => checkEnrichmentFlags(flags)).toThrow(named);
  expect(() => checkEnrichmentFlags({ ...flags, description: false })).not.toThrow();
});

test("a folder behind --llm is taken for what it is, also when it is the only word", async () => {
  const folder = `./${relative(process.cwd(), import.meta.dirname)}`;
  for (const words of [["--llm", folder], ["photos", "--llm", folder], [`--llm=${folder}`]]) {
    await expect(readWords(...words)).rejects.toMatchObject({
      name: "InvalidInputError",
      message: expect.stringMatching(/^Expected a provider for --llm \(ollama, .*stub\), received "\.\/test/),
      hint: `Put the folder before --llm, or name the provider: photon process ${folder} --llm ollama`,
    });
  }
  await expect(read("--llm", "olama")).rejects.toMatchObject({
    message: expect.stringContaining('received "olama"'),
    hint: expect.stringContaining("Without a name"),
  });
});
