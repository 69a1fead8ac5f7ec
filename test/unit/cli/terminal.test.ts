import { expect, test } from "vitest";
import { formatBytes, formatJson, formatPlural, formatTable } from "../../../src/cli/terminal.ts";

test("columns are as wide as their widest cell, styles not counted", () => {
  const rows = [
    ["a", "\u001B[31mlong\u001B[39m", "x"],
    ["bbb", "s", ""],
  ];
  expect(formatTable(rows)).toBe("a    \u001B[31mlong\u001B[39m  x\nbbb  s\n");
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 KB"],
  [1_550_000, "1.6 MB"],
  [123_400_000, "123 MB"],
  [5e15, "5000 TB"],
])("%i bytes are shown as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("names become snake_case in JSON, at every depth, values stay", () => {
  expect(
    JSON.parse(formatJson([{ dataDirectory: "camelCase", filesByState: { present: 1 }, unset: undefined }])),
  ).toEqual([{ data_directory: "camelCase", files_by_state: { present: 1 } }]);
});

test("one is singular", () => {
  expect([formatPlural(1, "photo"), formatPlural(0, "photo"), formatPlural(1200, "photo")]).toEqual([
    "1 photo",
    "0 photos",
    "1,200 photos",
  ]);
});
