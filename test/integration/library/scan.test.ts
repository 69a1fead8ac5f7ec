import { chmod, mkdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DAY, MINUTE } from "../../../src/clock.ts";
import { photoBytes } from "../../support/photos.ts";
import type { WatchedLibrary } from "../../support/watched-library.ts";
import { openWatchedLibrary } from "../../support/watched-library.ts";

const write = async ({ library }: WatchedLibrary, name: string, seed: number): Promise<void> => {
  await mkdir(join(library.photos, name, ".."), { recursive: true });
  await writeFile(join(library.photos, name), await photoBytes(seed));
};

const at = ({ library }: WatchedLibrary, name: string): string => join(library.photos, name);

/** Scanned and worked off, news read. */
const filled = async (names: readonly string[], config?: string): Promise<WatchedLibrary> => {
  const watched = await openWatchedLibrary(config);
  for (const [seed, name] of names.entries()) await write(watched, name, seed + 1);
  await watched.scan();
  await watched.workOff();
  await watched.news();
  return watched;
};

describe("a whole scan", () => {
  test("finds what is new, and finds nothing the second time", async () => {
    await using watched = await openWatchedLibrary();
    await write(watched, "a.jpg", 1);
    await write(watched, "in/deep/b.jpg", 2);
    await writeFile(at(watched, "notes.txt"), "no photo");
    expect(await watched.scan()).toMatchObject({ end: "done", found: 2, files: 2, folders: 3 });
    expect(await watched.files()).toEqual(["a.jpg pending settle", "in/deep/b.jpg pending settle"]);
    await watched.workOff();
    expect(await watched.files()).toEqual(["a.jpg present", "in/deep/b.jpg present"]);
    expect(await watched.news()).toEqual(["photo_added a.jpg", "photo_added in/deep/b.jpg"]);
    expect(await watched.scan()).toMatchObject({ found: 0, changed: 0, moved: 0, missed: 0 });
    expect(await watched.shown()).toBe(2);
  });

  test("a file that is deleted becomes missing, and is what it was when it comes back", async () => {
    await using watched = await filled(["a.jpg", "b.jpg"]);
    const bytes = await readFile(at(watched, "a.jpg"));
    await rm(at(watched, "a.jpg"));
    expect(await watched.scan()).toMatchObject({ missed: 1 });
    expect(await watched.shown()).toBe(2); // it may only have moved
    await watched.workOff();
    expect(await watched.files()).toEqual(["a.jpg missing", "b.jpg present"]);
    expect(await watched.shown()).toBe(1);
    watched.clock.advance(29 * DAY);
    await writeFile(at(watched, "a.jpg"), bytes);
    await watched.scan();
    await watched.workOff();
    expect(await watched.files()).toEqual(["a.jpg present", "b.jpg present"]);
    expect(await watched.news()).toEqual(["photo_missing a.jpg", "photo_restored a.jpg"]);
  });

  test("files that went before they came to rest hold up nobody", async () => {
    await using watched = await openWatchedLibrary();
    for (const [seed, name] of ["a.jpg", "b.jpg"].entries()) await write(watched, name, seed);
    await watched.scan();
    await rm(at(watched, "a.jpg"));
    await rm(at(watched, "b.jpg"));
    await watched.scan();
    await watched.workOff();
    expect(await watched.files()).toEqual([]);
  });

  test("a folder that is renamed is a move of its files: nothing is read, nothing is missing", async () => {
    await using watched = await filled(["trip/a.jpg", "trip/b.jpg", "c.jpg"]);
    await rename(at(watched, "trip"), at(watched, "journey"));
    expect(await watched.scan()).toMatchObject({ moved: 2, found: 0, missed: 0 });
    expect((await watched.files()).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "c.jpg present",
      "journey/a.jpg present",
      "journey/b.jpg present",
    ]);
    await watched.workOff();
    expect(await watched.files()).toEqual(["c.jpg present", "journey/a.jpg present", "journey/b.jpg present"]);
    expect(await watched.news()).toEqual([
      "photo_moved trip/a.jpg -> journey/a.jpg",
      "photo_moved trip/b.jpg -> journey/b.jpg",
    ]);
  });

  test("a file that was copied elsewhere and deleted is a move by content", async () => {
    await using watched = await filled(["a.jpg", "b.jpg"]);
    await mkdir(at(watched, "new"));
    await writeFile(at(watched, "new/a.jpg"), await readFile(at(watched, "a.jpg")));
    await rm(at(watched, "a.jpg"));
    await watched.scan();
    await watched.workOff();
    expect(await watched.files()).toEqual(["b.jpg present", "new/a.jpg present"]);
    expect(await watched.news()).toEqual(["photo_moved a.jpg -> new/a.jpg"]);
  });

  test("a copy is a second place of one photo, and one of two may go without a word", async () => {
    await using watched = await filled(["a.jpg"]);
    await writeFile(at(watched, "copy.jpg"), await readFile(at(watched, "a.jpg")));
    await watched.scan();
    await watched.workOff();
    expect(await watched.files()).toEqual(["a.jpg present", "copy.jpg present"]);
    expect(await watched.shown()).toBe(1);
    await rm(at(watched, "copy.jpg"));
    await watched.scan();
    await watched.workOff();
    expect(await watched.files()).toEqual(["a.jpg present"]);
    expect(await watched.news()).toEqual([]);
  });

  test("two files that swap their names keep their contents", async () => {
    await using watched = await filled(["a.jpg", "b.jpg"]);
    await rename(at(watched, "a.jpg"), at(watched, "x.jpg"));
    await rename(at(watched, "b.jpg"), at(watched, "a.jpg"));
    await rename(at(watched, "x.jpg"), at(watched, "b.jpg"));
    await watched.scan();
    await watched.workOff();
    expect(await watched.files()).toEqual(["a.jpg present", "b.jpg present"]);
    expect(await watched.shown()).toBe(2);
  });

  test("an edited file is worked on again; one that was only touched stays the same photo", async () => {
    await using watched = await filled(["a.jpg", "b.jpg"]);
    await write(watched, "a.jpg", 77);
    await utimes(at(watched, "b.jpg"), new Date(), new Date(2020, 1, 1));
    expect(await watched.scan()).toMatchObject({ changed: 2, found: 0 });
    await watched.workOff();
    expect(await watched.files()).toEqual(["a.jpg present", "b.jpg present"]);
    expect(await watched.news()).toEqual(["photo_edited a.jpg"]);
    expect(await watched.shown()).toBe(2);
  });

  test("names that are no text are kept as they are", async () => {
    await using watched = await openWatchedLibrary();
    const name = Buffer.concat([
      Buffer.from(`${watched.library.photos}/`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(".jpg"),
    ]);
    await writeFile(name, await photoBytes(1));
    await write(watched, "line\nbreak %20.jpg", 2);
    await watched.scan();
    await watched.workOff();
    expect(await watched.files()).toEqual(["line\nbreak %20.jpg present", "\u00ff\u00fe.jpg present"]);
    expect(await watched.scan()).toMatchObject({ found: 0, changed: 0, missed: 0 });
  });

  test.skipIf(process.getuid?.() === 0)("a folder that cannot be read protects what is in it", async () => {
    await using watched = await filled(["in/a.jpg", "b.jpg"]);
    await chmod(at(watched, "in"), 0);
    expect(await watched.scan()).toMatchObject({ missed: 0 });
    await chmod(at(watched, "in"), 0o755);
  });
});

describe("scans of two roots at the same time", () => {
  test("know a file that went from one to the other, whichever ends first", async () => {
    await using watched = await filled(["a.jpg", "deep/b.jpg"]);
    const phone = join(watched.library.folder, "phone");
    await mkdir(phone);
    const { root } = await watched.photon.addRoot(phone);
    await rename(at(watched, "a.jpg"), join(phone, "a.jpg"));
    const { signal } = new AbortController();
    const onFolder = async (folder: Buffer): Promise<void> => {
      if (folder.toString().endsWith("deep")) expect(await watched.scan(root)).toMatchObject({ moved: 1 });
    };
    await watched.photon.scanRoot(watched.root.id, { onFolder, signal });
    await watched.workOff();
    expect((await watched.files()).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "a.jpg present",
      "deep/b.jpg present",
    ]);
    expect(await watched.shown()).toBe(2);
  });
});

describe("a scan of folders", () => {
  test("looks at these alone, and at what is new in them", async () => {
    await using watched = await filled(["a/one.jpg", "b/two.jpg"]);
    await write(watched, "a/new/three.jpg", 3);
    await write(watched, "b/four.jpg", 4);
    expect(await watched.scanFolders("a")).toMatchObject({ found: 1, missed: 0 });
    expect(await watched.scanFolders("")).toMatchObject({ found: 0, missed: 0 });
    expect(await watched.scanFolders("b")).toMatchObject({ found: 1, missed: 0 });
  });

  test("a folder that is gone is looked for around it", async () => {
    await using watched = await filled(["a/deep/one.jpg", "b.jpg"]);
    await rm(at(watched, "a"), { recursive: true });
    expect(await watched.scanFolders("a/deep")).toMatchObject({ end: "done", missed: 1 });
  });

  test("a move between folders is one, whichever is looked at first", async () => {
    await using watched = await filled(["a/one.jpg", "b/two.jpg"]);
    await rename(at(watched, "a/one.jpg"), at(watched, "b/one.jpg"));
    await watched.scanFolders("a");
    expect(await watched.scanFolders("b")).toMatchObject({ moved: 1 });
    await rename(at(watched, "b/one.jpg"), at(watched, "a/one.jpg"));
    expect(await watched.scanFolders("a")).toMatchObject({ moved: 1 });
    await watched.scanFolders("b");
    await watched.workOff();
    expect(await watched.files()).toEqual(["a/one.jpg present", "b/two.jpg present"]);
    expect(await watched.news()).not.toContain("photo_missing b/one.jpg");
  });
});

describe("rules", () => {
  test("what a rule leaves out is kept and hidden, and comes back without work", async () => {
    await using watched = await filled(["a.jpg", "private/b.jpg", "private/c.jpg"]);
    await writeFile(at(watched, ".photonignore"), "private/\n");
    expect(await watched.scan()).toMatchObject({ excluded: 2, missed: 0 });
    expect(await watched.files()).toEqual(["a.jpg present", "private/b.jpg excluded", "private/c.jpg excluded"]);
    expect(await watched.shown()).toBe(1);
    await writeFile(at(watched, ".photonignore"), "*.jpg\n!a.jpg\n!private/b.jpg\n");
    await watched.scan();
    expect(await watched.files()).toEqual(["a.jpg present", "private/b.jpg present", "private/c.jpg excluded"]);
    await rm(at(watched, ".photonignore"));
    expect(await watched.scan()).toMatchObject({ found: 0, changed: 0, returned: 1 });
    expect(await watched.shown()).toBe(3);
  });

  test("a folder in the middle knows the rules above it", async () => {
    await using watched = await filled(["a/b/one.jpg"]);
    await writeFile(at(watched, "a/.photonignore"), "two.jpg\n");
    await write(watched, "a/b/two.jpg", 2);
    await write(watched, "a/b/three.jpg", 3);
    expect(await watched.scanFolders("a/b")).toMatchObject({ found: 1 });
  });
});

describe("a root that is not what it was", () => {
  test("is frozen while it is away, and thaws without any work", async () => {
    await using watched = await filled(["a.jpg", "b.jpg"]);
    await rename(watched.library.photos, `${watched.library.photos}-away`);
    expect(await watched.scan()).toEqual({ end: "frozen", reason: "missing" });
    await mkdir(watched.library.photos); // the empty place where a disk is mounted
    expect(await watched.scan()).toEqual({ end: "frozen", reason: "empty" });
    await watched.workOff();
    expect(await watched.files()).toEqual(["a.jpg present", "b.jpg present"]);
    expect(await watched.shown()).toBe(2);
    expect(await watched.photon.isRootInOrder(watched.root.id)).toBe(false);
    await rm(watched.library.photos, { recursive: true });
    await rename(`${watched.library.photos}-away`, watched.library.photos);
    expect(await watched.photon.isRootInOrder(watched.root.id)).toBe(true);
    expect(await watched.scan()).toMatchObject({ end: "done", found: 0, changed: 0, moved: 0, missed: 0 });
    expect(await watched.news()).toEqual([]);
  });

  test("a sentinel tells another disk from the right one", async () => {
    await using watched = await openWatchedLibrary();
    const folder = join(watched.library.folder, "disk");
    await mkdir(folder);
    await writeFile(join(folder, "a.jpg"), await photoBytes(1));
    const { root } = await watched.photon.addRoot(folder, { sentinel: true });
    expect(await watched.scan(root)).toMatchObject({ end: "done", found: 1 });
    await writeFile(join(folder, ".photon-root"), "another\n");
    expect(await watched.scan(root)).toEqual({ end: "frozen", reason: "wrong-sentinel" });
  });
});

describe("the loss guard", () => {
  const NAMES = Array.from({ length: 60 }, (_, number) => `in/${number}.jpg`);

  test("believes nobody that most photos are gone, asks after ten minutes, and obeys", async () => {
    await using watched = await filled([...NAMES, "a.jpg"]);
    await rm(at(watched, "in"), { recursive: true });
    expect(await watched.scanFolders("")).toMatchObject({ end: "held", missed: 0 });
    expect(await watched.scan()).toMatchObject({ end: "held", missed: 0 });
    expect(await watched.shown()).toBe(61);
    expect((await watched.photon.findRoot(String(watched.root.id))).state).toBe("online");
    watched.clock.advance(11 * MINUTE);
    await watched.scan();
    expect((await watched.photon.findRoot(String(watched.root.id))).state).toBe("held");
    await watched.photon.confirmRoot(watched.library.photos);
    expect(await watched.scan()).toMatchObject({ end: "done", missed: 60 });
    await watched.workOff();
    expect(await watched.shown()).toBe(1);
    expect((await watched.photon.findRoot(String(watched.root.id))).state).toBe("online");
  });

  test("files that are back lift it by themselves", async () => {
    await using watched = await filled([...NAMES, "a.jpg"]);
    await rename(at(watched, "in"), join(watched.library.folder, "elsewhere"));
    await watched.scan();
    watched.clock.advance(11 * MINUTE);
    await watched.scan();
    await rename(join(watched.library.folder, "elsewhere"), at(watched, "in"));
    expect(await watched.scan()).toMatchObject({ end: "done", missed: 0, found: 0 });
    const root = await watched.photon.findRoot(String(watched.root.id));
    expect([root.state, root.lossSeenAt]).toEqual(["online", undefined]);
  });
});
