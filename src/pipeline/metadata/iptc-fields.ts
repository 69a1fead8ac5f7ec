/** IPTC-IIM data sets, read with ExifReader, which knows their character sets. */
import type { PhotoMetadata } from "../../photo/types.ts";
import { MAX_BLOCK_BYTES } from "./blocks.ts";
import { cleanCaption, cleanKeywords, cleanName } from "./clean-text.ts";
import { defined } from "./defined.ts";

/** A TIFF structure with one tag, 0x83BB of type UNDEFINED, whose value follows at byte 26. */
const TIFF_HEADER = "4d4d002a00000008000183bb0007";
const VALUE_OFFSET = 26;
/** IPTC in photos is a few hundred bytes; a larger block is damage. */
const MAX_IPTC_BYTES = Math.min(256 * 1024, MAX_BLOCK_BYTES);

const inTiff = (dataSets: Uint8Array): DataView => {
  const bytes = Buffer.alloc(VALUE_OFFSET + dataSets.length);
  bytes.write(TIFF_HEADER, "hex");
  bytes.writeUInt32BE(dataSets.length, 14);
  bytes.writeUInt32BE(VALUE_OFFSET, 18);
  bytes.set(dataSets, VALUE_OFFSET);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

const descriptions = (tag: unknown): readonly string[] =>
  (Array.isArray(tag) ? tag : [tag]).flatMap((item: unknown) =>
    typeof item === "object" && item !== null && "description" in item && typeof item.description === "string"
      ? [item.description]
      : [],
  );

export const iptcFields = async (dataSets: Uint8Array): Promise<PhotoMetadata> => {
  const { default: exifReader } = await import("exifreader");
  const view = inTiff(dataSets.subarray(0, MAX_IPTC_BYTES));
  try {
    const { iptc = {} } = exifReader.loadView(view, {
      expanded: true,
      includeTags: { iptc: ["Object Name", "Caption/Abstract", "Keywords"] },
    });
    const tags: Readonly<Record<string, unknown>> = { ...iptc };
    return defined({
      title: cleanName(descriptions(tags["Object Name"])[0] ?? ""),
      caption: cleanCaption(descriptions(tags["Caption/Abstract"])[0] ?? ""),
      keywords: cleanKeywords(descriptions(tags["Keywords"])),
    });
  } catch {
    return {}; // no data sets here: the block has nothing to give
  }
};
