import { embedInJpeg } from "../../../../src/sample-library/embed-metadata.ts";
import type { ExifDirectories, ExifEntry } from "../../../../src/sample-library/exif-writer.ts";
import { writeExif } from "../../../../src/sample-library/exif-writer.ts";

const EMPTY_JPEG = Buffer.from("ffd8ffd9", "hex");

export const ascii = (tag: number, value: string): ExifEntry => ({ tag, type: "ascii", value });
export const short = (tag: number, ...value: readonly number[]): ExifEntry => ({ tag, type: "short", value });
export const rational = (tag: number, ...value: readonly (readonly [number, number])[]): ExifEntry => ({
  tag,
  type: "rational",
  value,
});

/** A JPEG that holds nothing but EXIF (and XMP when given). */
export const jpegWith = (directories: Partial<ExifDirectories>, xmp?: string): Buffer =>
  embedInJpeg(EMPTY_JPEG, {
    exif: writeExif({ ifd0: [], ...directories }),
    ...(xmp === undefined ? {} : { xmp }),
  });

/** An XMP packet around the given properties. */
export const xmpPacket = (properties: string, attributes = ""): string =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
  `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" ` +
  `xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" ` +
  `xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"${attributes}>${properties}</rdf:Description></rdf:RDF></x:xmpmeta>`;

/** IPTC data sets of record 2: [data set, text]. */
export const iptcDataSets = (...sets: readonly (readonly [number, string])[]): Buffer =>
  Buffer.concat(
    sets.map(([dataSet, text]) => {
      const value = Buffer.from(text, "utf8");
      return Buffer.concat([Buffer.from([0x1c, 2, dataSet, value.length >> 8, value.length & 0xff]), value]);
    }),
  );

/** Photoshop image resources: one unrelated block, then the IPTC block. */
export const photoshopResources = (iptc: Buffer): Buffer => {
  const block = (id: number, data: Buffer): Buffer => {
    const header = Buffer.alloc(12);
    header.write("8BIM", "latin1");
    header.writeUInt16BE(id, 4);
    header.writeUInt32BE(data.length, 8);
    return Buffer.concat([header, data, Buffer.alloc(data.length & 1)]);
  };
  return Buffer.concat([block(0x03ed, Buffer.alloc(15)), block(0x0404, iptc)]);
};

/** A box of the ISO base media file format. */
export const box = (type: string, ...content: readonly Uint8Array[]): Buffer => {
  const payload = Buffer.concat(content);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(payload.length + 8);
  header.write(type, 4, "latin1");
  return Buffer.concat([header, payload]);
};
