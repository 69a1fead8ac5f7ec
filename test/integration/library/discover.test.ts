import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { discover, type DiscoverOptions, type DiscoverProblem, isProblem } from "../../../src/library/discover.ts";
import type { PhotoSource } from "../../../src/photo/types.ts";

let root: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "photon-discover-")));
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

const defaults: DiscoverOptions = {
  extensions: ["jpg", "png", "heic"],
  addedRoots: [],
  excludedFolders: [],
  exclude: [],
  hidden: false,
  signal: new AbortController().signal,
};

const put = async (...names: readonly string[]): Promise<void> => {
  for (const name of names) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), name);
  }
};

interface Result {
  readonly photos: readonly PhotoSource[];
  readonly problems: readonly DiscoverProblem[];
  /** Display paths below the root. */
  readonly names: readonly string[];
}

const run = async (
  inputs: readonly string[] = [root],
  options: Partial<DiscoverOptions> = {},
  onItem: (item: PhotoSource | DiscoverProblem) => Promise<void> | void = () => undefined,
): Promise<Result> => {
  const photos: PhotoSource[] = [];
  const problems: DiscoverProblem[] = [];
  for await (const item of discover(inputs, { ...defaults, ...options })) {
    if (isProblem(item)) problems.push(item);
    else photos.push(item);
    await onItem(item);
  }
  return { photos, problems, names: photos.map((photo) => photo.displayPath.replace(`${root}/`, "")) };
};

const isWindows = process.platform === "win32";
/** File systems of macOS and Windows refuse names that are not text. */
const takesAnyName = process.platform === "linux";

test("photos of a folder come sorted, folder by folder, by extension without case", async () => {
  await put("b.jpg", "a.JPG", "c.txt", "noextension", "sub/z.Png", "sub/inner/y.heic", "a/x.jpg");
  const { names, problems } = await run();
  expect(names).toEqual(["a/x.jpg", "a.JPG", "b.jpg", "sub/inner/y.heic", "sub/z.Png"]);
  expect(problems).toEqual([]);
});

test("the path shown is what the user typed plus the walked part", async () => {
  await put("trip/a.jpg");
  const typed = `${root}/trip/../trip/`;
  const { photos } = await run([typed]);
  expect(photos.map((photo) => photo.displayPath)).toEqual([`${typed}a.jpg`]);
  expect(photos[0]?.absolutePath.toString()).toBe(join(root, "trip/a.jpg"));
  expect(photos[0]?.rootPath.toString()).toBe(join(root, "trip"));
  expect(photos[0]).not.toHaveProperty("named");
});

test("files given by name are taken whatever they are called, rooted in their folder", async () => {
  await put("notes.txt", ".hidden.jpg", "node_modules/a.jpg");
  const { names, photos } = await run([
    join(root, "notes.txt"),
    join(root, ".hidden.jpg"),
    join(root, "node_modules/a.jpg"),
  ]);
  expect(names).toEqual(["notes.txt", ".hidden.jpg", "node_modules/a.jpg"]);
  expect(photos.map((photo) => photo.named)).toEqual([true, true, true]);
  expect(photos.map((photo) => photo.rootPath.toString())).toEqual([root, root, join(root, "node_modules")]);
});

test("a photo that several inputs lead to is given once", async () => {
  await put("trip/a.jpg", "trip/b.jpg", "trip/notes.txt");
  const given = [
    join(root, "trip/b.jpg"),
    root,
    join(root, "trip"),
    join(root, "trip/a.jpg"),
    join(root, "trip/notes.txt"),
  ];
  const { names } = await run(given);
  expect(names).toEqual(["trip/b.jpg", "trip/a.jpg", "trip/notes.txt"]);
});

test("a file inside an added root belongs to the innermost one", async () => {
  await put("library/2024/a.jpg", "elsewhere/b.jpg");
  const added = [join(root, "library"), join(root, "library/2024"), join(root, "lib")].map((path) => Buffer.from(path));
  const { photos } = await run([root], { addedRoots: added });
  expect(photos.map((photo) => photo.rootPath.toString())).toEqual([root, join(root, "library/2024")]);
});

test("links to folders are followed under their real path; circles end", async () => {
  await put("real/a.jpg", "real/deep/b.jpg");
  await symlink(join(root, "real"), join(root, "real/deep/up"));
  await symlink(root, join(root, "real/top"));
  await symlink(join(root, "loop"), join(root, "loop"));
  const { photos, problems } = await run([join(root, "real")]);
  expect(photos.map((photo) => photo.absolutePath.toString()).sort()).toEqual([
    join(root, "real/a.jpg"),
    join(root, "real/deep/b.jpg"),
  ]);
  expect(problems).toEqual([]); // the link that leads to itself has no photo's name
});

test("a link out of the folder leads to photos with a root of their own", async () => {
  await put("inside/a.jpg", "outside/b.jpg", "single/c.jpg");
  await symlink(join(root, "outside"), join(root, "inside/more"));
  await symlink(join(root, "single/c.jpg"), join(root, "inside/z.jpg"));
  const { photos } = await run([join(root, "inside")]);
  expect(photos.map(({ absolutePath, rootPath }) => [absolutePath.toString(), rootPath.toString()])).toEqual([
    [join(root, "inside/a.jpg"), join(root, "inside")],
    [join(root, "outside/b.jpg"), join(root, "outside")],
    [join(root, "single/c.jpg"), join(root, "single")],
  ]);
});

test("a photo reached by a link and by name is given once, whichever comes first", async () => {
  await put("b/real.jpg");
  await symlink(join(root, "b/real.jpg"), join(root, "b/a-link.jpg"));
  await symlink(join(root, "b/real.jpg"), join(root, "b/z-link.jpg"));
  await mkdir(join(root, "a"));
  await symlink(join(root, "b/real.jpg"), join(root, "a/link.jpg"));
  const { photos } = await run();
  expect(photos.map((photo) => photo.absolutePath.toString())).toEqual([join(root, "b/real.jpg")]);
});

test("a link without a target is a problem when it has a photo's name", async () => {
  await put("a.jpg");
  await symlink(join(root, "gone.jpg"), join(root, "broken.jpg"));
  await symlink(join(root, "gone"), join(root, "stray"));
  const { names, problems } = await run();
  expect(names).toEqual(["a.jpg"]);
  expect(problems.map(({ displayPath, failure }) => [displayPath, failure.code])).toEqual([
    [join(root, "broken.jpg"), "not_found"],
  ]);
});

test("ignore files, defaults and temporary names hold on every level", async () => {
  await put(
    "a.jpg",
    "b.png",
    "trip/b.png",
    "trip/keep.png",
    ".secret/a.jpg",
    "@eaDir/a.jpg",
    "trip/.~a.jpg",
    "cache/a.jpg",
  );
  await writeFile(join(root, ".photonignore"), "*.png\n");
  await writeFile(join(root, "trip/.photonignore"), "!keep.png\n");
  const { names } = await run([root], { exclude: ["cache/"] });
  expect(names).toEqual(["a.jpg", "trip/keep.png"]);
});

test("a link to a folder that is left out by name is left out", async () => {
  await put("real/a.jpg");
  await mkdir(join(root, "walked"));
  await symlink(join(root, "real"), join(root, "walked/node_modules"));
  expect((await run([join(root, "walked")])).names).toEqual([]);
});

test("the folder of the library is never entered", async () => {
  await put("photos/a.jpg", "photos/library/renditions/b.jpg");
  const own = join(root, "photos/library");
  expect((await run([root], { excludedFolders: [Buffer.from(own)] })).names).toEqual(["photos/a.jpg"]);
});

test.runIf(takesAnyName)("names that are not text keep their bytes", async () => {
  const folder = Buffer.concat([Buffer.from(`${root}/fold`), Buffer.from([0xe9])]);
  await mkdir(folder);
  const name = Buffer.concat([folder, Buffer.from("/caf"), Buffer.from([0xe9]), Buffer.from(".jpg")]);
  await writeFile(name, "a");
  await writeFile(Buffer.concat([folder, Buffer.from("/plain.jpg")]), "b");
  await writeFile(Buffer.concat([folder, Buffer.from("/\uFFFD.jpg")]), "c");
  const { photos, names } = await run();
  expect(names).toEqual(["fold\uFFFD/caf\uFFFD.jpg", "fold\uFFFD/plain.jpg", "fold\uFFFD/\uFFFD.jpg"]);
  expect(photos[0]?.absolutePath.equals(name)).toBe(true);
  expect(photos.every(({ absolutePath }) => absolutePath.subarray(0, folder.length).equals(folder))).toBe(true);
});

test("odd names are only names", async () => {
  const names = [
    "-rf.jpg",
    "100%.jpg",
    "a\nb.jpg",
    "con.jpg",
    " .jpg",
    "\u{1F600}.jpg",
    "e\u0301.jpg",
    `${"n".repeat(251)}.jpg`,
  ];
  await put(...(isWindows ? ["100%.jpg", "\u{1F600}.jpg"] : names));
  expect((await run()).names.toSorted()).toEqual((isWindows ? ["100%.jpg", "\u{1F600}.jpg"] : names).toSorted());
});

test.skipIf(isWindows)("a path too long for the system is a problem; the rest is found", async () => {
  await put("a.jpg");
  // Longer than a path may be, built from the inside out: each step wraps what there is into one more folder.
  const part = "d".repeat(250);
  await put("z0/deep.jpg");
  for (let step = 0; step < 17; step += 1) {
    await mkdir(join(root, `z${step + 1}`));
    await rename(join(root, `z${step}`), join(root, `z${step + 1}`, part));
  }
  const { names, problems } = await run();
  for (let step = 16; step >= 0; step -= 1) await rename(join(root, `z${step + 1}`, part), join(root, `z${step}`)); // or it cannot be removed
  expect(names).toContain("a.jpg");
  expect(names.filter((name) => name.endsWith("deep.jpg"))).toEqual([]);
  expect(problems.map(({ failure }) => failure.code)).toEqual(["unreadable"]);
});

test("folders more than 256 deep are reported", async () => {
  const path = Array.from({ length: 258 }, () => "d");
  await mkdir(join(root, ...path), { recursive: true });
  await put(join(...path.slice(0, 256), "a.jpg"), join(...path.slice(0, 257), "b.jpg"));
  const { names, problems } = await run();
  expect(names).toHaveLength(1);
  expect(problems.map(({ failure }) => failure.message)).toEqual([expect.stringContaining("256")]);
});

test("a folder removed during the walk is a problem, the walk goes on", async () => {
  await put("a/1.jpg", "b/2.jpg", "c/3.jpg");
  const { names, problems } = await run(
    [root],
    {},
    async () => await rm(join(root, "b"), { recursive: true, force: true }),
  );
  expect(names).toEqual(["a/1.jpg", "c/3.jpg"]);
  expect(problems.map(({ displayPath, failure }) => [displayPath, failure.code])).toEqual([
    [join(root, "b"), "not_found"],
  ]);
});

test("a folder replaced by a file during the walk is a problem", async () => {
  await put("a/1.jpg", "b/2.jpg");
  const { problems } = await run([root], {}, async () => {
    await rm(join(root, "b"), { recursive: true, force: true });
    await writeFile(join(root, "b"), "");
  });
  expect(problems.map(({ failure }) => failure.code)).toEqual(["unreadable"]);
});

test.skipIf(process.getuid?.() === 0 || isWindows)(
  "a folder without permission is a problem (skipped for root)",
  async () => {
    await put("a/1.jpg", "b/2.jpg");
    const { chmod } = await import("node:fs/promises");
    await chmod(join(root, "a"), 0o000);
    const { names, problems } = await run();
    await chmod(join(root, "a"), 0o755);
    expect(names).toEqual(["b/2.jpg"]);
    expect(problems.map(({ failure }) => failure.code)).toEqual(["unreadable"]);
  },
);

test("inputs that are missing, or no files at all, are problems", async () => {
  const { problems } = await run([join(root, "nope"), ...(isWindows ? [] : ["/dev/null"])]);
  expect(problems.map(({ failure }) => failure.code)).toEqual([
    "not_found",
    ...(isWindows ? [] : ["unsupported_format"]),
  ]);
});

test("aborting ends the walk without an error", async () => {
  await put("a.jpg", "b.jpg", "c.jpg");
  const stop = new AbortController();
  const { names } = await run([root], { signal: stop.signal }, () => stop.abort());
  expect(names).toEqual(["a.jpg"]);
});

test("a folder of 20,000 files among 100 folders is walked in well under a second", async () => {
  for (let folder = 0; folder < 100; folder += 1) await mkdir(join(root, `f${folder}`));
  const names = Array.from({ length: 20_000 }, (_, number) => join(root, `f${number % 100}`, `${number}.jpg`));
  for (let start = 0; start < names.length; start += 500) {
    await Promise.all(names.slice(start, start + 500).map((name) => writeFile(name, "")));
  }
  const startedAt = performance.now();
  const { photos } = await run();
  expect(photos).toHaveLength(20_000);
  expect(performance.now() - startedAt).toBeLessThan(2000); // 0.1 s on an idle machine
});

test.skipIf(isWindows)("a pipe named like an ignore file holds nobody up", async () => {
  await put("a.jpg");
  execFileSync("mkfifo", [join(root, ".photonignore")]);
  expect((await run()).names).toEqual(["a.jpg"]);
});
