import { describe, expect, test } from "vitest";
import type { DirtyFolder } from "../../../agent/dirty-folders.ts";
import { DirtyFolders } from "../../../agent/dirty-folders.ts";

const ROOT = Buffer.from("/photos");
const at = (path: string): Buffer => Buffer.from(`/photos${path}`);
const shown = (folders: readonly DirtyFolder[]): readonly string[] =>
  folders.map(({ folder, isDeep }) => `${folder.toString()}${isDeep ? "/**" : ""}`);

describe("when a folder is due", () => {
  test("half a second after its last change", () => {
    const dirty = new DirtyFolders(ROOT);
    dirty.mark(at("/a"), 0);
    dirty.mark(at("/a"), 300);
    expect(dirty.nextDue()).toBe(800);
    expect(dirty.takeDue(799)).toEqual([]);
    expect(shown(dirty.takeDue(800))).toEqual(["/photos/a"]);
    expect(dirty.size).toBe(0);
  });

  test("five seconds after its first change when it never comes to rest", () => {
    const dirty = new DirtyFolders(ROOT);
    for (let now = 0; now <= 4900; now += 100) dirty.mark(at("/a"), now);
    expect(dirty.nextDue()).toBe(5000);
  });

  test("folders do not wait for each other", () => {
    const dirty = new DirtyFolders(ROOT);
    dirty.mark(at("/a"), 0);
    dirty.mark(at("/b"), 400);
    expect(shown(dirty.takeDue(500))).toEqual(["/photos/a"]);
    expect(shown(dirty.takeDue(900))).toEqual(["/photos/b"]);
    expect(dirty.nextDue()).toBeUndefined();
  });

  test("the configured time counts", () => {
    const dirty = new DirtyFolders(ROOT, { quietMs: 50, longestMs: 100 });
    dirty.mark(ROOT, 0);
    expect(dirty.nextDue()).toBe(50);
  });
});

test("folders outside of the root do not count", () => {
  const dirty = new DirtyFolders(ROOT);
  dirty.mark(Buffer.from("/photos2/a"), 0);
  dirty.mark(Buffer.from("/"), 0);
  expect(dirty.size).toBe(0);
});

describe("when many folders wait", () => {
  test("those of one parent give way to it, others stay as they are", () => {
    const dirty = new DirtyFolders(ROOT);
    dirty.mark(at("/other/one"), 0);
    for (let number = 0; number < 200; number += 1) dirty.mark(at(`/2024/day${number}`), 100);
    expect(shown(dirty.takeDue(10_000))).toEqual(["/photos/other/one", "/photos/2024/**"]);
  });

  test("what comes later in there is covered, and keeps it waiting", () => {
    const dirty = new DirtyFolders(ROOT);
    for (let number = 0; number < 201; number += 1) dirty.mark(at(`/2024/day${number}`), 0);
    dirty.mark(at("/2024/day7/raw"), 300);
    dirty.mark(at("/2024"), 400);
    expect(dirty.size).toBe(1);
    expect(dirty.nextDue()).toBe(900);
  });

  test("scattered ones end in the root", () => {
    const dirty = new DirtyFolders(ROOT);
    for (let number = 0; number < 1000; number += 1) dirty.mark(at(`/a${number}/b`), 0);
    expect(dirty.size).toBeLessThanOrEqual(200);
    expect(shown(dirty.takeDue(500))).toContain("/photos/**");
  });

  test("names that are no text are told apart", () => {
    const dirty = new DirtyFolders(ROOT);
    dirty.mark(Buffer.concat([at("/"), Buffer.from([0xe9])]), 0);
    dirty.mark(Buffer.concat([at("/"), Buffer.from([0xe8])]), 0);
    expect(dirty.size).toBe(2);
  });
});
