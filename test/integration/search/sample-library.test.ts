/** Search over a generated library: real files, real catalogue, real index, and the sample encoder. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Photon } from "../../../src/app.ts";
import { createPhoton } from "../../../src/app.ts";
import { loadConfig } from "../../../src/config.ts";
import { InvalidInputError } from "../../../src/errors.ts";
import { silentLogger } from "../../../src/logger.ts";
import { generateSampleLibrary } from "../../../src/sample-library/generate.ts";
import type { SampleFile, SampleManifest } from "../../../src/sample-library/manifest.ts";
import { parseQuery } from "../../../src/search/parse-query.ts";
import type { SearchReply, SearchRequest } from "../../../src/search/types.ts";
import { runPhoton } from "../../support/run-program.ts";
import { ensureSampleEncoder } from "../../support/sample-encoder/sample-encoder.ts";
import { SAMPLE_SET, writeSampleVocabulary } from "../../support/sample-encoder/vocabulary.ts";

const { signal } = new AbortController();
const SHRUNK = "Edited/smaller.jpg";

let home: string;
let photos: string;
let manifest: SampleManifest;
let photon: Photon;
let environment: Record<string, string>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "photon-search-"));
  photos = join(home, "photos");
  environment = {
    PHOTON_HOME: home,
    PHOTON_CONFIG: join(home, "config.toml"),
    PHOTON_EMBEDDING_MODEL: "generated-sample",
    PHOTON_TAGGING_VOCABULARY_SETS: SAMPLE_SET,
  };
  await writeFile(join(home, "config.toml"), "");
  await ensureSampleEncoder(join(home, "models"));
  await writeSampleVocabulary(join(home, "vocabulary"));
  manifest = await generateSampleLibrary(photos, { count: 80, size: 400 });
  await writeShrunkCopy();
  const result = await runPhoton(["process", photos, "--output", join(home, "records.jsonl")], { environment });
  expect(result).toMatchObject({ code: 0 });
  const { config } = loadConfig({ environment, workingDirectory: home });
  photon = createPhoton(config, { logger: silentLogger });
}, 120_000);

afterAll(async () => {
  await photon?.[Symbol.asyncDispose]();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

const beachFile = (): SampleFile => {
  const file = manifest.files.find(({ scene, format }) => scene === "beach" && format === "jpeg");
  if (file === undefined) throw new Error("The sample library holds no beach.");
  return file;
};

/** What a messenger makes of a photo: half the size, no metadata. */
const writeShrunkCopy = async (): Promise<void> => {
  await mkdir(join(photos, "Edited"));
  await sharp(join(photos, beachFile().path)).rotate().resize(200).jpeg({ quality: 60 }).toFile(join(photos, SHRUNK));
};

const ask = (query: string, request: SearchRequest = {}): Promise<SearchReply> =>
  photon.search({ ...request, terms: parseQuery([query], { fileAt: () => undefined }) }, signal);

const fileOf = (path: string): SampleFile | undefined =>
  manifest.files.find((file) => path === join(photos, ...file.path.split("/")));
const scenesOf = ({ hits }: SearchReply): readonly (string | undefined)[] =>
  hits.map(({ photo }) => fileOf(photo.places[0]?.path ?? "")?.scene ?? "edited");
/** Paths of all photos that pass, from the manifest. */
const expectedPaths = (passes: (file: SampleFile) => boolean): readonly string[] =>
  manifest.files
    .filter(passes)
    .map((file) => join(photos, ...file.path.split("/")))
    .toSorted();
const pathsOf = ({ hits }: SearchReply): readonly string[] =>
  hits.flatMap(({ photo }) => photo.places.map(({ path }) => path)).toSorted();
const records = async (): Promise<readonly { readonly file_path: string; readonly embedding: readonly number[] }[]> =>
  (await readFile(join(home, "records.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { file_path: string; embedding: number[] }); // written by process

describe("words", () => {
  test("what the sample encoder knows is found by content", async () => {
    const reply = await ask("beach", { mode: "vector", limit: 4 });
    expect(scenesOf(reply).filter((scene) => scene !== "beach" && scene !== "edited")).toEqual([]);
    expect(reply).toMatchObject({
      match: "good",
      mode: "vector",
      model: { modelId: "generated-sample", basic: false },
    });
  });

  test("titles, keywords and folder names are found in a hybrid search", async () => {
    const titled = manifest.files.find(({ title }) => title !== undefined);
    const reply = await ask(titled?.title ?? "");
    expect(reply.match).toBe("good");
    expect(pathsOf(reply)).toContain(join(photos, ...(titled?.path ?? "").split("/")));
    const trip = await ask("Brittany", { limit: 100 });
    expect(trip.hits.every(({ photo }) => photo.places.some(({ path }) => path.includes("Brittany")))).toBe(true);
    expect(trip.hits.length).toBeGreaterThan(3);
  });

  test("true queries find something, absurd ones do not", async () => {
    const known = [...new Set(manifest.files.flatMap(({ keywords = [], title }) => [...keywords, title ?? ""]))].filter(
      (words) => words !== "",
    );
    const absurd = Array.from(
      { length: 100 },
      (_, position) => `${ABSURD[position % ABSURD.length]} ${ABSURD[(position * 7 + 3) % ABSURD.length]}`,
    );
    const matchesOf = async (queries: readonly string[]): Promise<readonly string[]> =>
      Promise.all(queries.map(async (query) => (await ask(query, { limit: 1 })).match));
    const found = (await matchesOf(known)).filter((match) => match !== "none").length;
    const refused = (await matchesOf(absurd)).filter((match) => match === "none").length;
    expect(known.length).toBeGreaterThan(10);
    expect(found / known.length).toBeGreaterThanOrEqual(0.95);
    expect(refused).toBeGreaterThanOrEqual(95);
  });

  test("negatives push down what they name", async () => {
    const place = ({ hits }: SearchReply, scene: string): number =>
      hits.findIndex(({ photo }) => fileOf(photo.places[0]?.path ?? "")?.scene === scene);
    const plain = await ask("sea", { mode: "vector", limit: 100, includeWeak: true });
    const without = await ask("sea -sunset", { mode: "vector", limit: 100, includeWeak: true });
    expect(place(without, "sunset")).toBeGreaterThan(place(plain, "sunset"));
    expect(place(without, "sunset")).toBeGreaterThan(place(without, "harbour"));
  });
});

const ABSURD = (
  "chromodynamics submarine tariff parliament zeppelin stethoscope accordion xylophone dinosaur turbine " +
  "locomotive penguin volcano hieroglyph trombone microscope cathedral submarine helicopter algebra"
).split(" ");

describe("pictures", () => {
  test("a photo finds its smaller copy first", async () => {
    const path = join(photos, ...beachFile().path.split("/"));
    const reply = await photon.search({ terms: [{ source: { kind: "file", path }, weight: 1 }], limit: 5 }, signal);
    expect(pathsOf({ ...reply, hits: reply.hits.slice(0, 2) })).toEqual([join(photos, SHRUNK), path].toSorted());
    expect(reply.hits[0]).toMatchObject({ match: "good" });
  });

  test("the vector of a record finds its photo", async () => {
    const [record] = await records();
    const reply = await photon.search(
      { terms: [{ source: { kind: "vector", vector: record?.embedding ?? [] }, weight: 1 }], limit: 3, explain: true },
      signal,
    );
    expect(pathsOf(reply)).toContain(record?.file_path);
    expect(reply.hits[0]?.signals?.vector?.cosine).toBeGreaterThan(0.999);
  });

  test("a vector of another length names model and dimension", async () => {
    const search = photon.search({ terms: [{ source: { kind: "vector", vector: [1, 2] }, weight: 1 }] }, signal);
    await expect(search).rejects.toThrow(InvalidInputError);
    await expect(search).rejects.toThrow(/192 numbers for model generated-sample, received 2/);
  });
});

describe("filters agree with the manifest", () => {
  test("dates take whole months and count what has none", async () => {
    const reply = await photon.search({ filters: { from: "2019-08", to: "2020-01" }, limit: 1000 }, signal);
    const isIn = ({ capturedAt = "" }: SampleFile): boolean => capturedAt >= "2019-08" && capturedAt < "2020-02";
    expect(pathsOf(reply)).toEqual(expect.arrayContaining([...expectedPaths(isIn)]));
    expect(reply.hits.every(({ photo }) => (photo.capturedAt?.local ?? "") < "2020-02")).toBe(true);
    expect(reply.undatedExcluded).toBeGreaterThan(0);
    const times = reply.hits.map(({ photo }) => photo.capturedAt?.local ?? "");
    expect(times).toEqual(times.toSorted((left, right) => (left < right ? 1 : -1)));
  });

  test("camera, place, rating and folder", async () => {
    const listed = async (filters: SearchRequest["filters"]): Promise<SearchReply> =>
      photon.search({ filters, limit: 1000 }, signal);
    const hasNikon = ({ camera }: SampleFile): boolean => camera?.make.includes("NIKON") ?? false;
    expect(pathsOf(await listed({ cameras: ["nikon"] }))).toEqual(expectedPaths(hasNikon));
    const lisbon = { latitude: 38.72, longitude: -9.14, kilometres: 60 };
    const inLisbon = ({ gps }: SampleFile): boolean => gps?.name === "Lisbon";
    const near = await listed({ near: lisbon });
    expect(expectedPaths(inLisbon).length).toBeGreaterThan(0);
    expect(pathsOf(near)).toEqual(expect.arrayContaining([...expectedPaths(inLisbon)]));
    expect(near.hits.every(({ photo }) => Math.abs((photo.gps?.latitude ?? 0) - 38.72) < 1)).toBe(true);
    expect(pathsOf(await listed({ minRating: 1 }))).toEqual(
      expect.arrayContaining([...expectedPaths(({ rating, damage }) => (rating ?? 0) >= 1 && damage === undefined)]),
    );
    const documents = await listed({ folders: ["documents"] });
    expect(documents.hits.every(({ photo }) => photo.places.some(({ path }) => path.includes("/Documents/")))).toBe(
      true,
    );
    expect(documents.total).toBeGreaterThan(0);
    const [gps, noGps, all] = [await listed({ hasGps: true }), await listed({ hasGps: false }), await listed({})];
    expect(gps.total + noGps.total).toBe(all.total);
  });
});

test("pages of a hybrid search over the real index join without gaps, the same every time", async () => {
  const request: SearchRequest = { includeWeak: true };
  const whole = await ask("sea at sunset -food", { ...request, limit: 1000 });
  expect(await ask("sea at sunset -food", { ...request, limit: 1000 })).toEqual(whole);
  const pages = [await ask("sea at sunset -food", { ...request, limit: 9 })];
  for (let cursor = pages[0]?.nextCursor; cursor !== undefined; cursor = pages.at(-1)?.nextCursor) {
    pages.push(await ask("sea at sunset -food", { ...request, limit: 9, cursor }));
  }
  expect(pages.flatMap(({ hits }) => hits)).toEqual(whole.hits);
  const scores = whole.hits.map(({ score }) => score ?? 0);
  expect(scores).toEqual(scores.toSorted((left, right) => right - left));
});

describe("duplicates", () => {
  const duplicates = async (kind: "exact" | "near" | "burst"): Promise<readonly (readonly string[])[]> =>
    (await photon.duplicates({ kind, limit: 1000 }, signal)).groups.map(({ photos: members }) =>
      members.flatMap(({ places }) => places.map(({ path }) => path)),
    );

  test("exact groups are the copied files, originals first", async () => {
    const copies = manifest.files.filter(({ duplicateOf }) => duplicateOf !== undefined);
    const groups = await duplicates("exact");
    expect(groups.flat().toSorted()).toEqual(
      expectedPaths(({ path }) => copies.some((copy) => copy.path === path || copy.duplicateOf === path)),
    );
    expect(groups.every(([first]) => !first?.includes("Backup"))).toBe(true);
  });

  test("the smaller copy is a near duplicate, the larger one is kept", async () => {
    const group = (await duplicates("near")).find((paths) => paths.includes(join(photos, SHRUNK)));
    expect(group?.[0]).toBe(join(photos, ...beachFile().path.split("/")));
  });

  test("bursts are those of the manifest", async () => {
    const bursts = new Set(manifest.files.flatMap(({ burst }) => burst ?? []));
    const expected = [...bursts].map((burst) => expectedPaths((file) => file.burst === burst));
    expect((await duplicates("burst")).map((paths) => paths.toSorted())).toEqual(expected);
  });
});

describe("commands", () => {
  const run = (...words: readonly string[]): ReturnType<typeof runPhoton> =>
    runPhoton(words, { environment, cwd: photos });

  test("search prints a line per hit and notes on stderr", async () => {
    const result = await run("search", "beach", "--from", "2019", "--limit", "2", "--explain");
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/^ {2}1 {2}0\.\d\d {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}[0-9a-f]{12} {2}\S+/);
    expect(result.stdout).toMatch(/picture: rank \d+, \d+ %/);
    expect(result.stdout).not.toContain("\u001B");
    expect(result.stderr).toMatch(/1 to 2, \d+ photos searched; more with --page 2\./);
  });

  test("search, similar, show and duplicates print JSON with snake_case names", async () => {
    const found = JSON.parse((await run("search", "sea", "-sunset", "--json", "--limit", "3")).stdout) as {
      hits: { id: string; content_hash: string; paths: string[]; score: number }[];
      next_cursor: string;
      calibration_id: string;
    };
    expect(found.hits).toHaveLength(3);
    expect(found.calibration_id).toContain("generated-sample");
    const next = JSON.parse(
      (await run("search", "sea", "-sunset", "--json", "--limit", "3", "--cursor", found.next_cursor)).stdout,
    ) as typeof found;
    expect(next.hits.map(({ id }) => id)).not.toContain(found.hits[0]?.id);
    const [first] = found.hits;
    const similar = JSON.parse((await run("similar", first?.id ?? "", "--json")).stdout) as typeof found;
    expect(similar.hits.length).toBeGreaterThan(0);
    expect(similar.hits.map(({ id }) => id)).not.toContain(first?.id);
    const shown = JSON.parse((await run("show", first?.paths[0] ?? "", "--json")).stdout) as Record<string, unknown>;
    expect(shown).toMatchObject({ content_hash: first?.content_hash, indexed: true });
    const groups = JSON.parse((await run("duplicates", "--kind", "exact", "--json")).stdout) as {
      groups: { keep: string }[];
    };
    expect(groups.groups.every(({ keep }) => existsSync(keep))).toBe(true);
  });

  test("nothing that matches is an answer, not a failure", async () => {
    const result = await run("search", "xylophone parliament");
    expect(result).toMatchObject({ code: 0, stdout: "" });
    expect(result.stderr).toMatch(/Nothing in this library matches/);
  });

  test.each([
    [["search", "--from", "2024-02-30"], 2, /Expected a local date for from/],
    [["show", "000000000000"], 1, /No photo in this library has the id/],
    [["similar", "nowhere.jpg"], 1, /no file "nowhere.jpg"/],
    [["duplicates", "--cursor", "x"], 2, /--kind beside --cursor/],
  ])("%j ends with code %i and says why", async (words, code, message) => {
    const result = await run(...words);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toMatch(message);
  });
});
