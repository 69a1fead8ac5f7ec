import { expect, test } from "vitest";
import { FORMATS, formatOfExtension, formatRow, SUPPORTED_EXTENSIONS } from "../../../src/photo/formats.ts";

test("lists every extension of the contract once", () => {
  expect(SUPPORTED_EXTENSIONS.join(" ")).toBe(
    "jpg jpeg png webp gif tif tiff bmp avif heic heif cr2 cr3 nef arw dng raf orf rw2",
  );
});

test("finds the format of an extension in any case, with or without its dot", () => {
  expect(["JPG", ".jpeg", "Heif", ".NEF"].map(formatOfExtension)).toEqual(["jpeg", "jpeg", "heic", "raw"]);
  expect(formatOfExtension("txt")).toBeUndefined();
  expect(formatOfExtension("")).toBeUndefined();
});

test("gives the row of every format", () => {
  for (const row of FORMATS) expect(formatRow(row.format)).toBe(row);
});
