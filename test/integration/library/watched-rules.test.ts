/** What rules leave out of watched folders, and what happens when rules come and go. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { photoBytes } from "../../support/photos.ts";
import type { WatchedLibrary } from "../../support/watched-library.ts";
import { openWatchedLibrary } from "../../support/watched-library.ts";

const at = ({ library }: WatchedLibrary, name: string): string => join(library.photos, name);

const put = async (watched: WatchedLibrary, name: string, content: Buffer | string): Promise<void> => {
  await mkdir(dirname(at(watched, name)), { recursive: true });
  await writeFile(at(watched, name), content);
};

const filled = async (names: readonly string[], config?: string): Promise<WatchedLibrary> => {
  const watched = await openWatchedLibrary(config);
  for (const [seed, name] of names.entries()) await put(watched, name, await photoBytes(seed + 1));
  await watched.scan();
  await watched.workOff();
  await watched.news();
  return watched;
};

const stagesOf = async ({ library }: WatchedLibrary): Promise<readonly unknown[]> => {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(library.cataloguePath, { readOnly: true });
  return database.prepare("select content_hash, stage, at from photo_stages order by 1, 2").all();
};

test("photos that a new rule leaves out are kept and hidden; without the rule they are back without work", async () => {
  await using watched = await filled(["a.jpg", "private/b.jpg", "private/deep/c.jpg"]);
  const before = await stagesOf(watched);
  await put(watched, ".photonignore", "/private/\n");
  await watched.scan();
  await watched.workOff();
  expect(await watched.files()).toEqual(["a.jpg present", "private/b.jpg excluded", "private/deep/c.jpg excluded"]);
  expect(await watched.shown()).toBe(1);
  expect((await watched.photon.search({}, new AbortController().signal)).total).toBe(1);
  await rm(at(watched, ".photonignore"));
  await watched.scan();
  expect(await watched.files()).toEqual(["a.jpg present", "private/b.jpg present", "private/deep/c.jpg present"]);
  await watched.workOff();
  expect((await watched.photon.search({}, new AbortController().signal)).total).toBe(3);
  expect(await stagesOf(watched)).toEqual(before);
  expect(await watched.news()).toEqual([]);
});

test("a rule that is written, changed or deleted rules all folders below it, when only its own folder is looked at", async () => {
  await using watched = await filled(["trip/a.jpg", "trip/raw/b.jpg", "trip/raw/c.png.jpg"]);
  const states = async (): Promise<readonly string[]> =>
    (await watched.files()).map((line) => line.split(" ")[1] ?? "");
  await put(watched, "trip/.photonignore", "raw/\n");
  await watched.scanFolders("trip");
  expect(await states()).toEqual(["present", "excluded", "excluded"]);
  await put(watched, "trip/.photonignore", "*.png.jpg\n");
  await watched.scanFolders("trip");
  expect(await states()).toEqual(["present", "present", "excluded"]);
  await rm(at(watched, "trip/.photonignore"));
  await watched.scanFolders("trip");
  expect(await states()).toEqual(["present", "present", "present"]);
});

test("the nearest rule wins, and ! takes back what a rule around it left out", async () => {
  await using watched = await openWatchedLibrary();
  await put(watched, ".photonignore", "*.jpg\n!keep-*.jpg\n");
  await put(watched, "in/.photonignore", "!*.jpg\nkeep-not.jpg\n");
  for (const name of ["a.jpg", "keep-a.jpg", "in/b.jpg", "in/keep-not.jpg", "in/deep/c.jpg"])
    await put(watched, name, await photoBytes(1));
  await watched.scan();
  expect(await watched.files()).toEqual([
    "in/b.jpg pending settle",
    "in/deep/c.jpg pending settle",
    "keep-a.jpg pending settle",
  ]);
});

test("every folder that is left out by default is passed by, and what was moved into one is hidden until it is back", async () => {
  // prettier-ignore
  const folders = ["@eaDir", "#recycle", "#snapshot", "$RECYCLE.BIN", "System Volume Information", ".Trash-1000", "lost+found",
    "node_modules", ".git", "__MACOSX", "Catalog Previews.lrdata", ".thumbnails", ".stversions", ".stfolder", ".hidden",
    "Mine.photoslibrary/resources"];
  await using watched = await filled(["a.jpg"]);
  for (const folder of folders) await put(watched, `${folder}/x.jpg`, await photoBytes(9));
  await put(watched, "Mine.photoslibrary/originals/0/y.jpg", await photoBytes(10));
  await watched.scan();
  expect(await watched.files()).toEqual(["Mine.photoslibrary/originals/0/y.jpg pending settle", "a.jpg present"]);
  await watched.workOff();
  await rename(at(watched, "a.jpg"), at(watched, "node_modules/a.jpg"));
  await watched.scan();
  await watched.workOff();
  expect(await watched.files()).toContain("a.jpg missing");
  await rename(at(watched, "node_modules/a.jpg"), at(watched, "a.jpg"));
  await watched.scan();
  await watched.workOff();
  expect(await watched.files()).toContain("a.jpg present");
});

test("names that programs give to files they are still writing are no photos; the last rename is what counts", async () => {
  // prettier-ignore
  const names = ["a.jpg.tmp", "a.jpg.part", "a.jpg.partial", "a.jpg.crdownload", "a.jpg.download", "a.jpg.filepart", "a.jpg.!qb",
    "a.jpg~", ".~a.jpg", ".syncthing.a.jpg.tmp"];
  await using watched = await openWatchedLibrary("[watch]\nhidden = true\n");
  for (const name of names) await put(watched, name, await photoBytes(1));
  await watched.scan();
  expect(await watched.files()).toEqual([]);
  await rename(at(watched, "a.jpg.part"), at(watched, "a.jpg"));
  await watched.scan();
  await watched.workOff();
  expect(await watched.files()).toEqual(["a.jpg present"]);
});

test("hidden names are taken per folder of the library; photon's own data never is", async () => {
  await using watched = await filled(["a.jpg", ".secret/b.jpg", ".c.jpg"]);
  expect(await watched.files()).toEqual(["a.jpg present"]);
  await watched.photon.changeRoot(watched.root.id, { options: { hidden: true } });
  await watched.scan();
  await watched.workOff();
  expect(await watched.files()).toEqual([".c.jpg present", ".secret/b.jpg present", "a.jpg present"]);
  await watched.photon.changeRoot(watched.root.id, { options: { hidden: false } });
  await watched.scan();
  expect(await watched.files()).toEqual([".c.jpg excluded", ".secret/b.jpg excluded", "a.jpg present"]);
});

test("patterns of one folder of the library, and of all of them, leave photos out", async () => {
  await using watched = await filled(["a.jpg", "drafts/b.jpg", "c.jpeg"], '[watch]\nexclude = ["*.jpeg"]\n');
  expect(await watched.files()).toEqual(["a.jpg present", "drafts/b.jpg present"]);
  await watched.photon.changeRoot(watched.root.id, { options: { exclude: ["drafts/"] } });
  await watched.scan();
  expect(await watched.files()).toEqual(["a.jpg present", "drafts/b.jpg excluded"]);
});
