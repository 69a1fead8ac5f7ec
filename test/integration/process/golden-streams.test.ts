/**
 * Whole streams, byte for byte. `npx vitest run test/integration/process/golden-streams.test.ts --update` writes the golden
 * files anew after a wanted change.
 */
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeBmp } from "../../support/bmp-files.ts";
import { runDescribing } from "../../support/describing-run.ts";
import { paintScene } from "../../support/images.ts";
import type { TestLibrary } from "../../support/library.ts";
import { createTestLibrary } from "../../support/library.ts";

const GOLDEN = join(import.meta.dirname, "../../fixtures/golden/streams");
const CONFIG = "[tagging]\nenabled = false\n";
const WORDS = ["-f", "jsonl", "--ordered", "--no-embedding", "--no-thumbnail"] as const;
const LONG = 300_000;

/** Two pictures made in code, the same on every system, and a copy of the first. */
const libraryOfThree = async (): Promise<TestLibrary> => {
  const library = await createTestLibrary({ config: CONFIG });
  const first = join(library.photos, "a-scene.bmp");
  await writeFile(first, encodeBmp(paintScene(24, 16), { bits: 24 }));
  await writeFile(join(library.photos, "b-other.bmp"), encodeBmp(paintScene(16, 24), { bits: 24 }));
  await copyFile(first, join(library.photos, "c-copy.bmp"));
  return library;
};

const isCore = (line: string): boolean => !/^{"type":"(?:enrichment|error)"/.test(line);

/** Without what depends on the run alone: where the photos lie, how long a call took, which one ended first. */
const settled = (stream: string, library: TestLibrary): string => {
  const lines = stream
    .replaceAll(library.photos, "photos")
    .replaceAll(/"llm_latency_ms":\d+/g, '"llm_latency_ms":0')
    .split("\n")
    .filter((line) => line !== "");
  const cores = lines.slice(0, lines.filter(isCore).length); // a patch among them makes a difference
  const rest = lines.slice(cores.length).toSorted();
  return [...cores, ...rest].map((line) => `${line}\n`).join("");
};

test.each([
  ["plain", [], 0],
  ["described", ["--llm", "stub"], 0],
  ["described-compat", ["--llm", "stub", "--compat"], 0],
  ["described-details", ["--llm", "stub", "--llm-details"], 0],
  ["refused", ["--llm", "stub", "--llm-model", "refuse"], 3],
  ["refused-compat", ["--llm", "stub", "--llm-model", "refuse", "--compat"], 3],
  ["no-provider", ["--llm"], 0],
  ["no-provider-compat", ["--llm", "--compat"], 0],
] as const)(
  "the stream of a run that is %s is written as in its golden file",
  async (name, words, exitCode) => {
    await using library = await libraryOfThree();
    const { code, stdout, stderr } = await runDescribing(library, [library.photos, ...WORDS, ...words]);
    expect(code, stderr).toBe(exitCode);
    await expect(settled(stdout, library)).toMatchFileSnapshot(join(GOLDEN, `${name}.jsonl`));
  },
  LONG,
);
