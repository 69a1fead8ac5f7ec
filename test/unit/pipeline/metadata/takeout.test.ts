import { expect, test } from "vitest";
import { withSidecars } from "../../../../src/pipeline/metadata/read-metadata.ts";
import { readTakeout } from "../../../../src/pipeline/metadata/takeout-fields.ts";
import { writeXmp } from "../../../../src/sample-library/xmp-writer.ts";

const TAKEN = Date.UTC(2019, 5, 8, 12, 30) / 1000;

const takeout = (fields: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      title: "IMG_1.jpg",
      description: "At the pier",
      photoTakenTime: { timestamp: String(TAKEN), formatted: "8 Jun 2019, 12:30:00 UTC" },
      geoData: { latitude: 38.7, longitude: -9.1, altitude: 12, latitudeSpan: 0, longitudeSpan: 0 },
      people: [{ name: "Anna" }, { name: "Anna" }, { name: "Bo\u0000 b" }],
      url: "https://photos.example.org/1",
      ...fields,
    }),
  );

test("description, time, place and people are read; the title is a file name and is not", () => {
  expect(readTakeout(takeout())).toEqual({
    metadata: {
      capturedAt: { local: "2019-06-08T12:30:00", offset: "Z" },
      caption: "At the pier",
      gps: { latitude: 38.7, longitude: -9.1, altitude: 12 },
    },
    people: ["Anna", "Bo"],
  });
});

test("place 0, 0 means none; fields of another form are left out", () => {
  const bytes = takeout({ geoData: { latitude: 0, longitude: 0, altitude: 0 }, description: 7, people: "Anna" });
  expect(readTakeout(bytes)).toEqual({
    metadata: { capturedAt: { local: "2019-06-08T12:30:00", offset: "Z" } },
    people: [],
  });
});

test.each([
  "",
  "no json",
  "[]",
  "{}",
  '{"photoTakenTime":{"timestamp":"soon"}}',
  '{"photoTakenTime":{"timestamp":1e300}}',
])("JSON of somebody else gives nothing: %s", async (text) => {
  expect(readTakeout(Buffer.from(text))).toBeUndefined();
  expect(await withSidecars({ title: "own" }, { takeout: Buffer.from(text) })).toEqual({ title: "own" });
});

test("Takeout beats the file, XMP beats both, people stay", async () => {
  const file = { caption: "camera", title: "file", keywords: ["sea"] };
  expect(await withSidecars(file, { takeout: takeout() })).toMatchObject({
    caption: "At the pier",
    title: "file",
    keywords: ["sea", "Anna", "Bo"],
  });
  const xmp = Buffer.from(writeXmp({ caption: "Mine", keywords: ["boat"] }));
  expect(await withSidecars(file, { takeout: takeout(), xmp })).toMatchObject({
    caption: "Mine",
    keywords: ["boat", "Anna", "Bo"],
  });
});

test("the wall time of the file stays when Takeout names the same instant, and goes when it was set to another", async () => {
  const wall = { local: "2019-06-08T14:30:00" };
  expect((await withSidecars({ capturedAt: wall }, { takeout: takeout() })).capturedAt).toEqual(wall);
  const wrong = { local: "2001-01-01T00:00:00" };
  expect((await withSidecars({ capturedAt: wrong }, { takeout: takeout() })).capturedAt).toEqual({
    local: "2019-06-08T12:30:00",
    offset: "Z",
  });
});
