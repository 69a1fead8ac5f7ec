/** Sidecars in every order: what a photo says of itself depends on the files that lie there, not on how they came. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { writeXmp } from "../../../src/sample-library/xmp-writer.ts";
import { photoBytes } from "../../support/photos.ts";
import { encodeRaw } from "../../support/raw-files.ts";
import type { WatchedLibrary } from "../../support/watched-library.ts";
import { openWatchedLibrary } from "../../support/watched-library.ts";

const never = new AbortController().signal;

const at = ({ library }: WatchedLibrary, name: string): string => join(library.photos, name);

const put = async (watched: WatchedLibrary, name: string, content: Buffer | string): Promise<void> => {
  await mkdir(dirname(at(watched, name)), { recursive: true });
  await writeFile(at(watched, name), content);
};

const putPhoto = async (watched: WatchedLibrary, name: string, seed = 1): Promise<void> =>
  put(watched, name, await photoBytes(seed));

const putXmp = (watched: WatchedLibrary, name: string, title: string, rating = 3): Promise<void> =>
  put(watched, name, writeXmp({ title, rating }));

const takeout = (description: string): string =>
  JSON.stringify({ title: "a.jpg", description, photoTakenTime: { timestamp: "1560000000" } });

/** Scans and works until nothing is left to do. */
const settle = async (watched: WatchedLibrary): Promise<void> => {
  await watched.scan();
  await watched.workOff();
  await watched.scan();
  await watched.workOff();
};

const titleOf = async ({ photon, ...watched }: WatchedLibrary, name: string): Promise<string | undefined> =>
  (await photon.show(at({ photon, ...watched }, name), never)).title;

/** When each stage of each photo was done last: an embedding that is made again shows. */
const embeddedAt = async ({ library }: WatchedLibrary): Promise<readonly unknown[]> => {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(library.cataloguePath, { readOnly: true });
  return database.prepare("select content_hash, at from photo_stages where stage = 'embed' order by 1").all();
};

const waiting = async (watched: WatchedLibrary): Promise<readonly string[]> =>
  (await watched.files()).filter((file) => file.endsWith("process"));

test.each([
  ["before the photo", ["a.xmp", "a.jpg"]],
  ["after the photo", ["a.jpg", "a.xmp"]],
  ["after the photo, with its whole name", ["a.jpg", "a.jpg.xmp"]],
])("a sidecar that comes %s gives it its values", async (_title, names) => {
  await using watched = await openWatchedLibrary();
  for (const name of names) {
    if (name.endsWith(".jpg")) await putPhoto(watched, name);
    else await putXmp(watched, name, "The pier");
    await settle(watched);
  }
  expect(await titleOf(watched, "a.jpg")).toBe("The pier");
});

test("a sidecar that is edited, and one that is deleted, cost a look at the metadata and no embedding", async () => {
  await using watched = await openWatchedLibrary();
  await putPhoto(watched, "a.jpg");
  await putPhoto(watched, "b.jpg", 2);
  await putXmp(watched, "a.xmp", "First");
  await settle(watched);
  const before = await embeddedAt(watched);
  await putXmp(watched, "a.xmp", "Second, and longer");
  await watched.scan();
  expect(await waiting(watched)).toEqual(["a.jpg present process"]);
  await watched.workOff();
  expect(await titleOf(watched, "a.jpg")).toBe("Second, and longer");
  await rm(at(watched, "a.xmp"));
  await settle(watched);
  expect(await titleOf(watched, "a.jpg")).toBeUndefined();
  expect(await embeddedAt(watched)).toEqual(before);
  await watched.scan();
  expect(await waiting(watched)).toEqual([]);
});

test("a folder that moves takes photos and sidecars along, and nothing is read again", async () => {
  await using watched = await openWatchedLibrary();
  for (const seed of [1, 2, 3]) {
    await putPhoto(watched, `trip/${seed}.jpg`, seed);
    await putXmp(watched, `trip/${seed}.xmp`, `Title ${seed}`);
  }
  await settle(watched);
  await rename(at(watched, "trip"), at(watched, "journey"));
  await settle(watched);
  expect(await titleOf(watched, "journey/2.jpg")).toBe("Title 2");
  await rename(at(watched, "journey/2.jpg"), at(watched, "2.jpg"));
  await settle(watched);
  expect(await titleOf(watched, "2.jpg")).toBeUndefined();
  await rename(at(watched, "journey/2.xmp"), at(watched, "2.xmp"));
  await settle(watched);
  expect(await titleOf(watched, "2.jpg")).toBe("Title 2");
});

test("a sidecar without a photo waits, also for one that comes by a rename", async () => {
  await using watched = await openWatchedLibrary();
  await putXmp(watched, "late.xmp", "Waited");
  await putPhoto(watched, "early.jpg");
  await settle(watched);
  expect(await titleOf(watched, "early.jpg")).toBeUndefined();
  await rename(at(watched, "early.jpg"), at(watched, "late.jpg"));
  await settle(watched);
  expect(await titleOf(watched, "late.jpg")).toBe("Waited");
});

test("one XMP beside a RAW file and its picture gives both its values; they are one photo to readers", async () => {
  await using watched = await openWatchedLibrary();
  await put(watched, "a.dng", encodeRaw("dng", { jpeg: await photoBytes(5, 320), width: 320, height: 240 }));
  await putPhoto(watched, "a.jpg");
  await putXmp(watched, "a.xmp", "Both");
  await settle(watched);
  expect([await titleOf(watched, "a.dng"), await titleOf(watched, "a.jpg")]).toEqual(["Both", "Both"]);
  await putXmp(watched, "a.dng.xmp", "The RAW file alone");
  await settle(watched);
  expect([await titleOf(watched, "a.dng"), await titleOf(watched, "a.jpg")]).toEqual(["The RAW file alone", "Both"]);
  const reply = await watched.photon.search({}, never);
  expect(reply.total).toBe(1);
  expect(reply.hits.map(({ photo }) => photo.format)).toEqual(["jpeg"]);
  const raws = await watched.photon.search({ filters: { formats: ["raw"] } }, never);
  expect(raws.hits.map(({ id }) => id)).toEqual(reply.hits.map(({ id }) => id));
});

test("Takeout's JSON is read, XMP beats it, and what is left over when one goes is right", async () => {
  await using watched = await openWatchedLibrary();
  await put(watched, "a.jpg.supplemental-metadata.json", takeout("From Google"));
  await putPhoto(watched, "a.jpg");
  await settle(watched);
  const show = () => watched.photon.show(at(watched, "a.jpg"), never);
  expect((await show()).caption).toBe("From Google");
  await put(watched, "a.xmp", writeXmp({ caption: "Mine" }));
  await settle(watched);
  expect((await show()).caption).toBe("Mine");
  await rm(at(watched, "a.xmp"));
  await settle(watched);
  expect((await show()).caption).toBe("From Google");
});

test.each([
  ["the clip first", ["a.MOV", "a.jpg"]],
  ["the photo first", ["a.jpg", "a.MOV"]],
])("a live photo is one photo with a clip beside it, %s", async (_title, names) => {
  await using watched = await openWatchedLibrary();
  for (const name of [...names, "a.AAE"]) {
    if (name === "a.jpg") await putPhoto(watched, name);
    else await put(watched, name, "not read");
    await settle(watched);
  }
  expect(await watched.files()).toEqual(["a.jpg present"]);
  const { sidecars } = await watched.photon.show(at(watched, "a.jpg"), never);
  expect(sidecars.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    `aae ${at(watched, "a.AAE")}`,
    `clip ${at(watched, "a.MOV")}`,
  ]);
});

test("copies share their photo's sidecar, wherever it lies", async () => {
  await using watched = await openWatchedLibrary();
  await putPhoto(watched, "one/a.jpg");
  await put(watched, "two/a.jpg", await readFile(at(watched, "one/a.jpg")));
  await putXmp(watched, "two/a.xmp", "Beside the copy");
  await settle(watched);
  expect(await titleOf(watched, "one/a.jpg")).toBe("Beside the copy");
  await rm(at(watched, "two"), { recursive: true });
  await settle(watched);
  expect(await titleOf(watched, "one/a.jpg")).toBeUndefined();
});

test("a scan without changes writes nothing and queues nothing", async () => {
  await using watched = await openWatchedLibrary();
  await putPhoto(watched, "a.jpg");
  await putXmp(watched, "a.xmp", "Same");
  await put(watched, "a.jpg.json", takeout("Same too"));
  await settle(watched);
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(watched.library.cataloguePath, { readOnly: true });
  const marks = () => database.prepare("select count(*) as marks from to_reread").get();
  expect(marks()).toEqual({ marks: 0 });
  await watched.scan();
  expect(marks()).toEqual({ marks: 0 });
  expect(await waiting(watched)).toEqual([]);
});
