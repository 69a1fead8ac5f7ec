import { execFileSync } from "node:child_process";
import { mkdir, readdir, realpath, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { InvalidInputError, NotFoundError } from "../../../src/errors.ts";
import { openInsideRoots, realPathInsideRoots } from "../../../src/library/root-gate.ts";
import { temporaryFolder } from "../../support/photos.ts";

const NFC = "Ágnes.jpg".normalize("NFC");
const NFD = NFC.normalize("NFD");

/** photos/ is a root; outside/ and photos-private/ are not. */
const makeTree = async () => {
  const temporary = await temporaryFolder();
  const folder = await realpath(temporary.path);
  const at = (...names: readonly string[]): string => join(folder, ...names);
  for (const name of ["photos/trip", "photos-private", "outside/album", "other"])
    await mkdir(at(name), { recursive: true });
  for (const name of [
    "photos/a.jpg",
    "photos/trip/b.jpg",
    "photos/..weird.jpg",
    "photos/...",
    "photos-private/secret.jpg",
    "outside/album/c.jpg",
    "outside/d.jpg",
  ]) {
    await writeFile(at(name), name);
  }
  await writeFile(at("photos", NFC), "composed");
  await symlink(at("outside/d.jpg"), at("photos/link-out.jpg"));
  await symlink(at("outside/album"), at("photos/folder-out"));
  await symlink(at("photos/link-out.jpg"), at("photos/link-to-link.jpg"));
  await symlink(at("photos/trip/b.jpg"), at("photos/link-in.jpg"));
  await symlink(at("photos"), at("other/way-in"));
  await symlink("loop", at("photos/loop"));
  return { at, roots: [at("photos")], [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() };
};

type Tree = Awaited<ReturnType<typeof makeTree>>;

const readThrough = async (tree: Tree, path: string): Promise<string> => {
  const { file } = await openInsideRoots(path, tree.roots);
  try {
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
};

test.each<[string, (tree: Tree) => string, string]>([
  ["a file", ({ at }) => at("photos/a.jpg"), "photos/a.jpg"],
  ["a file below", ({ at }) => at("photos/trip/b.jpg"), "photos/trip/b.jpg"],
  ["a relative path", () => "trip/b.jpg", "photos/trip/b.jpg"],
  ["a way out and in again", ({ at }) => `${at("photos")}/../photos/a.jpg`, "photos/a.jpg"],
  ["a name that begins with dots", ({ at }) => at("photos/..weird.jpg"), "photos/..weird.jpg"],
  ["a name of dots", ({ at }) => at("photos/..."), "photos/..."],
  ["a link that stays inside", ({ at }) => at("photos/link-in.jpg"), "photos/trip/b.jpg"],
  ["a root reached through a link", ({ at }) => at("other/way-in/a.jpg"), "photos/a.jpg"],
  ["a name in composed characters", ({ at }) => at("photos", NFC), "composed"],
  ["the same name decomposed", ({ at }) => at("photos", NFD), "composed"],
])("%s is opened", async (_what, pathOf, content) => {
  await using tree = await makeTree();
  expect(await readThrough(tree, pathOf(tree))).toBe(content);
});

test("a decomposed name on disk is found by the composed one", async () => {
  await using tree = await makeTree();
  await writeFile(tree.at("photos", NFD.replace("jpg", "png")), "decomposed");
  expect(await readThrough(tree, tree.at("photos", NFC.replace("jpg", "png")))).toBe("decomposed");
});

test.each<[string, (tree: Tree) => string]>([
  ["a file that is not there", ({ at }) => at("photos/missing.jpg")],
  ["a file outside", ({ at }) => at("outside/d.jpg")],
  ["a file of the system", () => "/etc/passwd"],
  ["a link to a file outside", ({ at }) => at("photos/link-out.jpg")],
  ["a link to such a link", ({ at }) => at("photos/link-to-link.jpg")],
  ["a file in a folder that is a link out", ({ at }) => at("photos/folder-out/c.jpg")],
  ["a folder whose name begins like the root", ({ at }) => at("photos-private/secret.jpg")],
  ["a way out by dots", ({ at }) => `${at("photos")}/../outside/d.jpg`],
  ["a relative way out by dots", () => "../outside/d.jpg"],
  ["a relative way to the sibling", () => "../photos-private/secret.jpg"],
  ["a way out through a link", ({ at }) => `${at("photos")}/folder-out/../d.jpg`],
  ["a link that goes round in circles", ({ at }) => at("photos/loop")],
  ["a folder", ({ at }) => at("photos/trip")],
  ["the root itself", ({ at }) => at("photos")],
  ["an address", ({ at }) => `file://${at("photos/a.jpg")}`],
  ["percent signs", ({ at }) => `${at("photos")}/%2e%2e/outside/d.jpg`],
])("%s is refused, in the same words", async (_what, pathOf) => {
  await using tree = await makeTree();
  const refusal = await openInsideRoots(pathOf(tree), tree.roots).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(NotFoundError);
  expect(refusal).toHaveProperty("message", "No such file or folder in the photo folders of this library.");
});

test.each([
  ["nothing", ""],
  ["a NUL", "a.jpg\0.txt"],
  ["a NUL behind a way out", "../outside\0/d.jpg"],
  ["a megabyte", "a".repeat(1_000_000)],
])("%s is no path", async (_what, path) => {
  await using tree = await makeTree();
  await expect(openInsideRoots(path, tree.roots)).rejects.toBeInstanceOf(InvalidInputError);
});

test("a named pipe does not hold the caller up", async () => {
  await using tree = await makeTree();
  execFileSync("mkfifo", [tree.at("photos/pipe.jpg")]);
  await expect(openInsideRoots(tree.at("photos/pipe.jpg"), tree.roots)).rejects.toBeInstanceOf(NotFoundError);
});

test("no root lets nothing through", async () => {
  await using tree = await makeTree();
  await expect(openInsideRoots(tree.at("photos/a.jpg"), [])).rejects.toBeInstanceOf(NotFoundError);
  await expect(openInsideRoots("a.jpg", [])).rejects.toBeInstanceOf(NotFoundError);
});

test("folders are resolved for who lists them, and only inside", async () => {
  await using tree = await makeTree();
  expect(await realPathInsideRoots("trip", tree.roots)).toBe(tree.at("photos/trip"));
  expect(await realPathInsideRoots(tree.at("photos"), tree.roots)).toBe(tree.at("photos"));
  await expect(realPathInsideRoots(tree.at("photos/folder-out"), tree.roots)).rejects.toBeInstanceOf(NotFoundError);
});

test("a file that becomes a link out after it was known is refused", async () => {
  await using tree = await makeTree();
  expect(await readThrough(tree, "a.jpg")).toBe("photos/a.jpg");
  await rename(tree.at("photos/a.jpg"), tree.at("photos/kept.jpg"));
  await symlink(tree.at("outside/d.jpg"), tree.at("photos/a.jpg"));
  await expect(readThrough(tree, "a.jpg")).rejects.toBeInstanceOf(NotFoundError);
  expect(await readdir(tree.at("outside"))).toContain("d.jpg");
});
