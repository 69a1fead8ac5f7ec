import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPhoton } from "../../src/app.ts";
import type { ConfigKey } from "../../src/config.ts";
import { configFields, environmentName, loadConfig } from "../../src/config.ts";
import { silentLogger } from "../../src/logger.ts";
import { generateSampleLibrary } from "../../src/sample-library/generate.ts";
import { startModelServer } from "../support/model-server.ts";
import type { ProgramResult } from "../support/run-program.ts";
import { REPOSITORY, runPhoton } from "../support/run-program.ts";
import { ensureSampleEncoder } from "../support/sample-encoder/sample-encoder.ts";
import { SAMPLE_SET, writeSampleVocabulary } from "../support/sample-encoder/vocabulary.ts";
import { provenElsewhere } from "./settings-proven-elsewhere.ts";

interface Tag {
  readonly name: string;
  readonly confidence: number;
  readonly path?: string;
}
/** The fields of records and error records that settings change. */
interface ShownRecord {
  readonly type?: string;
  readonly code?: string;
  readonly file_name: string;
  readonly embedding: readonly number[];
  readonly tags: readonly Tag[];
  readonly thumbnail?: string;
}
type Values = Readonly<Partial<Record<ConfigKey, string>>>;

const PHOTOS = 8;
const EDGE = 600;

let folder: string;
let models: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "photon-effects-"));
  models = at("models");
  const { files } = await generateSampleLibrary(at("photos"), { count: PHOTOS, size: EDGE });
  copyFileSync(join(at("photos"), files[0]?.path ?? ""), join(at("photos"), ".hidden.jpg"));
  await ensureSampleEncoder(models);
  await writeSampleVocabulary(at("words"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (words: readonly string[], values: Values): Promise<ProgramResult> => {
  const sample: Values = {
    "embedding.model": "generated-sample",
    "tagging.vocabulary.dir": at("words"),
    "tagging.vocabulary.sets": SAMPLE_SET,
  };
  const given: Values = { "general.data_dir": at("library"), "general.model_dir": models, ...sample, ...values };
  const variables = configFields.flatMap(({ key }) =>
    given[key] === undefined ? [] : [[environmentName(key), given[key]]],
  );
  return runPhoton(words, {
    environment: { XDG_CONFIG_HOME: folder, ...(Object.fromEntries(variables) as Record<string, string>) },
  });
};
const processPhotos = (values: Values, ...flags: readonly string[]): Promise<ProgramResult> =>
  run(["process", at("photos"), "--no-store", ...flags], values);
const recordsOf = ({ stdout }: ProgramResult): readonly ShownRecord[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ShownRecord); // our own records
const records = async (values: Values, ...flags: readonly string[]): Promise<readonly ShownRecord[]> =>
  recordsOf(await processPhotos(values, "--format", "jsonl", ...flags));
const failureCodes = async (values: Values): Promise<readonly (string | undefined)[]> => {
  const failed = await records({ "output.errors": "jsonl", ...values });
  return [...new Set(failed.map(({ code }) => code))];
};

let plain: readonly ShownRecord[];
beforeAll(async () => {
  plain = await records({});
});
const thumbnails = (shown: readonly ShownRecord[]): readonly Buffer[] =>
  shown.flatMap(({ thumbnail }) => (thumbnail === undefined ? [] : [Buffer.from(thumbnail, "base64")]));
const tagCount = (shown: readonly ShownRecord[]): number => shown.reduce((sum, { tags }) => sum + tags.length, 0);

/** Files found by the time the first photo is done. */
const foundAhead = async (bufferSize: number): Promise<number> => {
  const environment = { PHOTON_HOME: at("library"), PHOTON_PIPELINE_BUFFER_SIZE: String(bufferSize) };
  const { config } = loadConfig({ environment, workingDirectory: folder });
  await using photon = createPhoton(config, { logger: silentLogger });
  const path = join(at("photos"), ".hidden.jpg");
  const source = { displayPath: path, absolutePath: Buffer.from(path), rootPath: Buffer.from(at("photos")) };
  let found = 0;
  const sources = async function* (): AsyncGenerator<typeof source> {
    for (; found < 2000; found += 1) yield source;
  };
  const settings = { thumbnail: undefined, embedding: false, tagging: undefined };
  const signal = new AbortController().signal;
  for await (const _outcome of photon.process(sources(), settings, {
    store: false,
    force: true,
    parallel: 1,
    signal,
  })) {
    return found;
  }
  return 0;
};

/** Exit codes of queueing descriptions at somebody else's: without the setting, and with it. */
const askingFirst = async (values: Values): Promise<readonly unknown[]> => {
  await run(["process", at("photos"), "-o", at("asking.jsonl")], {});
  const elsewhere: Values = { "llm.provider": "openai", "llm.openai.api_key": "sk-none" };
  const queue = async (more: Values): Promise<unknown> =>
    (await run(["enrich", "--no-wait"], { ...elsewhere, ...more })).code;
  return [await queue(values), await queue({})]; // what is queued is not asked about again
};

/** One proof per setting; the value is another than the default. */
const effects: Partial<Record<ConfigKey, () => Promise<void>>> = {
  "general.data_dir": async () => {
    const { stdout } = await run(["status", "--json"], { "general.data_dir": at("elsewhere") });
    expect(JSON.parse(stdout)).toMatchObject({ data_directory: at("elsewhere") });
  },
  "general.model_dir": async () => {
    expect((await run(["models", "path"], { "general.model_dir": at("weights") })).stdout).toBe(`${at("weights")}\n`);
  },
  "processing.parallel_workers": async () => {
    const { stderr, code } = await processPhotos({ "processing.parallel_workers": "10000" });
    expect([code, stderr]).toEqual([0, expect.stringContaining("10000")]);
  },
  "processing.supported_formats": async () => {
    const shown = await records({ "processing.supported_formats": "png,webp,gif" });
    expect(shown.length).toBeLessThan(plain.length);
  },
  "pipeline.buffer_size": async () => {
    const found = await foundAhead(1);
    expect(found).toBeGreaterThan(0);
    expect(await foundAhead(1000)).toBeGreaterThan(found);
  },
  "limits.max_file_size_mb": async () => {
    expect(await failureCodes({ "limits.max_file_size_mb": "0.001" })).toEqual(["too_large"]);
  },
  "limits.max_image_dimension": async () => {
    expect(await failureCodes({ "limits.max_image_dimension": String(EDGE - 1) })).toEqual(["too_many_pixels"]);
  },
  "limits.max_megapixels": async () => {
    expect(await failureCodes({ "limits.max_megapixels": "0.01" })).toEqual(["too_many_pixels"]);
  },
  "limits.decode_timeout_ms": async () => {
    expect(await failureCodes({ "limits.decode_timeout_ms": "1" })).toContain("decode_timeout");
  },
  "limits.embed_timeout_ms": async () => {
    const slower = { "embedding.model": "auto" }; // the sample encoder can be done within a millisecond
    expect(await failureCodes({ ...slower, "limits.embed_timeout_ms": "1" })).toContain("embed_timeout");
  },
  "embedding.model": async () => {
    const lengths = (all: readonly ShownRecord[]): readonly number[] => all.map(({ embedding }) => embedding.length);
    expect(new Set(lengths(plain))).toEqual(new Set([192]));
    expect(new Set(lengths(await records({ "embedding.model": "auto" })))).toEqual(new Set([256]));
  },
  "embedding.device": async () => {
    const missing = process.platform === "win32" ? "coreml" : "dml";
    const { stderr, code } = await processPhotos({ "embedding.device": missing });
    expect([code, stderr]).toEqual([0, expect.stringContaining(missing)]);
  },
  "models.base_url": async () => {
    await using server = await startModelServer();
    const words = ["models", "add", "someone/tiny", "--dry-run"];
    const { code, stderr } = await run(words, { "models.base_url": server.url.href });
    expect([code, stderr]).toEqual([1, expect.stringContaining("404")]);
    expect(server.requests).toHaveLength(1);
  },
  "thumbnail.enabled": async () => {
    expect(thumbnails(await records({ "thumbnail.enabled": "false" }))).toEqual([]);
  },
  "thumbnail.size": async () => {
    const size = (shown: readonly Buffer[]): number => shown.reduce((sum, { length }) => sum + length, 0);
    const small = thumbnails(await records({ "thumbnail.size": "64" }));
    expect(small).toHaveLength(PHOTOS);
    expect(size(small)).toBeLessThan(size(thumbnails(plain)) / 2);
  },
  "thumbnail.format": async () => {
    const isJpeg = (bytes: Buffer): boolean => bytes[0] === 0xff && bytes[1] === 0xd8;
    expect(thumbnails(plain).some(isJpeg)).toBe(false);
    expect(thumbnails(await records({ "thumbnail.format": "jpeg" })).every(isJpeg)).toBe(true);
  },
  "thumbnail.quality": async () => {
    const size = (shown: readonly ShownRecord[]): number => Buffer.concat([...thumbnails(shown)]).length;
    expect(size(await records({ "thumbnail.quality": "10" }))).toBeLessThan(size(plain));
  },
  "tagging.enabled": async () => {
    expect(tagCount(plain)).toBeGreaterThan(0);
    expect(tagCount(await records({ "tagging.enabled": "false" }))).toBe(0);
  },
  "tagging.min_confidence": async () => {
    const sure = await records({ "tagging.min_confidence": "0.95" });
    expect(sure.flatMap(({ tags }) => tags).every(({ confidence }) => confidence >= 0.95)).toBe(true);
    expect(tagCount(sure)).toBeLessThan(tagCount(plain));
  },
  "tagging.max_tags": async () => {
    const one = await records({ "tagging.max_tags": "1", "tagging.min_confidence": "0" });
    expect(one.every(({ tags }) => tags.length === 1)).toBe(true);
  },
  "tagging.deduplicate_ancestors": async () => {
    const all = { "tagging.min_confidence": "0", "tagging.max_tags": "1000" } as const;
    const every = await records({ ...all, "tagging.deduplicate_ancestors": "false" });
    expect(tagCount(every)).toBeGreaterThan(tagCount(await records(all)));
  },
  "tagging.show_paths": async () => {
    const hasPath = ({ tags }: ShownRecord): boolean => tags.some(({ path }) => path !== undefined);
    expect(plain.some(hasPath)).toBe(false);
    expect((await records({ "tagging.show_paths": "true" })).some(hasPath)).toBe(true);
  },
  "tagging.path_max_depth": async () => {
    const many = { "tagging.show_paths": "true", "tagging.min_confidence": "0", "tagging.max_tags": "1000" } as const;
    const longest = (shown: readonly ShownRecord[]): number =>
      Math.max(...shown.flatMap(({ tags }) => tags.map(({ path }) => path?.split(" > ").length ?? 0)));
    expect(longest(await records({ ...many, "tagging.path_max_depth": "1" }))).toBe(2);
    expect(longest(await records(many))).toBe(3);
  },
  "tagging.vocabulary.dir": async () => {
    mkdirSync(at("vocabulary"));
    writeFileSync(join(at("vocabulary"), "sample.json"), '[{ "name": "sunset" }]');
    const shown = await records({ "tagging.vocabulary.dir": at("vocabulary"), "tagging.min_confidence": "0" });
    expect(new Set(shown.flatMap(({ tags }) => tags.map(({ name }) => name)))).toEqual(new Set(["sunset"]));
  },
  "output.format": async () => {
    expect(JSON.parse((await processPhotos({})).stdout)).toHaveLength(PHOTOS);
    expect(recordsOf(await processPhotos({ "output.format": "jsonl" }))).toHaveLength(PHOTOS);
  },
  "output.pretty": async () => {
    await processPhotos({ "output.pretty": "true" }, "-o", at("pretty.json"));
    await processPhotos({}, "-o", at("compact.json"));
    expect(readFileSync(at("pretty.json"), "utf8")).toContain('\n    "file_name"');
    expect(readFileSync(at("compact.json"), "utf8")).not.toContain('\n    "file_name"');
  },
  "output.include_embedding": async () => {
    const without = await records({ "output.include_embedding": "false" });
    expect(without.every(({ embedding }) => embedding.length === 0)).toBe(true);
    expect(tagCount(without)).toBe(tagCount(plain));
  },
  "output.errors": async () => {
    const limits = { "limits.max_megapixels": "0.01" } as const;
    expect(await records(limits)).toEqual([]);
    expect(await records({ ...limits, "output.errors": "jsonl" })).toHaveLength(PHOTOS);
  },
  "logging.level": async () => {
    const { stderr } = await processPhotos({ "logging.level": "error", "processing.parallel_workers": "10000" });
    expect(stderr).not.toContain("10000");
  },
  "logging.format": async () => {
    const { stderr } = await processPhotos({ "logging.format": "json", "processing.parallel_workers": "10000" });
    expect(stderr).toContain('"level":"warn"');
  },
  "llm.confirm_above.photos": async () => {
    expect(await askingFirst({ "llm.confirm_above.photos": "0" })).toEqual([2, 0]);
  },
  "llm.confirm_above.usd": async () => {
    const library: Values = { "general.data_dir": at("priced") };
    await run(["process", at("photos"), "-o", at("priced.jsonl")], library);
    const elsewhere: Values = { ...library, "llm.provider": "openai", "llm.openai.api_key": "sk-none" };
    const { code } = await run(["enrich", "--no-wait"], { ...elsewhere, "llm.confirm_above.usd": "0" });
    expect(code).toBe(2);
  },
  "watch.exclude": async () => {
    const jpegs = plain.filter(({ file_name: name }) => /\.jpe?g$/i.test(name));
    expect(await records({ "watch.exclude": "*.jpg,*.jpeg" })).toHaveLength(plain.length - jpegs.length);
  },
  "watch.hidden": async () => {
    expect(plain).toHaveLength(PHOTOS);
    expect(await records({ "watch.hidden": "true" })).toHaveLength(PHOTOS + 1);
  },
};

describe("every setting does something", () => {
  test.each(Object.entries(effects))("%s", async (_key, prove) => prove());

  test("a setting without a proof is refused", () => {
    const unproven = configFields.filter(({ key }) => effects[key] === undefined && provenElsewhere[key] === undefined);
    expect(unproven.map(({ key }) => key)).toEqual([]);
  });

  test.each(Object.entries(provenElsewhere))("%s is proven elsewhere", (_key, { file, word }) => {
    expect(readFileSync(join(REPOSITORY, file), "utf8")).toContain(word);
  });
});
