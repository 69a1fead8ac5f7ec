import { expect, test } from "vitest";
import { InvalidInputError } from "../../../src/errors.ts";
import { filterToSql, sqlString } from "../../../src/vectors/filter.ts";

test("a filter without conditions has no predicate", () => {
  expect(filterToSql(undefined)).toBeUndefined();
  expect(filterToSql({})).toBeUndefined();
  expect(filterToSql({ tags: [], withoutTags: [] })).toBeUndefined();
});

test("quotes are doubled and backslashes stay", () => {
  expect(sqlString("a'b")).toBe("'a''b'");
  expect(sqlString("C:\\Photos")).toBe("'C:\\Photos'");
  expect(filterToSql({ folders: ["x'] OR true --"] })).toBe("array_has_any(folders, ['x''] OR true --'])");
});

test.each([{ folders: [] }, { cameras: [] }, { formats: [] }, { contentHashes: [] }, { tags: [[]] }])(
  "an empty list of alternatives lets nothing pass: %j",
  (filter) => {
    expect(filterToSql(filter)).toBe("false");
  },
);

test("fractions of a millisecond keep integer columns integer", () => {
  expect(filterToSql({ capturedFrom: 1.5, capturedBefore: 2.5 })).toBe("captured_key >= 2 AND captured_key < 3");
});

test.each([
  { capturedFrom: Number.NaN },
  { capturedBefore: Number.POSITIVE_INFINITY },
  { minRating: Number.NaN },
  { near: { latitude: 91, longitude: 0, kilometres: 1 } },
  { near: { latitude: 0, longitude: 181, kilometres: 1 } },
  { near: { latitude: Number.NaN, longitude: 0, kilometres: 1 } },
  { near: { latitude: 0, longitude: 0, kilometres: -1 } },
  { near: { latitude: 0, longitude: 0, kilometres: Number.NaN } },
])("numbers that mean nothing are refused: %j", (filter) => {
  expect(() => filterToSql(filter)).toThrow(InvalidInputError);
});

test("a circle over the antimeridian is boxed by two ranges of longitude", () => {
  const predicate = filterToSql({ near: { latitude: 0, longitude: 179.9, kilometres: 100 } });
  expect(predicate?.match(/longitude BETWEEN/g)).toHaveLength(2);
});

test("a circle around a pole is not limited in longitude", () => {
  expect(filterToSql({ near: { latitude: 89.9, longitude: 0, kilometres: 100 } })).not.toContain("longitude BETWEEN");
});
