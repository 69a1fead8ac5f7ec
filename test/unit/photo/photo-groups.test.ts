import { expect, test } from "vitest";
import {
  formatOfGroup,
  formatsHolding,
  hasStemOf,
  shownInstead,
  stemRangeOf,
} from "../../../src/photo/photo-groups.ts";

const SECOND = "2024-07-15 14:32:00";
const sibling = (contentHash: string, format: string, capturedAt: string | undefined = SECOND) => ({
  contentHash,
  format,
  capturedAt,
});

test("a RAW file stands back behind the picture of the same second", () => {
  expect(shownInstead(SECOND, [sibling("j", "jpeg")])?.contentHash).toBe("j");
  expect(shownInstead(SECOND, [sibling("j", "jpeg", "2024-07-15 14:32:01")])).toBeUndefined();
  expect(shownInstead(SECOND, [{ contentHash: "j", format: "jpeg", capturedAt: undefined }])).toBeUndefined();
});

test("of several pictures the JPEG is shown, whatever the order; other formats never", () => {
  const pictures = [sibling("a", "heic"), sibling("c", "jpeg"), sibling("b", "jpeg")];
  expect(shownInstead(SECOND, pictures)?.contentHash).toBe("b");
  expect(shownInstead(SECOND, pictures.toReversed())?.contentHash).toBe("b");
  expect(shownInstead(SECOND, [sibling("p", "png"), sibling("r", "raw")])).toBeUndefined();
});

test("the range of a stem holds names that differ in the extension alone", () => {
  const range = stemRangeOf(Buffer.from("trip/IMG_1.CR2"));
  if (range === undefined) throw new Error("expected a range");
  const isIn = (path: string): boolean => {
    const bytes = Buffer.from(path);
    return bytes.compare(range.after) > 0 && bytes.compare(range.before) < 0 && hasStemOf(bytes, range);
  };
  expect(["trip/IMG_1.JPG", "trip/IMG_1.heic"].filter(isIn)).toHaveLength(2);
  expect(
    ["trip/IMG_10.JPG", "trip/IMG_1.edit.jpg", "trip/IMG_1", "IMG_1.JPG", "trip/IMG_1.d/a.jpg"].filter(isIn),
  ).toEqual([]);
});

test("names without extension, or that are all extension, have no stem", () => {
  expect(["README", ".jpg", "a.b/README", "a/.hidden"].map((path) => stemRangeOf(Buffer.from(path)))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("a filter for a format also finds the groups that hold it", () => {
  expect(formatsHolding("raw")).toEqual(["raw", "jpeg+raw", "heic+raw"]);
  expect(formatsHolding("jpeg")).toEqual(["jpeg", "jpeg+raw"]);
  expect(formatsHolding("png")).toEqual(["png"]);
  expect(formatOfGroup(["raw", "jpeg", "raw"])).toBe("jpeg+raw");
});
