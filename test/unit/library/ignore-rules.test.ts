import { expect, test } from "vitest";
import { createIgnoreRules, type FolderRules } from "../../../src/library/ignore-rules.ts";

const defaults = { exclude: [], hidden: false };
const rules = createIgnoreRules(defaults, "photos");
const withPatterns = (own: string): FolderRules => createIgnoreRules(defaults, "photos", own);

test.each([
  "@eaDir",
  "#recycle",
  "#snapshot",
  "$RECYCLE.BIN",
  "System Volume Information",
  ".Trash-1000",
  ".Trashes",
  "lost+found",
  "node_modules",
  ".git",
  "__MACOSX",
  "Catalog Previews.lrdata",
  ".thumbnails",
  ".stversions",
  ".stfolder",
  ".hidden",
])("the folder %s is left out", (name) => {
  expect(rules.isIgnored(name, "folder")).toBe(true);
});

test.each([
  "a.tmp",
  "a.jpg.part",
  "a.partial",
  "a.CRDOWNLOAD",
  "a.download",
  "a.filepart",
  "a.!qB",
  "a.jpg~",
  ".~a.jpg",
  ".syncthing.a.jpg.tmp",
  ".a.jpg",
])("the file %s is left out", (name) => {
  expect(rules.isIgnored(name, "file")).toBe(true);
});

test.each(["trip", "node_modules.old", "eaDir", "a.jpg", "tmp.jpg", "~a.jpg", "a.syncthing.jpg"])(
  "%s is taken",
  (name) => {
    expect(rules.isIgnored(name, "folder") || rules.isIgnored(name, "file")).toBe(false);
  },
);

test("hidden names are taken on demand; folders of waste stay out", () => {
  const hidden = createIgnoreRules({ exclude: [], hidden: true }, "photos");
  expect(hidden.isIgnored(".private", "folder")).toBe(false);
  expect(hidden.isIgnored(".a.jpg", "file")).toBe(false);
  expect(hidden.isIgnored(".git", "folder")).toBe(true);
  expect(hidden.isIgnored(".Trash-1000", "folder")).toBe(true);
});

test("in a Photos library only the originals are taken", () => {
  const library = rules.enter("Mine.photoslibrary");
  expect(library.isIgnored("resources", "folder")).toBe(true);
  expect(library.isIgnored("originals", "folder")).toBe(false);
  expect(library.isIgnored("preview.jpg", "file")).toBe(true);
  expect(library.enter("originals").isIgnored("a.jpg", "file")).toBe(false);
});

test("patterns reach into folders below; a slash ties them to their place", () => {
  const top = withPatterns("*.png\n/drafts/\nraw/*.jpg\n# a comment\n");
  expect(top.isIgnored("a.png", "file")).toBe(true);
  expect(top.isIgnored("drafts", "folder")).toBe(true);
  expect(top.isIgnored("drafts", "file")).toBe(false);
  const inside = top.enter("trip");
  expect(inside.isIgnored("b.png", "file")).toBe(true);
  expect(inside.isIgnored("drafts", "folder")).toBe(false);
  expect(top.enter("raw").isIgnored("a.jpg", "file")).toBe(true);
  expect(inside.enter("raw").isIgnored("a.jpg", "file")).toBe(false);
});

test("the nearest rule decides", () => {
  const inside = withPatterns("*.png\n").enter("trip", "!keep.png\n*.jpg\n");
  expect(inside.isIgnored("keep.png", "file")).toBe(false);
  expect(inside.isIgnored("other.png", "file")).toBe(true);
  expect(inside.isIgnored("a.jpg", "file")).toBe(true);
});

test("a negation brings back names that are left out by default", () => {
  const own = withPatterns("!.private/\n!node_modules/\n");
  expect(own.isIgnored(".private", "folder")).toBe(false);
  expect(own.enter(".private").isIgnored("a.jpg", "file")).toBe(false);
  expect(own.isIgnored("node_modules", "folder")).toBe(false);
});

test("files of a folder that a nearer rule brought back are taken", () => {
  const trip = withPatterns("old/\n").enter("trip", "!old/\n");
  expect(trip.isIgnored("old", "folder")).toBe(false);
  expect(trip.enter("old").isIgnored("a.jpg", "file")).toBe(false);
});

test("patterns of the configuration hold everywhere and are weaker than .photonignore", () => {
  const configured = createIgnoreRules({ exclude: ["*.gif", "cache/"], hidden: false }, "photos", "!good.gif\n");
  expect(configured.isIgnored("a.gif", "file")).toBe(true);
  expect(configured.isIgnored("good.gif", "file")).toBe(false);
  expect(configured.enter("deep").isIgnored("cache", "folder")).toBe(true);
});

test("case does not matter", () => {
  expect(withPatterns("*.png").isIgnored("A.PNG", "file")).toBe(true);
});

test("a hundred thousand questions to one rule set do not pile up in memory", () => {
  const top = withPatterns("*.png");
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let number = 0; number < 100_000; number += 1) top.isIgnored(`IMG_${number}_some_longer_name.jpg`, "file");
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000);
  expect(top.isIgnored("a.png", "file")).toBe(true);
});
