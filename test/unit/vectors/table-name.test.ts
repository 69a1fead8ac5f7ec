import { expect, test } from "vitest";
import { tableName } from "../../../src/vectors/lancedb.ts";

test("a vector key becomes a name of letters, digits and the few signs LanceDB allows", () => {
  expect(tableName("clip-b32@1a2b3c4d/int8/p1")).toMatch(/^clip-b32_1a2b3c4d_int8_p1-[0-9a-f]{10}\.v2$/);
});

test("keys that differ only in case or in characters that are replaced get different tables", () => {
  const keys = ["m@1/a/p1", "M@1/a/p1", "m@1/a_p1", "m_1/a/p1", "words", "ü/ü", ""];
  const names = keys.map(tableName);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(keys.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9_.-]+$/);
});

test("a library without a model has a table of its own name", () => {
  expect(tableName(undefined)).toBe("words.v2");
  expect(tableName("words")).not.toBe(tableName(undefined));
});

test("a very long key keeps a name that file systems take", () => {
  expect(tableName("x".repeat(500)).length).toBeLessThan(100);
});
