import { expect, test } from "vitest";
import type { SidecarKind } from "../../../src/photo/sidecar-names.ts";
import { sidecarKindOf, sidecarNames } from "../../../src/photo/sidecar-names.ts";

const belongs = (photo: string, sidecar: string, kind: SidecarKind): boolean =>
  sidecarKindOf(sidecar) === kind && sidecarNames(photo, kind).includes(sidecar);

const LONG = "a-name-that-is-so-long-that-google-cuts-it-off-somewhere.jpg";

test.each([
  ["IMG_1.jpg", "IMG_1.xmp"],
  ["IMG_1.jpg", "IMG_1.jpg.XMP"],
  ["IMG_1.CR2", "IMG_1.xmp"],
])("XMP of %s: %s", (photo, sidecar) => {
  expect(belongs(photo, sidecar, "xmp")).toBe(true);
});

test.each([
  ["IMG_1.jpg", "IMG_1.jpg.json"],
  ["IMG_1.jpg", "IMG_1.json"],
  ["IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"],
  ["IMG_1.jpg", "IMG_1.jpg.suppl.json"],
  ["IMG_1.jpg", "IMG_1.jpg..json"],
  ["IMG_1(2).jpg", "IMG_1.jpg(2).json"],
  ["IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"],
  ["IMG_1(2).jpg", "IMG_1(2).jpg.json"],
  ["IMG_1-edited.jpg", "IMG_1.jpg.json"],
  ["IMG_1-edited(1).jpg", "IMG_1-edited.jpg(1).json"],
  [LONG, `${LONG.slice(0, 46)}.json`],
  [LONG, `${LONG.slice(0, 45)}.json`],
])("Takeout of %s: %s", (photo, sidecar) => {
  expect(belongs(photo, sidecar, "takeout")).toBe(true);
});

test.each([
  ["IMG_1.jpg", "IMG_10.jpg.json"],
  ["IMG_1.jpg", "IMG_1(1).json"],
  ["IMG_1(2).jpg", "IMG_1.jpg(3).json"],
  ["IMG_1.jpg", "IMG_1.jpg.other.json"],
  [LONG, `${LONG.slice(0, 30)}.json`],
])("not of %s: %s", (photo, sidecar) => {
  expect(belongs(photo, sidecar, "takeout")).toBe(false);
});

test.each([
  ["IMG_1.HEIC", "IMG_1.AAE", "aae"],
  ["IMG_1.HEIC", "IMG_O1.aae", "aae"],
  ["IMG_1.HEIC", "IMG_1O.aae", "aae"],
  ["IMG_1.HEIC", "IMG_1.MOV", "clip"],
  ["IMG_1.JPG", "IMG_1.mov", "clip"],
  ["PXL_1.MP.jpg", "PXL_1.MP", "clip"],
  ["PXL_1.MP.jpg", "PXL_1.MP.mp4", "clip"],
] as const)("%s and %s", (photo, sidecar, kind) => {
  expect(belongs(photo, sidecar, kind)).toBe(true);
});

test("other files are no sidecars", () => {
  expect(["a.jpg", "xmp", ".xmp", "a.txt", "README"].map(sidecarKindOf)).toEqual(Array.from({ length: 5 }));
});
