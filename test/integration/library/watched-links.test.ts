/** Links in watched folders, and names that file systems allow. */
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { joinPath } from "../../../src/photo/path-bytes.ts";
import { photoBytes } from "../../support/photos.ts";
import type { WatchedLibrary } from "../../support/watched-library.ts";
import { openWatchedLibrary } from "../../support/watched-library.ts";

const FOLLOW = "[watch]\nfollow_symlinks = true\n";
const at = ({ library }: WatchedLibrary, name: string): string => join(library.photos, name);

const settle = async (watched: WatchedLibrary): Promise<readonly string[]> => {
  await watched.scan();
  await watched.workOff();
  return watched.files();
};

/** `album/` with links to a file and to a folder, and with one that leads out. */
const withLinks = async (config?: string): Promise<WatchedLibrary> => {
  const watched = await openWatchedLibrary(config);
  const outside = join(watched.library.folder, "outside");
  await mkdir(outside);
  await writeFile(join(outside, "secret.jpg"), await photoBytes(9));
  await mkdir(at(watched, "trip"));
  await mkdir(at(watched, "album"));
  await writeFile(at(watched, "trip/a.jpg"), await photoBytes(1));
  await symlink(at(watched, "trip/a.jpg"), at(watched, "album/best.jpg"));
  await symlink(at(watched, "trip"), at(watched, "album/trip"));
  await symlink(outside, at(watched, "album/outside"));
  await symlink(join(outside, "secret.jpg"), at(watched, "album/secret.jpg"));
  await symlink("nowhere.jpg", at(watched, "album/dangling.jpg"));
  return watched;
};

test("links are not followed by default", async () => {
  await using watched = await withLinks();
  expect(await settle(watched)).toEqual(["trip/a.jpg present"]);
});

test("links are followed on demand to what lies in the library, and never out of it: one photo, more places", async () => {
  await using watched = await withLinks(FOLLOW);
  expect(await settle(watched)).toEqual(["album/best.jpg present", "album/trip/a.jpg present", "trip/a.jpg present"]);
  expect(await watched.shown()).toBe(1);
  expect(await watched.scan()).toMatchObject({ found: 0, changed: 0, moved: 0, missed: 0 });
  await watched.scanFolders("album");
  expect(await watched.files()).toHaveLength(3);
  await rm(at(watched, "album/best.jpg"));
  expect(await settle(watched)).toEqual(["album/trip/a.jpg present", "trip/a.jpg present"]);
  await rename(at(watched, "trip/a.jpg"), at(watched, "trip/b.jpg"));
  expect(await settle(watched)).toEqual(["album/trip/b.jpg present", "trip/b.jpg present"]);
});

test("links that go round in circles end", async () => {
  await using watched = await openWatchedLibrary(FOLLOW);
  await mkdir(at(watched, "a/b"), { recursive: true });
  await mkdir(at(watched, "c"));
  await writeFile(at(watched, "a/b/x.jpg"), await photoBytes(1));
  await symlink(at(watched, "a"), at(watched, "a/b/up"));
  await symlink(watched.library.photos, at(watched, "c/root"));
  await symlink(at(watched, "a"), at(watched, "c/one"));
  await symlink(at(watched, "c"), at(watched, "a/two"));
  await symlink("loop", at(watched, "loop"));
  expect(await settle(watched)).toEqual(["a/b/x.jpg present", "c/one/b/x.jpg present"]);
});

test("a folder of the library may itself be a link; the same folder by another way is the same", async () => {
  await using watched = await openWatchedLibrary();
  await mkdir(join(watched.library.folder, "real"));
  await symlink(join(watched.library.folder, "real"), join(watched.library.folder, "link"));
  const { root } = await watched.photon.addRoot(join(watched.library.folder, "link"));
  expect(root.path.toString()).toBe(join(watched.library.folder, "real"));
  expect((await watched.photon.addRoot(join(watched.library.folder, "real"))).isNew).toBe(false);
});

const isWindows = process.platform === "win32";

test.skipIf(isWindows)("odd names are only names, through scan, work, moves and folders", async () => {
  await using watched = await openWatchedLibrary();
  const odd = [
    Buffer.from("emoji 🏖️ été.jpg"),
    Buffer.from("line\nbreak.jpg"),
    Buffer.from("trailing blank .jpg "),
    Buffer.from("con.jpg"),
    Buffer.from("100%41.jpg"),
    Buffer.from("-rf.jpg"),
    Buffer.from("back\\slash.jpg"),
    Buffer.from("quote'\".jpg"),
    Buffer.from(`${"x".repeat(251)}.jpg`),
    Buffer.concat([Buffer.from("latin "), Buffer.from([0xe9, 0xff]), Buffer.from(".jpg")]),
  ];
  const names = odd.filter((name) => name.toString().endsWith(".jpg"));
  const folder = Buffer.concat([Buffer.from(at(watched, "dir ")), Buffer.from([0xfc])]);
  await mkdir(folder);
  for (const [seed, name] of odd.entries()) await writeFile(joinPath(folder, name), await photoBytes(seed + 1));
  await watched.scan();
  await watched.workOff();
  const files = await watched.files();
  expect(files).toHaveLength(names.length);
  expect(files.every((line) => line.endsWith(" present"))).toBe(true);
  expect(await watched.shown()).toBe(names.length);
  expect(await watched.scan()).toMatchObject({ found: 0, changed: 0, moved: 0, missed: 0 });
  await rename(folder, Buffer.from(at(watched, "plain.")));
  expect(await watched.scan()).toMatchObject({ moved: names.length, found: 0, missed: 0 });
  await watched.workOff();
  expect((await watched.files()).every((line) => line.startsWith("plain./") && line.endsWith(" present"))).toBe(true);
});
