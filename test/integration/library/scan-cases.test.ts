/** Odd things that happen to files, each seen by whole scans. */
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DAY } from "../../../src/clock.ts";
import { photoBytes } from "../../support/photos.ts";
import type { WatchedLibrary } from "../../support/watched-library.ts";
import { openWatchedLibrary } from "../../support/watched-library.ts";

const at = ({ library }: WatchedLibrary, name: string): string => join(library.photos, name);

/** With photos of these names, scanned and worked off, news read. */
const filled = async (...names: readonly string[]): Promise<WatchedLibrary> => {
  const watched = await openWatchedLibrary();
  for (const [seed, name] of names.entries()) {
    await mkdir(join(at(watched, name), ".."), { recursive: true });
    await writeFile(at(watched, name), await photoBytes(seed + 1));
  }
  await scanned(watched);
  await watched.news();
  return watched;
};

const scanned = async (watched: WatchedLibrary): Promise<void> => {
  await watched.scan();
  await watched.workOff();
};

/** Path and state. */
const states = async (watched: WatchedLibrary): Promise<readonly string[]> =>
  (await watched.files()).map((line) => line.split(" ").slice(0, 2).join(" "));

describe("times of files", () => {
  test.each([
    ["long ago", new Date("1990-01-01")],
    ["in the future", new Date(Date.now() + 400 * DAY)],
  ])("%s say nothing about what is new", async (_when, time) => {
    await using watched = await filled("a.jpg");
    await utimes(at(watched, "a.jpg"), time, time);
    await writeFile(at(watched, "b.jpg"), await photoBytes(5));
    await utimes(at(watched, "b.jpg"), time, time);
    await scanned(watched);
    expect(await watched.files()).toEqual(["a.jpg present", "b.jpg present"]);
    expect(await watched.news()).toEqual(["photo_added b.jpg"]);
  });

  test("and sizes that stay the same do not hide another content", async () => {
    await using watched = await filled("b.jpg");
    const padded = async (seed: number) =>
      Buffer.concat([await photoBytes(seed), Buffer.alloc(20_000)]).subarray(0, 20_000);
    await writeFile(at(watched, "a.jpg"), await padded(7));
    await scanned(watched);
    await watched.news();
    const { atime, mtime } = await stat(at(watched, "a.jpg"));
    await writeFile(at(watched, "a.jpg"), await padded(8));
    await utimes(at(watched, "a.jpg"), atime, mtime);
    await scanned(watched);
    expect(await watched.news()).toEqual(["photo_edited a.jpg"]);
  });
});

describe("files", () => {
  test("without a byte are no photos yet", async () => {
    await using watched = await filled("a.jpg");
    await writeFile(at(watched, "b.jpg"), "");
    await scanned(watched);
    expect(await watched.files()).toEqual(["a.jpg present", "b.jpg pending settle"]);
    await writeFile(at(watched, "b.jpg"), await photoBytes(7));
    await watched.scan();
    await watched.workOff();
    expect(await watched.files()).toEqual(["a.jpg present", "b.jpg present"]);
  });

  test("that are moved and edited are a new photo, and the old one is missing", async () => {
    await using watched = await filled("a.jpg", "b.jpg");
    await rm(at(watched, "a.jpg"));
    await writeFile(at(watched, "c.jpg"), await photoBytes(8));
    await scanned(watched);
    expect(await watched.files()).toEqual(["a.jpg missing", "b.jpg present", "c.jpg present"]);
    expect(await watched.news()).toEqual(["photo_added c.jpg", "photo_missing a.jpg"]);
  });

  test.each([
    ["another case", "photo.jpg", "Photo.JPG"],
    ["the other form of Unicode", "caf\u00e9.jpg", "cafe\u0301.jpg"],
  ])("that get %s are moved, not new", async (_what, before, after) => {
    await using watched = await filled(before, "other.jpg");
    await rename(at(watched, before), at(watched, after));
    expect(await watched.scan()).toMatchObject({ moved: 1, found: 0 });
    await watched.workOff();
    expect((await states(watched)).filter((line) => line.endsWith("present"))).toHaveLength(2);
    expect(await watched.shown()).toBe(2);
  });

  test("that come back after the grace are what they were", async () => {
    await using watched = await filled("a.jpg", "b.jpg");
    const bytes = await readFile(at(watched, "a.jpg"));
    await rm(at(watched, "a.jpg"));
    await scanned(watched);
    watched.clock.advance(40 * DAY);
    await scanned(watched);
    expect(await watched.files()).toEqual(["a.jpg missing", "b.jpg present"]); // a grace that ends removes nothing
    await writeFile(at(watched, "a.jpg"), bytes);
    await scanned(watched);
    expect(await watched.news()).toEqual(["photo_missing a.jpg", "photo_restored a.jpg"]);
  });
});

describe("folders", () => {
  test("that arrive full by a rename are scanned with all that is in them", async () => {
    await using watched = await filled("a.jpg");
    const outside = join(watched.library.folder, "outside");
    await mkdir(join(outside, "deep", "er"), { recursive: true });
    await writeFile(join(outside, "b.jpg"), await photoBytes(5));
    await writeFile(join(outside, "deep", "er", "c.jpg"), await photoBytes(6));
    await rename(outside, at(watched, "inside"));
    await watched.scanFolders("");
    await watched.workOff();
    expect(await watched.files()).toEqual(["a.jpg present", "inside/b.jpg present", "inside/deep/er/c.jpg present"]);
  });

  test("that are deleted and made again at once hold what they hold now", async () => {
    await using watched = await filled("trip/a.jpg", "trip/b.jpg", "c.jpg");
    await rm(at(watched, "trip"), { recursive: true });
    await mkdir(at(watched, "trip"));
    await writeFile(at(watched, "trip/b.jpg"), await photoBytes(2));
    await scanned(watched);
    expect(await watched.files()).toEqual(["c.jpg present", "trip/a.jpg missing", "trip/b.jpg present"]);
    expect(await watched.shown()).toBe(2);
  });
});
