/** What a second run does, and what it does not: the real pipeline on a real library, stages counted. */
import { copyFile, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hashBytes } from "../../src/photo/content-hash.ts";
import type { ProcessOutcome } from "../../src/pipeline/outcome.ts";
import { parseRecords, processWords, runPhotonIn } from "../support/cli.ts";
import { LIMITS } from "../support/images.ts";
import { createTestLibrary, filesBelow } from "../support/library.ts";
import type { CountedRun, TestPipeline } from "../support/pipeline.ts";
import { createScriptedModel, createTestPipeline, photosOf, THUMBNAIL } from "../support/pipeline.ts";
import { photoBytes, photoName, sourceOf, writePhotos } from "../support/photos.ts";
import { problemsOf } from "../support/whole-library.ts";

let pipeline: TestPipeline;
beforeEach(async () => {
  pipeline = await createTestPipeline();
});
afterEach(async () => await pipeline[Symbol.asyncDispose]());

const path = (name: string): string => join(pipeline.photos, name);
const statuses = ({ outcomes }: CountedRun): readonly string[] => outcomes.map(({ status }) => status);
const failures = ({ outcomes }: CountedRun): readonly (string | undefined)[] =>
  outcomes.map((outcome) => (outcome.status === "failed" ? outcome.failure.code : undefined));

describe("a second run", () => {
  test("computes nothing and gives equal photos", async () => {
    const names = await writePhotos(pipeline.photos, { count: 5 });
    const first = await pipeline.process(names);
    const second = await pipeline.process(names);
    expect(first.ran).toEqual({
      contentHash: 5,
      metadata: 5,
      decode: 5,
      thumbnail: 5,
      perceptualHash: 5,
      embed: 5,
      tag: 5,
    });
    expect(second.ran).toEqual({});
    expect(photosOf(second.outcomes)).toEqual(photosOf(first.outcomes));
    expect(second.outcomes.every((outcome) => outcome.status === "done" && outcome.reused)).toBe(true);
  });

  test("of copies embeds one content once, in the same run and later; one photo has all the files", async () => {
    const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
    for (const copy of ["b.jpg", "c.jpg"]) await copyFile(path(name), path(copy));
    const first = await pipeline.process([name, "b.jpg", "c.jpg"]);
    expect(first.ran).toMatchObject({ decode: 1, embed: 1, tag: 1 });
    const [photo, ...copies] = photosOf(first.outcomes);
    expect(copies).toEqual([photo, photo]);
    await copyFile(path(name), path("d.jpg"));
    expect((await pipeline.process(["d.jpg"])).ran).toEqual({});
    expect(await pipeline.catalogue.administration.count()).toMatchObject({ photos: 1, filesByState: { present: 4 } });
  });

  test("of a photo that was moved computes nothing", async () => {
    const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
    const first = await pipeline.process([name]);
    await rename(path(name), path("moved.jpg"));
    const second = await pipeline.process(["moved.jpg"]);
    expect(second.ran).toEqual({});
    expect(photosOf(second.outcomes)).toEqual(photosOf(first.outcomes));
  });

  test("with another thumbnail size makes thumbnails and embeds nothing", async () => {
    const names = await writePhotos(pipeline.photos, { count: 3 });
    const first = await pipeline.process(names);
    const second = await pipeline.process(names, { thumbnail: { ...THUMBNAIL, size: 32 } });
    expect(second.ran).toEqual({ decode: 3, thumbnail: 3 });
    for (const [index, photo] of photosOf(second.outcomes).entries()) {
      expect(Math.max(photo.thumbnail?.width ?? 0, photo.thumbnail?.height ?? 0)).toBe(32);
      expect({ ...photo, thumbnail: undefined }).toEqual({ ...photosOf(first.outcomes)[index], thumbnail: undefined });
    }
    expect(photosOf((await pipeline.process(names, { thumbnail: { ...THUMBNAIL, size: 32 } })).outcomes)).toEqual(
      photosOf(second.outcomes),
    );
  });

  test("with another model embeds and tags, makes no thumbnail, and keeps the vectors of the first", async () => {
    const names = await writePhotos(pipeline.photos, { count: 3 });
    await pipeline.process(names);
    const other = createScriptedModel("other");
    const second = await pipeline.process(names, { model: other });
    expect(second.ran).toEqual({ decode: 3, embed: 3, tag: 3 });
    expect(photosOf(second.outcomes)[0]?.embedding?.vectorKey).toBe(other.encoder.vectorKey);
    expect(photosOf(second.outcomes)[0]?.thumbnail?.bytes.byteLength).toBeGreaterThan(0);
    const { administration } = pipeline.catalogue;
    expect(await administration.countVectors(other.encoder.vectorKey)).toBe(3);
    expect(await administration.countVectors(createScriptedModel().encoder.vectorKey)).toBe(3);
  });

  test("with another label bank only tags, without decoding", async () => {
    const names = await writePhotos(pipeline.photos, { count: 2 });
    await pipeline.process(names);
    const model = createScriptedModel();
    const tagger = {
      bankKey: "new",
      calibrationId: "none",
      resultKey: "new",
      tag: async () => [{ name: "new tag", confidence: 0.7 }],
    };
    const second = await pipeline.process(names, { model: { ...model, tagger } });
    expect(second.ran).toMatchObject({ tag: 2 });
    expect(second.ran.embed).toBeUndefined();
    expect(photosOf(second.outcomes).map(({ tags }) => tags)).toEqual([
      [{ name: "new tag", confidence: 0.7 }],
      [{ name: "new tag", confidence: 0.7 }],
    ]);
  });

  test("makes a thumbnail again that was deleted by hand", async () => {
    const names = await writePhotos(pipeline.photos, { count: 2 });
    const first = await pipeline.process(names);
    const hash = photosOf(first.outcomes)[0]?.contentHash ?? "";
    await rm(pipeline.renditions.pathOf(hash, "webp"));
    const second = await pipeline.process(names);
    expect(second.ran).toEqual({ decode: 1, thumbnail: 1 });
    expect(photosOf(second.outcomes)).toEqual(photosOf(first.outcomes));
  });

  test("reads metadata again after a sidecar came, changed or went, and embeds nothing", async () => {
    const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
    const sidecar = path(`${name}.xmp`);
    const xmp = (title: string): string =>
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">${title}</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`;
    const titles: (string | undefined)[] = [];
    const again = async (): Promise<void> => {
      const run = await pipeline.process([name]);
      expect(run.ran).toEqual({ metadata: 1 });
      titles.push(photosOf(run.outcomes)[0]?.metadata.title);
      expect((await pipeline.process([name])).ran).toEqual({});
    };
    await pipeline.process([name]);
    await writeFile(sidecar, xmp("one"));
    await again();
    await writeFile(sidecar, xmp("two"));
    await again();
    await rm(sidecar);
    await again();
    expect(titles).toEqual(["one", "two", undefined]);
  });

  test("with --force runs every stage and stores no second photo", async () => {
    const names = await writePhotos(pipeline.photos, { count: 3 });
    const first = await pipeline.process(names);
    const second = await pipeline.process(names, { force: true });
    expect(second.ran).toEqual(first.ran);
    expect(await pipeline.catalogue.administration.count()).toMatchObject({ photos: 3 });
  });

  test("without the library reads and writes nothing of it", async () => {
    const names = await writePhotos(pipeline.photos, { count: 2 });
    const first = await pipeline.process(names);
    const second = await pipeline.process(names, { store: false, thumbnail: { ...THUMBNAIL, size: 32 } });
    expect(second.ran).toEqual(first.ran);
    expect((await pipeline.process(names)).ran).toEqual({});
  });
});

test("--no-store leaves every byte of an existing library as it is, and its time", async () => {
  await using library = await createTestLibrary();
  await writePhotos(library.photos, { count: 3 });
  const snapshot = async (): Promise<readonly string[]> =>
    Promise.all(
      (await filesBelow(library.home)).map(async (name) => {
        const { size, mtimeNs, ino } = await stat(join(library.home, name), { bigint: true });
        return `${name} ${size} ${mtimeNs} ${ino} ${hashBytes(await readFile(join(library.home, name)))}`;
      }),
    );
  expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
  await writePhotos(library.photos, { count: 2, seed: 500 });
  const before = await snapshot();
  const run = await runPhotonIn(library, processWords(library, "--no-store"));
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(parseRecords(run.stdout).every(({ embedding, tags }) => embedding.length > 0 && Array.isArray(tags))).toBe(
    true,
  );
  expect(await snapshot()).toEqual(before);
});

test("quarantine retry tries bad files again, whatever is remembered of them", async () => {
  await using library = await createTestLibrary();
  await writePhotos(library.photos, { count: 1 });
  await writeFile(join(library.photos, "bad.jpg"), (await photoBytes(9)).subarray(0, 300));
  expect((await runPhotonIn(library, processWords(library))).code).toBe(3);
  const retry = async (): Promise<unknown> => {
    const { code, stdout } = await runPhotonIn(library, ["quarantine", "retry", "--json"]);
    return { code, ...(JSON.parse(stdout) as object) }; // QuarantineRetry
  };
  expect(await retry()).toMatchObject({
    code: 1,
    tried: 1,
    recovered: 0,
    failed: [{ code: "decode_failed", tries: 2 }],
  });
  await writeFile(join(library.photos, "bad.jpg"), await photoBytes(9));
  expect(await retry()).toMatchObject({ code: 0, tried: 1, recovered: 1, failed: [] });
  expect(await problemsOf(library, { photos: 2 })).toEqual([]);
});

describe("a file edited in place", () => {
  test("is another photo; the old content is known no more as present", async () => {
    const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
    const before = photosOf((await pipeline.process([name])).outcomes)[0];
    await writeFile(path(name), await photoBytes(77));
    const run = await pipeline.process([name]);
    expect(run.ran).toMatchObject({ decode: 1, embed: 1 });
    const after = photosOf(run.outcomes)[0];
    expect(after?.contentHash).not.toBe(before?.contentHash);
    expect((await pipeline.catalogue.index.allRevisions()).map(({ contentHash }) => contentHash)).toEqual([
      after?.contentHash,
    ]);
  });

  test("back to what it was is read back from the library", async () => {
    const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
    const original = await photoBytes(1);
    await pipeline.process([name]);
    await writeFile(path(name), await photoBytes(77));
    await pipeline.process([name]);
    await writeFile(path(name), original);
    expect((await pipeline.process([name])).ran).toEqual({});
    expect(await pipeline.catalogue.administration.count()).toMatchObject({ photos: 1, filesByState: { present: 1 } });
  });

  test("with the same size and time is noticed by its change time", async () => {
    const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
    const bytes = await photoBytes(1);
    await utimes(path(name), 1_700_000_000, 1_700_000_000);
    await pipeline.process([name]);
    const changed = Buffer.from(bytes);
    const middle = bytes.length >> 1;
    changed[middle] = (changed[middle] ?? 0) ^ 1;
    await writeFile(path(name), changed);
    await utimes(path(name), 1_700_000_000, 1_700_000_000);
    expect((await pipeline.process([name])).ran).toMatchObject({ contentHash: 1 });
  });

  test("touched without a change computes nothing, and is known as current again", async () => {
    const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
    await pipeline.process([name]);
    await utimes(path(name), 1_700_000_000, 1_700_000_000);
    expect((await pipeline.process([name])).ran).toEqual({});
    const [file] = await pipeline.catalogue.files.find(1, [Buffer.from(name)]);
    expect(file).toMatchObject({ state: "present", stat: { mtimeNs: 1_700_000_000_000_000_000n } });
  });
});

describe("a bad file", () => {
  const TRIED = { name: "bad.jpg", bytes: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1]) };
  beforeEach(async () => {
    await writePhotos(pipeline.photos, { count: 1 });
    await writeFile(path(TRIED.name), TRIED.bytes);
  });

  test("is set aside once and reported each time without being opened again", async () => {
    const first = await pipeline.process([TRIED.name]);
    expect(failures(first)).toEqual(["decode_failed"]);
    const second = await pipeline.process([TRIED.name]);
    expect(second.outcomes).toEqual(first.outcomes);
    expect(second.ran).toEqual({});
    expect(await pipeline.catalogue.administration.quarantined()).toMatchObject([{ code: "decode_failed", tries: 1 }]);
  });

  test("is tried again when it changed, and is a photo like any other when it is whole", async () => {
    await pipeline.process([TRIED.name]);
    await writeFile(path(TRIED.name), await photoBytes(5));
    expect(statuses(await pipeline.process([TRIED.name]))).toEqual(["done"]);
    expect(await pipeline.catalogue.administration.quarantined()).toEqual([]);
  });

  test("is tried again under other limits and with --force", async () => {
    await pipeline.process([TRIED.name]);
    const limits = { ...LIMITS, maxDimension: LIMITS.maxDimension + 1 };
    expect((await pipeline.process([TRIED.name], { limits })).ran.decode).toBe(1);
    expect((await pipeline.process([TRIED.name], { limits })).ran).toEqual({});
    expect((await pipeline.process([TRIED.name], { limits, force: true })).ran.decode).toBe(1);
    expect(await pipeline.catalogue.administration.quarantined()).toMatchObject([{ tries: 3 }]);
  });

  test("that was too large is tried again when the limit rose", async () => {
    const name = photoName(0);
    const small = { ...LIMITS, maxFileBytes: 100 };
    expect(failures(await pipeline.process([name], { limits: small }))).toEqual(["too_large"]);
    expect(statuses(await pipeline.process([name]))).toEqual(["done"]);
  });

  test("that is gone when it is read is missing, not set aside, and comes back with what was known", async () => {
    const name = photoName(0);
    const first = await pipeline.process([name]);
    await rename(path(name), path("elsewhere.bin"));
    expect(failures(await pipeline.process([name]))).toEqual(["not_found"]);
    expect(await pipeline.catalogue.administration.quarantined()).toEqual([]);
    expect(await pipeline.catalogue.administration.count()).toMatchObject({ photos: 0, filesByState: { missing: 1 } });
    await rename(path("elsewhere.bin"), path(name));
    const third = await pipeline.process([name]);
    expect(third.ran).toEqual({});
    expect(photosOf(third.outcomes)).toEqual(photosOf(first.outcomes));
  });
});

describe("a forgotten photo", () => {
  test("stays away when its folder is processed and returns when it is named", async () => {
    const names = await writePhotos(pipeline.photos, { count: 2 });
    const [name = ""] = names;
    const hash = photosOf((await pipeline.process(names)).outcomes)[0]?.contentHash ?? "";
    const { administration } = pipeline.catalogue;
    await administration.forget([hash]);
    await pipeline.renditions.remove(hash);
    for (const force of [false, true]) {
      expect(statuses(await pipeline.process(names, { force }))).toEqual(["unchanged", "done"]);
      expect(await administration.count()).toMatchObject({ photos: 1, forgotten: 1 });
    }
    async function* named() {
      yield await Promise.resolve(sourceOf(pipeline.photos, name, true));
    }
    const outcomes: ProcessOutcome[] = [];
    for await (const outcome of pipeline.run(named())) outcomes.push(outcome);
    expect(outcomes).toMatchObject([{ status: "done", photo: { contentHash: hash } }]);
    expect(await administration.count()).toMatchObject({ photos: 2, forgotten: 0 });
  });

  test("comes back with its folder after the forgetting was undone", async () => {
    const names = await writePhotos(pipeline.photos, { count: 1 });
    const hash = photosOf((await pipeline.process(names)).outcomes)[0]?.contentHash ?? "";
    await pipeline.catalogue.administration.forget([hash]);
    await pipeline.catalogue.administration.undoForget([hash.slice(0, 12)]);
    expect(statuses(await pipeline.process(names))).toEqual(["done"]);
    expect(await pipeline.catalogue.administration.count()).toMatchObject({ photos: 1 });
  });
});
