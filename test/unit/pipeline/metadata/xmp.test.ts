import { describe, expect, test } from "vitest";
import { mergeMetadata, readSidecar } from "../../../../src/pipeline/metadata/read-metadata.ts";
import { sidecarNames } from "../../../../src/photo/sidecar-names.ts";
import { xmpPacket } from "./fixtures.ts";

const read = (text: string) => readSidecar(Buffer.from(text, "utf8"));

describe("an XMP packet", () => {
  test("gives everything photon keeps, from elements and from attributes", async () => {
    const packet = xmpPacket(
      `<dc:title><rdf:Alt><rdf:li xml:lang="de">Hafen</rdf:li><rdf:li xml:lang="x-default">Harbour</rdf:li></rdf:Alt></dc:title>
       <dc:description><rdf:Alt><rdf:li xml:lang="x-default">Boats &amp; &#x73;ails &lt;here&gt;</rdf:li></rdf:Alt></dc:description>
       <dc:subject><rdf:Bag><rdf:li>boat</rdf:li><rdf:li> Sea </rdf:li><rdf:li>BOAT</rdf:li></rdf:Bag></dc:subject>
       <exif:ISOSpeedRatings><rdf:Seq><rdf:li>160</rdf:li></rdf:Seq></exif:ISOSpeedRatings>
       <exif:DateTimeOriginal>2024-07-15T14:32:00.5+01:00</exif:DateTimeOriginal>
       <tiff:Model>X-T5</tiff:Model>`,
      ` tiff:Make="FUJIFILM" xmp:Rating="4" exif:FNumber="28/10" exif:ExposureTime="1/250" exif:FocalLength="35/1"
        exif:GPSLatitude="38,42.834N" exif:GPSLongitude="9,8,21.84W" exif:GPSAltitude="425/10" aux:Lens="A lens" tiff:Orientation="6"`,
    );
    expect(await read(packet)).toEqual({
      capturedAt: { local: "2024-07-15T14:32:00.5", offset: "+01:00" },
      cameraMake: "FUJIFILM",
      cameraModel: "X-T5",
      lens: "A lens",
      iso: 160,
      aperture: 2.8,
      exposureSeconds: 0.004,
      focalLengthMm: 35,
      gps: { latitude: 38.7139, longitude: -9.1394, altitude: 42.5 },
      orientation: 6,
      rating: 4,
      title: "Harbour",
      caption: "Boats & sails <here>",
      keywords: ["boat", "Sea"],
    });
  });

  test("may use prefixes of its own", async () => {
    const packet = `<m xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:RDF><r:Description xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:dc="urn:other" dc:title="wrong"><d:title>right</d:title></r:Description></r:RDF></m>`;
    expect(await read(packet)).toEqual({ title: "right" });
  });

  test("may come without declarations, as some tools write it", async () => {
    expect(await read(`<rdf:RDF><rdf:Description xmp:Rating="3"/></rdf:RDF>`)).toEqual({ rating: 3 });
  });

  test("says nothing through properties of inner structures", async () => {
    const packet = xmpPacket(
      `<xmp:Thumbnails><rdf:Alt><rdf:li><rdf:Description xmp:Rating="5"><dc:title>inner</dc:title></rdf:Description></rdf:li></rdf:Alt></xmp:Thumbnails>`,
    );
    expect(await read(packet)).toEqual({});
  });

  test("that ends in the middle yields what came before", async () => {
    const packet = xmpPacket(`<dc:subject><rdf:Bag><rdf:li>boat</rdf:li><rdf:li>sea</rdf:li>`, ` xmp:Rating="4"`);
    expect(await read(packet.slice(0, packet.indexOf("sea") + 1))).toEqual({ rating: 4, keywords: ["boat"] });
  });

  test.each(["utf16le", "utf16be"] as const)("may be %s", async (encoding) => {
    const wide = Buffer.from(`\ufeff${xmpPacket("", ` xmp:Rating="2"`)}`, "utf16le");
    expect(await readSidecar(encoding === "utf16le" ? wide : wide.swap16())).toEqual({ rating: 2 });
  });

  test("expands no entities of its own", async () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>${xmpPacket(`<dc:title>&b;</dc:title>`)}`;
    expect(await read(bomb)).toEqual({ title: "&b;" });
  });

  test.each(["-1", "0", "5"])("may rate %s", async (rating) => {
    expect(await read(xmpPacket("", ` xmp:Rating="${rating}"`))).toEqual({ rating: Number(rating) });
  });

  test.each(["6", "-2", "many", "", "NaN", "1e999"])("does not rate %j", async (rating) => {
    expect(await read(xmpPacket("", ` xmp:Rating="${rating}"`))).toEqual({});
  });

  test.each([
    ["deep nesting", "<a>".repeat(300_000)],
    ["an endless tag", `<a ${'x="y" '.repeat(150_000)}`],
    ["a thousand open quotes", `<a b="`.repeat(150_000)],
    ["blanks only", `<a ${" ".repeat(900_000)}`],
    ["half entities", "&#x".repeat(300_000)],
    ["many items", xmpPacket(`<dc:subject><rdf:Bag>${"<rdf:li>x</rdf:li>".repeat(50_000)}</rdf:Bag></dc:subject>`)],
  ])("of 1 MB with %s is read in linear time", async (_name, text) => {
    const before = process.threadCpuUsage();
    await read(text);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(200);
  });
});

describe("a sidecar", () => {
  const file = {
    capturedAt: { local: "2024-07-15T14:32:00.25", offset: "+01:00" },
    cameraMake: "FUJIFILM",
    rating: 2,
    keywords: ["boat"],
  };

  test("beats the file field by field", () => {
    expect(mergeMetadata(file, { rating: 5, keywords: ["sea"], title: "Harbour" })).toEqual({
      ...file,
      rating: 5,
      keywords: ["sea"],
      title: "Harbour",
    });
  });

  test("corrects the time, but a coarser copy of the same time does not win", () => {
    const corrected = { capturedAt: { local: "2024-07-16T10:00:00" } };
    expect(mergeMetadata(file, corrected).capturedAt).toEqual(corrected.capturedAt);
    expect(mergeMetadata(file, { capturedAt: { local: "2024-07-15T14:32:00" } }).capturedAt).toEqual(file.capturedAt);
    const zoned = { capturedAt: { local: "2024-07-15T14:32:00", offset: "+02:00" } };
    expect(mergeMetadata(file, zoned).capturedAt).toEqual(zoned.capturedAt);
  });

  test("that is no XMP changes nothing", async () => {
    expect(mergeMetadata(file, await readSidecar(Buffer.from([0, 1, 2, 255])))).toEqual(file);
  });

  test("is looked for under the names that editors use", () => {
    expect(sidecarNames("a.b.jpg", "xmp")).toEqual(["a.b.jpg.xmp", "a.b.xmp", "a.b.jpg.XMP", "a.b.XMP"]);
    expect(sidecarNames(".hidden", "xmp")).toEqual([".hidden.xmp", ".hidden.XMP"]);
  });
});
