import { mkdir, open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { createHostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import type { HostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import { readLabelBank, writeLabelBank } from "../../../models/embedding/label-bank-file.ts";
import { bankKeyOf, bankPathOf, ensureLabelBank } from "../../../models/embedding/label-bank.ts";
import { promptsOf } from "../../../models/embedding/vocabulary.ts";
import type { VocabularyEntry } from "../../../models/embedding/vocabulary.ts";
import { sampleVocabulary } from "../../support/sample-encoder/vocabulary.ts";
import { ensureSampleEncoder } from "../../support/sample-encoder/sample-encoder.ts";
import { cosine, createWorkspace } from "../../support/model-workspace.ts";
import { REPOSITORY, startProgram } from "../../support/run-program.ts";

/** 600 terms: three chunks. */
const wideVocabulary: readonly VocabularyEntry[] = Array.from({ length: 600 }, (_, index) => {
  const base = sampleVocabulary[index % sampleVocabulary.length] ?? { name: "sea", category: "place" as const };
  return {
    id: `wide/${index}`,
    name: `${base.name} ${index}`,
    category: base.category,
    ancestors: [],
    synonyms: [],
    prompts: [base.name],
  };
});

interface Counted {
  readonly encoder: HostedEncoder;
  /** Texts embedded so far. */
  readonly texts: () => number;
}

const counted = (encoder: HostedEncoder): Counted => {
  let texts = 0;
  return {
    encoder: {
      ...encoder,
      embedTexts: (wanted, options) => {
        texts += wanted.length;
        return encoder.embedTexts(wanted, options);
      },
    },
    texts: () => texts,
  };
};

const sampleEncoder = async (directory: string): Promise<HostedEncoder> =>
  createHostedEncoder(await ensureSampleEncoder(directory), { textInProcess: true });

test("the key changes with vector key, text side, order, words and prompts, and with nothing else", async () => {
  const encoder = { vectorKey: "m@00000000/fp32/p1", textKey: "t" };
  const base = await bankKeyOf(encoder, sampleVocabulary);
  expect(base).toMatch(/^[0-9a-f]{64}$/);
  expect(await bankKeyOf({ ...encoder }, structuredClone(sampleVocabulary))).toBe(base);
  const [first, second, ...rest] = sampleVocabulary;
  if (first === undefined || second === undefined) throw new Error("the sample vocabulary is empty");
  const others = await Promise.all([
    bankKeyOf({ ...encoder, vectorKey: "m@00000001/fp32/p1" }, sampleVocabulary),
    bankKeyOf({ ...encoder, textKey: "u" }, sampleVocabulary),
    bankKeyOf(encoder, [second, first, ...rest]),
    bankKeyOf(encoder, [{ ...first, name: "renamed" }, second, ...rest]),
    bankKeyOf(encoder, [{ ...first, prompts: promptsOf(first).slice(1) }, second, ...rest]),
  ]);
  expect(new Set([base, ...others]).size).toBe(6);
});

test("a bank is made once, rows in the order of its header, each of length one", async () => {
  await using workspace = await createWorkspace();
  const { encoder, texts } = counted(await sampleEncoder(workspace.directory));
  const key = await bankKeyOf(encoder, sampleVocabulary);
  const { bank: made } = await ensureLabelBank(encoder, sampleVocabulary, { bankDir: workspace.directory, key });
  const before = texts();
  const { bank: read } = await ensureLabelBank(encoder, sampleVocabulary, { bankDir: workspace.directory, key });
  expect(texts()).toBe(before);
  expect(read).toEqual(made);
  expect(made.header.termIds).toEqual(sampleVocabulary.map(({ id }) => id));
  const row = made.rows.subarray(encoder.dimension, 2 * encoder.dimension);
  expect(row.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 4);
  expect((await readdir(workspace.directory)).filter((name) => /part|^\./.test(name))).toEqual([]);
});

test("a bank of another key, a permuted header and a flipped bit are not used", async () => {
  await using workspace = await createWorkspace();
  const path = join(workspace.directory, "a.bank");
  const header = { key: "k", count: 2, dimension: 2, dtype: "float32", termIds: ["a", "b"] } as const;
  const bank = { header: { ...header, termIds: ["a", "b"] }, rows: Float32Array.of(1, 0, 0, 1) };
  await writeLabelBank(path, bank);
  expect(await readLabelBank(path, "k")).toEqual(bank);
  expect(await readLabelBank(path, "other")).toBeUndefined();
  const bytes = await readFile(path);
  const permuted = Buffer.from(bytes.toString("latin1").replace('["a","b"]', '["b","a"]'), "latin1");
  await writeFile(path, permuted);
  expect(await readLabelBank(path, "k")).toBeUndefined();
  for (const place of [0, 9, 30, bytes.length - 40, bytes.length - 1]) {
    const damaged = Buffer.from(bytes);
    damaged[place] = (damaged[place] ?? 0) ^ 4;
    await writeFile(path, damaged);
    expect(await readLabelBank(path, "k")).toBeUndefined();
  }
  await writeFile(path, bytes.subarray(0, -5));
  expect(await readLabelBank(path, "k")).toBeUndefined();
  await writeFile(path, "");
  expect(await readLabelBank(path, "k")).toBeUndefined();
});

test("a damaged bank is made again", async () => {
  await using workspace = await createWorkspace();
  const { encoder, texts } = counted(await sampleEncoder(workspace.directory));
  const key = await bankKeyOf(encoder, sampleVocabulary);
  const { bank: made } = await ensureLabelBank(encoder, sampleVocabulary, { bankDir: workspace.directory, key });
  await using file = await open(bankPathOf(workspace.directory, key), "r+");
  await file.write(Buffer.from([1, 2, 3]), 0, 3, 5_000);
  const before = texts();
  expect((await ensureLabelBank(encoder, sampleVocabulary, { bankDir: workspace.directory, key })).bank).toEqual(made);
  expect(texts()).toBe(2 * before);
});

test("an interrupted build goes on after its last chunk and gives the same bank", async () => {
  await using workspace = await createWorkspace();
  const { encoder, texts } = counted(await sampleEncoder(workspace.directory));
  const key = await bankKeyOf(encoder, wideVocabulary);
  const controller = new AbortController();
  const bankDir = join(workspace.directory, "banks");
  const onProgress = (): void => controller.abort();
  await expect(
    ensureLabelBank(encoder, wideVocabulary, { bankDir, key, signal: controller.signal, onProgress }),
  ).rejects.toMatchObject({ name: "AbortError" });
  expect(await readLabelBank(bankPathOf(bankDir, key), key)).toBeUndefined(); // no tags from a part
  expect(texts()).toBe(256);
  const { bank: resumed } = await ensureLabelBank(encoder, wideVocabulary, { bankDir, key });
  expect(texts()).toBe(600);
  const { bank: fresh } = await ensureLabelBank(encoder, wideVocabulary, {
    bankDir: join(workspace.directory, "fresh"),
    key,
  });
  expect(resumed).toEqual(fresh);
});

test("a chunk that was damaged is encoded again, the others are kept", async () => {
  await using workspace = await createWorkspace();
  const { encoder, texts } = counted(await sampleEncoder(workspace.directory));
  const key = await bankKeyOf(encoder, wideVocabulary);
  const bankDir = join(workspace.directory, "banks");
  const controller = new AbortController();
  const onProgress = ({ done }: { done: number }): void => {
    if (done === 512) controller.abort();
  };
  const options = { bankDir, key, signal: controller.signal, onProgress };
  await expect(ensureLabelBank(encoder, wideVocabulary, options)).rejects.toThrow();
  await using file = await open(`${bankPathOf(bankDir, key)}.part`, "r+");
  await file.write(Buffer.from([9, 9, 9]), 0, 3, 100); // inside the first chunk
  await ensureLabelBank(encoder, wideVocabulary, { bankDir, key });
  expect(texts()).toBe(512 + 256 + 88);
});

test("a build that is killed loses at most the chunk in work", async () => {
  await using workspace = await createWorkspace();
  const { encoder, texts } = counted(await sampleEncoder(workspace.directory));
  const key = await bankKeyOf(encoder, wideVocabulary);
  const bankDir = join(workspace.directory, "banks");
  await mkdir(bankDir);
  const at = (path: string): string => JSON.stringify(pathToFileURL(join(REPOSITORY, path)).href);
  const script = join(workspace.directory, "build.ts");
  await writeFile(join(workspace.directory, "vocabulary.json"), JSON.stringify(wideVocabulary));
  await writeFile(
    script,
    `import { readFileSync } from "node:fs";
import { createHostedEncoder } from ${at("models/embedding/hosted-encoder.ts")};
import { ensureSampleEncoder } from ${at("test/support/sample-encoder/sample-encoder.ts")};
import { ensureLabelBank } from ${at("models/embedding/label-bank.ts")};
const encoder = createHostedEncoder(await ensureSampleEncoder(${JSON.stringify(workspace.directory)}), { textInProcess: true });
const vocabulary = JSON.parse(readFileSync(${JSON.stringify(join(workspace.directory, "vocabulary.json"))}, "utf8"));
const onProgress = ({ done }) => done === 256 && process.kill(process.pid, "SIGKILL");
await ensureLabelBank(encoder, vocabulary, { bankDir: ${JSON.stringify(bankDir)}, key: ${JSON.stringify(key)}, onProgress });
`,
  );
  await startProgram(script, []).ended;
  expect(await readdir(bankDir)).toHaveLength(1);
  await ensureLabelBank(encoder, wideVocabulary, { bankDir, key });
  expect(texts()).toBe(600 - 256);
});

test("a bank of bytes is a quarter of the size and ranks terms as the floats do", async () => {
  await using workspace = await createWorkspace();
  const encoder = await sampleEncoder(workspace.directory);
  const key = await bankKeyOf(encoder, sampleVocabulary);
  const { bank, path } = await ensureLabelBank(encoder, sampleVocabulary, { bankDir: workspace.directory, key });
  const smaller = join(workspace.directory, "smaller.bank");
  await writeLabelBank(smaller, { ...bank, header: { ...bank.header, dtype: "int8" } });
  expect((await stat(smaller)).size).toBeLessThan(0.3 * (await stat(path)).size);
  const read = await readLabelBank(smaller, key);
  const rowOf = (rows: Float32Array | undefined, term: number): Float32Array =>
    rows?.subarray(term * encoder.dimension, (term + 1) * encoder.dimension) ?? new Float32Array();
  for (const term of bank.header.termIds.keys()) {
    expect(cosine(rowOf(read?.rows, term), rowOf(bank.rows, term))).toBeGreaterThan(0.9995);
  }
});
