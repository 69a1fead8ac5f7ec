/** Photos and what a language model says about them in one stream: counts, order, resuming, failures, interruption. */
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DescribingOptions, DescribingResult } from "../../support/describing-run.ts";
import { runDescribing } from "../../support/describing-run.ts";
import type { TestLibrary } from "../../support/library.ts";
import { createTestLibrary } from "../../support/library.ts";
import { photoName, writePhotos } from "../../support/photos.ts";
import type { ReadRecord } from "../../support/records.ts";
import { parseLines, readArray, readLines } from "../../support/records.ts";

const CONFIG = '[embedding]\nmodel = "generated-sample"\n[tagging]\nenabled = false\n';
const FAST = ["--no-embedding", "--no-thumbnail", "-q"] as const;
const LONG = 600_000;

let shared: TestLibrary;
beforeAll(async () => {
  shared = await createTestLibrary({ config: CONFIG });
  await writePhotos(shared.photos, { count: 500, longEdge: 24 });
}, LONG);
afterAll(async () => await shared[Symbol.asyncDispose]());

const small = async (count: number): Promise<TestLibrary> => {
  const library = await createTestLibrary({ config: CONFIG });
  await writePhotos(library.photos, { count, longEdge: 24 });
  return library;
};

const describe = (
  library: TestLibrary,
  words: readonly string[],
  options?: DescribingOptions,
): Promise<DescribingResult> => runDescribing(library, [library.photos, ...FAST, ...words], options);

const LINES = ["-f", "jsonl", "--llm", "stub"] as const;

const cores = (records: readonly ReadRecord[]) => records.filter(({ type }) => type === "core");
const patches = (records: readonly ReadRecord[]) => records.filter(({ type }) => type === "enrichment");
const hashes = (records: readonly ReadRecord[]) => records.map(({ content_hash: hash }) => hash ?? "").toSorted();

/** Positions at which a patch stands before the core record of its content. */
const tooEarly = (records: readonly ReadRecord[]): readonly number[] => {
  const seen = new Set<string>();
  return records.flatMap(({ type, content_hash: hash = "" }, position) => {
    if (type === "core") seen.add(hash);
    return type === "enrichment" && !seen.has(hash) ? [position] : [];
  });
};

const sql = async (library: TestLibrary, text: string): Promise<readonly Record<string, unknown>[]> => {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(library.cataloguePath);
  return database.prepare(text).all();
};
const answeredCalls = (library: TestLibrary) =>
  sql(library, "select scope_id, count(*) as calls from llm_call_logs where error_type is null group by scope_id");

test.each([
  [64, "jsonl", "pipe"],
  [65, "jsonl", "file"],
  [65, "json", "pipe"],
  [65, "json", "file"],
  [500, "jsonl", "pipe"],
  [500, "jsonl", "file"],
  [500, "json", "pipe"],
  [500, "json", "file"],
] as const)(
  "%i photos as %s into a %s end with as many descriptions",
  async (count, format, target) => {
    await using library = await createTestLibrary({ config: CONFIG });
    const inputs = Array.from({ length: count }, (_, number) => join(shared.photos, photoName(number)));
    const file = join(library.folder, `o.${format}`);
    const words = [...inputs, ...FAST, "--llm", "stub", ...(target === "file" ? ["-o", file] : ["-f", format])];
    const { code, stdout, stderr } = await runDescribing(library, words, { highWaterMark: 512 });
    expect(code, stderr).toBe(0);
    const read = format === "json" ? readArray : readLines;
    const piped = (): readonly ReadRecord[] =>
      format === "json" ? (JSON.parse(stdout) as readonly ReadRecord[]) : parseLines(stdout);
    const records = target === "file" ? read(file) : piped();
    expect(cores(records)).toHaveLength(count);
    expect(hashes(patches(records))).toEqual(hashes(cores(records)));
    expect(tooEarly(records)).toEqual([]);
    if (format === "json") {
      expect(records.map(({ type }) => type)).toEqual([
        ...Array.from({ length: count }, () => "core"),
        ...Array.from({ length: count }, () => "enrichment"),
      ]);
    }
  },
  LONG,
);

test(
  "three copies of one photo are asked about once and have one description",
  async () => {
    await using library = await small(2);
    for (const copy of ["a.jpg", "b.jpg"])
      await copyFile(join(library.photos, photoName(0)), join(library.photos, copy));
    const { code, stdout } = await describe(library, LINES);
    expect(code).toBe(0);
    expect(cores(parseLines(stdout))).toHaveLength(4);
    expect(patches(parseLines(stdout))).toHaveLength(2);
    expect((await answeredCalls(library)).map(({ calls }) => calls)).toEqual([1, 1]);
    const anew = await describe(library, [...LINES, "--force"]);
    expect(patches(parseLines(anew.stdout))).toHaveLength(2);
    expect((await answeredCalls(library)).map(({ calls }) => calls)).toEqual([2, 2]);
  },
  LONG,
);

test(
  "a second run reads descriptions back, asks nobody and starts no worker",
  async () => {
    await using library = await small(3);
    const first = await describe(library, [...LINES, "--ordered"]);
    const second = await describe(library, [...LINES, "--ordered"]);
    expect(hashes(patches(parseLines(second.stdout)))).toEqual(hashes(patches(parseLines(first.stdout))));
    expect([first.workers, second.workers]).toEqual([1, 0]);
    expect((await answeredCalls(library)).map(({ calls }) => calls)).toEqual([1, 1, 1]);
  },
  LONG,
);

test(
  "records of photos are the same before and after they were described",
  async () => {
    await using library = await small(2);
    const plain = async (): Promise<readonly string[]> =>
      (await describe(library, ["-f", "jsonl", "--ordered"])).stdout.trimEnd().split("\n");
    const before = await plain();
    const tagged = (await describe(library, [...LINES, "--ordered"])).stdout.trimEnd().split("\n");
    expect(tagged.slice(0, 2)).toEqual(before.map((line) => line.replace("{", '{"type":"core",')));
    expect(await plain()).toEqual(before); // no type, no description, no tag of a language model
  },
  LONG,
);

test(
  "what failed is told as an error and asked again by the next run",
  async () => {
    await using library = await small(3);
    const refused = await describe(library, [...LINES, "--llm-model", "refuse"]);
    expect(refused.code).toBe(3);
    const errors = parseLines(refused.stdout).filter(({ type }) => type === "error");
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["llm_rejected"]));
    expect(new Set(errors.map(({ file_path: path }) => path))).toEqual(
      new Set([0, 1, 2].map((number) => join(library.photos, photoName(number)))),
    );
    expect(Object.keys(errors[0] ?? {})).toEqual(["type", "file_path", "code", "message"]);
    const { code, stdout } = await describe(library, LINES);
    expect(code).toBe(0);
    expect(patches(parseLines(stdout))).toHaveLength(3);
  },
  LONG,
);

test(
  "with --compat failures are told to people, and records keep the fields of the original program",
  async () => {
    await using library = await small(2);
    const refused = await describe(library, [...LINES, "--compat", "--llm-model", "refuse"]);
    expect(refused.code).toBe(3);
    expect(parseLines(refused.stdout).map(({ type }) => type)).toEqual(["core", "core"]);
    expect(refused.stderr).toContain("(llm_rejected)");
    const { stdout } = await describe(library, [...LINES, "--compat", "--llm-details"]);
    expect(Object.keys(patches(parseLines(stdout))[0] ?? {})).toEqual([
      "type",
      "content_hash",
      "description",
      "llm_model",
      "llm_latency_ms",
      "llm_tokens",
    ]);
  },
  LONG,
);

test(
  "--skip-existing adds the descriptions that are missing and leaves the rest as it is",
  async () => {
    await using library = await small(4);
    const file = join(library.folder, "o.jsonl");
    const words = ["-o", file, "--llm", "stub"];
    await describe(library, words);
    const whole = await readFile(file, "utf8");
    await describe(library, [...words, "--skip-existing"]);
    expect(await readFile(file, "utf8")).toBe(whole);
    const lines = whole.trimEnd().split("\n");
    const lost = lines.findLastIndex((line) => line.startsWith('{"type":"enrichment"'));
    const shorter = lines.filter((_, position) => position !== lost);
    await writeFile(file, `${shorter.join("\n")}\n`);
    expect((await describe(library, [...words, "--skip-existing"])).code).toBe(0);
    const after = (await readFile(file, "utf8")).trimEnd().split("\n");
    expect(after.slice(0, -1)).toEqual(shorter);
    expect(after.at(-1)).toBe(lines[lost]);
    expect((await answeredCalls(library)).map(({ calls }) => calls)).toEqual([1, 1, 1, 1]);
  },
  LONG,
);

test(
  "a plain file becomes a described one: old records stay as they are",
  async () => {
    await using library = await small(3);
    const file = join(library.folder, "o.json");
    await describe(library, ["-o", file]);
    const before = readArray(file);
    expect((await describe(library, ["-o", file, "--skip-existing", "--llm", "stub"])).code).toBe(0);
    const after = readArray(file);
    expect(after.slice(0, 3)).toEqual(before);
    expect(after.slice(3).map(({ type }) => type)).toEqual(["enrichment", "enrichment", "enrichment"]);
  },
  LONG,
);

test(
  "without a provider the photos are done, the jobs wait, one line says so",
  async () => {
    await using library = await small(3);
    const { code, stdout, stderr, workers } = await describe(library, ["-f", "jsonl", "--llm"]);
    expect([code, workers]).toEqual([0, 0]);
    expect(parseLines(stdout).map(({ type }) => type)).toEqual(["core", "core", "core"]);
    expect(stderr).toBe(
      "photon: no language model is configured; 3 enrichment jobs stay queued. Set llm.provider (photon config init) or " +
        'OPENAI_API_KEY with --llm openai; local: --llm ollama. See "photon llm status".\n',
    );
    const failing = await describe(library, ["-f", "jsonl", "--llm", "--fail-fast"]);
    expect([failing.code, failing.stdout]).toEqual([1, ""]);
    // The jobs that waited are done by the next run that can.
    const later = await describe(library, LINES);
    expect(patches(parseLines(later.stdout))).toHaveLength(3);
  },
  LONG,
);

test(
  "--no-wait leaves the work to others; --no-description asks for nothing",
  async () => {
    await using library = await small(2);
    const left = await describe(library, [...LINES, "--no-wait"]);
    expect([left.code, left.workers, parseLines(left.stdout).length]).toEqual([0, 0, 2]);
    expect(await sql(library, "select state from jobs")).toHaveLength(2);
    const plain = await describe(library, [...LINES, "--no-description"]);
    expect(parseLines(plain.stdout).map(({ type }) => type)).toEqual([undefined, undefined]);
  },
  LONG,
);

test.each(["json", "jsonl"])(
  "Ctrl-C while a provider hangs: %s is valid, the jobs stay",
  async (format) => {
    await using library = await small(3);
    const stop = new AbortController();
    const { stdout } = await describe(library, ["-f", format, "--llm", "stub", "--llm-model", "hang", "--ordered"], {
      signal: stop.signal,
      onStdout: (text) => {
        if ((text.match(/"core"/g) ?? []).length === 3) stop.abort(new DOMException("Stopped.", "AbortError"));
      },
    });
    const records = format === "json" ? (JSON.parse(stdout) as readonly ReadRecord[]) : parseLines(stdout);
    expect(records.map(({ type }) => type)).toEqual(["core", "core", "core"]);
    expect(
      (await sql(library, "select state, attempts_invalid, crashes from jobs")).map((row) => ({ ...row })),
    ).toEqual([0, 1, 2].map(() => ({ state: "available", attempts_invalid: 0, crashes: 0 })));
  },
  LONG,
);

test(
  "an interrupted run goes on where it stopped and pays for nothing twice",
  async () => {
    await using library = await small(24);
    const stop = new AbortController();
    const file = join(library.folder, "o.jsonl");
    const words = ["--llm", "stub", "--llm-model", "slow-20"];
    let described = 0;
    const first = await describe(library, [...words, "-f", "jsonl"], {
      signal: stop.signal,
      onStdout: (text) => {
        described = (text.match(/"type":"enrichment"/g) ?? []).length;
        if (described >= 5) stop.abort(new DOMException("Stopped.", "AbortError"));
      },
    });
    await writeFile(file, first.stdout);
    expect(patches(parseLines(first.stdout)).length).toBeLessThan(24);
    const second = await describe(library, [...words, "-o", file, "--skip-existing"]);
    expect(second.code, second.stderr).toBe(0);
    const records = readLines(file);
    expect(hashes(patches(records))).toEqual(hashes(cores(records)));
    expect(patches(records)).toHaveLength(24);
    expect(new Set((await answeredCalls(library)).map(({ calls }) => calls))).toEqual(new Set([1]));
    expect(await sql(library, "select distinct version from documents")).toEqual([{ version: 1 }]);
  },
  LONG,
);

test(
  "details tell kind, version, title, tags, state and costs, behind everything else",
  async () => {
    await using library = await small(1);
    const { stdout } = await describe(library, [...LINES, "--llm-details"]);
    const [patch] = patches(parseLines(stdout));
    expect(Object.keys(patch ?? {}).slice(9)).toEqual([
      "schema_version",
      "kind",
      "document_type",
      "document_version",
      "title",
      "tags",
      "source_type",
      "state",
      "cached",
      "cost_usd",
    ]);
    expect(patch).toMatchObject({
      kind: "image_tag",
      document_version: 1,
      state: "CONFIRMED",
      cached: false,
      cost_usd: 0,
    });
  },
  LONG,
);

test(
  "other kinds are records with --llm-details only",
  async () => {
    await using library = await small(1);
    const words = [...LINES, "--llm-kinds", "image_tag,photo_story"];
    expect(patches(parseLines((await describe(library, words)).stdout))).toHaveLength(1);
    const detailed = patches(parseLines((await describe(library, [...words, "--llm-details"])).stdout));
    expect(new Set(detailed.map((patch) => ("kind" in patch ? patch.kind : undefined)))).toEqual(
      new Set(["image_tag", "photo_story"]),
    );
    const unknown = await describe(library, [...LINES, "--llm-kinds", "poem"]);
    expect([unknown.code, unknown.stdout]).toEqual([1, ""]);
    expect(unknown.stderr).toContain("poem");
  },
  LONG,
);

test(
  "one file gives an array of two records, or two lines",
  async () => {
    await using library = await small(1);
    const input = join(library.photos, photoName(0));
    const array = await runDescribing(library, [input, ...FAST, "--llm", "stub"]);
    expect((JSON.parse(array.stdout) as readonly ReadRecord[]).map(({ type }) => type)).toEqual(["core", "enrichment"]);
    const lines = await runDescribing(library, [input, ...FAST, ...LINES]);
    expect(parseLines(lines.stdout).map(({ type }) => type)).toEqual(["core", "enrichment"]);
  },
  LONG,
);

test(
  "photos that must stay on this machine are not asked about elsewhere",
  async () => {
    await using library = await createTestLibrary();
    await writePhotos(library.photos, { count: 2, longEdge: 24 });
    await library.configure(
      `${CONFIG}[llm.openai]\napi_key = "sk-test"\nendpoint = "https://127.0.0.1:9/v1"\n[[roots]]\npath = ${JSON.stringify(library.photos)}\nlocal_only = true\n`,
    );
    const { code, stdout, stderr, workers } = await describe(library, ["-f", "jsonl", "--llm", "openai"]);
    expect([code, workers]).toEqual([0, 0]);
    expect(parseLines(stdout).map(({ type }) => type)).toEqual(["core", "core"]);
    expect(await sql(library, "select id from jobs")).toEqual([]);
    expect(stderr).not.toContain("stay queued");
  },
  LONG,
);

test(
  "descriptions need the library",
  async () => {
    await using library = await small(1);
    const { code, stderr } = await describe(library, [...LINES, "--no-store"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--no-store");
  },
  LONG,
);

test(
  "the summary counts descriptions and what they cost",
  async () => {
    await using library = await small(2);
    const { stderr } = await runDescribing(library, [library.photos, "--no-embedding", "--no-thumbnail", ...LINES]);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
      /^2 succeeded, 0 failed, 0 skipped, 2 in total, .* MB\/s; 2 described, 0 failed, \$0\.0000$/,
    );
  },
  LONG,
);
