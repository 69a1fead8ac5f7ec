import { expect, test } from "vitest";
import type { PhotoSummary } from "../../../src/search/types.ts";
import { fitResult, MAX_RESULT } from "../../../tools/photos/fit-result.ts";
import { outsideName, outsideNames, outsideText } from "../../../tools/photos/outside-text.ts";
import {
  CONCISE_LIMITS,
  displayPath,
  gpsOf,
  photoRow,
  photoRowSchema,
  ROW_LIMITS,
} from "../../../tools/photos/photo-row.ts";

const ID = "0123456789ab";
const photo: PhotoSummary = {
  contentHash: ID.padEnd(64, "0"),
  format: "jpeg",
  width: 400,
  height: 300,
  fileBytes: 1000,
  places: [{ path: "/home/me/Pictures/2024/Beach/1.jpg", rootPath: "/home/me/Pictures", online: true }],
  tags: ["sea"],
  favourite: false,
  enriched: false,
};
const rowOf = (given: Partial<PhotoSummary>, detail: "concise" | "full" = "concise") =>
  photoRowSchema.parse(photoRow({ ...photo, ...given }, ID, detail, CONCISE_LIMITS));

test.each([
  ["controls and what turns lines around", "a\u0000b\u202ec\u200bd\u0007", "abcd"],
  ["line breaks are one kind", "one\r\ntwo\u2028three", "one\ntwo\nthree"],
  ["halves of characters", "a\ud800", "a\ufffd"],
  ["blanks around it", "  a  ", "a"],
])("text from outside: %s", (_what, text, shown) => {
  expect(outsideText(text)).toBe(shown);
});

test("text from outside is capped, never in the middle of a character", () => {
  expect(outsideText("x".repeat(501))).toBe(`${"x".repeat(499)}…`);
  expect(outsideText("x".repeat(9000), 100_000)).toHaveLength(500);
  expect(outsideText("😀".repeat(400)).isWellFormed()).toBe(true);
  expect(outsideText("short")).toBe("short");
});

test("names are on one line, and those of nothing are left out", () => {
  expect(outsideName("a\n b\t\tc")).toBe("a b c");
  expect(outsideNames(["\u200b", "sea"])).toEqual(["sea"]);
});

test("a row tells where a photo is from the root's name on, never the way to the root", () => {
  expect(rowOf({})).toEqual({
    id: ID,
    uri: `photo://${ID}`,
    name: "1.jpg",
    folder: "Pictures/2024/Beach",
    tags: ["sea"],
  });
  const [place] = photo.places;
  expect(place === undefined ? "" : displayPath(place)).toBe("Pictures/2024/Beach/1.jpg");
});

const described = { source: "assistant", title: "T", description: "D", tags: [], confirmed: false } as const;
test.each<readonly [string, Partial<PhotoSummary>, object]>([
  ["a description", { described, caption: "C", title: "F" }, { caption: "D", caption_source: "assistant" }],
  [
    "else its title",
    { described: { source: "llm", title: "T", tags: [], confirmed: true } },
    { caption: "T", caption_source: "llm" },
  ],
  ["else the file's caption", { caption: "C", title: "F" }, { caption: "C", caption_source: "exif" }],
  ["else the file's title", { title: "F" }, { caption: "F", caption_source: "exif" }],
])("a caption is the best there is: %s", (_what, given, expected) => {
  expect(rowOf(given)).toMatchObject(expected);
});

test("a photo whose disk is away says so", () => {
  const places = photo.places.map((place) => ({ ...place, online: false }));
  expect(rowOf({ places })).toMatchObject({ online: false });
  expect(rowOf({})).not.toHaveProperty("online");
});

test("the place is coarse unless everything is asked for", () => {
  const gps = { latitude: 43.712345678, longitude: -7.261234567, altitude: 3 };
  expect(gpsOf(gps, "concise")).toEqual({ latitude: 43.7, longitude: -7.3 });
  expect(gpsOf(gps, "full")).toEqual({ latitude: 43.712346, longitude: -7.261235, altitude: 3 });
  expect(rowOf({ gps })).not.toHaveProperty("gps");
  expect(rowOf({ gps }, "full")).toMatchObject({ gps: { altitude: 3 } });
});

test("fifty of the longest rows fit into a result", () => {
  const long = '"\\'.repeat(1000);
  const worst: PhotoSummary = {
    ...photo,
    places: [{ path: `/r/${long}/${long}.jpg`, rootPath: "/r", online: false }],
    tags: Array.from({ length: 50 }, () => long),
    caption: long,
    camera: long,
    title: long,
  };
  const rows = fitResult(ROW_LIMITS, (limits) => Array.from({ length: 50 }, () => photoRow(worst, ID, "full", limits)));
  expect(JSON.stringify(rows).length).toBeLessThanOrEqual(MAX_RESULT);
});

test("a result is made with the first limits that fit, and with the last when none does", () => {
  const make = (length: number): string => "x".repeat(length);
  expect(fitResult([10, 5], make)).toHaveLength(10);
  expect(fitResult([MAX_RESULT + 1, 100, 5], make)).toHaveLength(100);
  expect(fitResult([MAX_RESULT + 2, MAX_RESULT + 1], make)).toHaveLength(MAX_RESULT + 1);
});
