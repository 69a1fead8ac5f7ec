import { sep } from "node:path";
import { expect, test } from "vitest";
import { isInside, joinPath, nameOf, parentOf, relativeTo } from "../../../src/photo/path-bytes.ts";

const bytes = (path: string): Buffer => Buffer.from(path.replaceAll("/", sep));

test.each([
  ["/a/b", "/a", true],
  ["/a", "/a", true],
  ["/a", "/", true],
  ["/ab", "/a", false],
  ["/", "/a", false],
])("%s lies in %s: %s", (path, folder, expected) => {
  expect(isInside(bytes(path), bytes(folder))).toBe(expected);
});

test("what is below a folder, also below the root of the file system, can be joined again", () => {
  for (const folder of [bytes("/a"), bytes("/")]) {
    const path = joinPath(folder, Buffer.from("b.jpg"));
    expect(relativeTo(folder, path)).toEqual(Buffer.from("b.jpg"));
    expect(parentOf(path)).toEqual(folder);
    expect(nameOf(path)).toBe("b.jpg");
  }
});

test("bytes that are no UTF-8 stay as they are", () => {
  const name = Buffer.from([0xff, 0x62, 0x80]);
  const path = joinPath(bytes("/a"), name);
  expect(relativeTo(bytes("/a"), path)).toEqual(name);
  expect(isInside(path, bytes("/a"))).toBe(true);
});
