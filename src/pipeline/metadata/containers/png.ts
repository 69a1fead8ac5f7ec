/** PNG: eXIf, XMP in iTXt, and the hex "raw profiles" that ImageMagick writes into text chunks (PNG 3rd edition, 11.3). */
import { inflateSync } from "node:zlib";
import type { MetadataBlocks, MutableMetadataBlocks } from "../blocks.ts";
import { asciiAt, emptyBlocks, iptcInPhotoshopResources, MAX_BLOCK_BYTES, viewOf } from "../blocks.ts";

const SIGNATURE_BYTES = 8;
const XMP_KEYWORD = "XML:com.adobe.xmp";
/** A real PNG of 200 megapixels has far fewer; stops a file made of empty chunks. */
const MAX_CHUNKS = 50_000;

const inflated = (bytes: Uint8Array): Uint8Array | undefined => {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_BLOCK_BYTES });
  } catch {
    return undefined; // corrupt or over the limit: the photo stays, its text is lost
  }
};

/** Text after the keyword of a tEXt, zTXt or iTXt chunk, as bytes. */
const textOf = (kind: string, payload: Uint8Array, keywordEnd: number): Uint8Array | undefined => {
  if (kind === "tEXt") return payload.subarray(keywordEnd + 1);
  if (kind === "zTXt") return inflated(payload.subarray(keywordEnd + 2));
  const isCompressed = payload[keywordEnd + 1] === 1;
  const languageEnd = payload.indexOf(0, keywordEnd + 3);
  const translatedEnd = languageEnd < 0 ? -1 : payload.indexOf(0, languageEnd + 1);
  if (translatedEnd < 0) return undefined;
  const text = payload.subarray(translatedEnd + 1);
  return isCompressed ? inflated(text) : text;
};

/** `\n<type>\n<length>\n<hex>`: the profile format of ImageMagick and of older ExifTool versions. */
const profileBytes = (text: Uint8Array): Uint8Array => {
  const [, , , ...lines] = Buffer.from(text.subarray(0, MAX_BLOCK_BYTES)).toString("latin1").split("\n");
  return Buffer.from(lines.join("").replaceAll(/\s/g, ""), "hex");
};

const addProfile = (name: string, text: Uint8Array, blocks: MutableMetadataBlocks): void => {
  const bytes = profileBytes(text);
  if (name === "xmp") blocks.xmp.push(bytes);
  if (name === "iptc" || name === "8bim") blocks.iptc.push(iptcInPhotoshopResources(bytes) ?? bytes);
  if (name === "exif" || name === "APP1") {
    const hasSignature = asciiAt(bytes, 0, 6) === "Exif\0\0";
    blocks.exif.push({ bytes: hasSignature ? bytes.subarray(6) : bytes, root: "ifd0" });
  }
};

const addText = (kind: string, payload: Uint8Array, blocks: MutableMetadataBlocks): void => {
  const keywordEnd = payload.indexOf(0);
  if (keywordEnd < 1 || keywordEnd > 79) return;
  const keyword = asciiAt(payload, 0, keywordEnd);
  const profile = /^Raw profile type (exif|APP1|iptc|8bim|xmp)$/.exec(keyword)?.[1];
  if (keyword !== XMP_KEYWORD && profile === undefined) return;
  const text = textOf(kind, payload, keywordEnd);
  if (text === undefined) return;
  if (profile === undefined) blocks.xmp.push(text);
  else addProfile(profile, text, blocks);
};

export const findPngBlocks = (bytes: Uint8Array): MetadataBlocks => {
  const blocks = emptyBlocks();
  const view = viewOf(bytes);
  let offset = SIGNATURE_BYTES;
  for (let chunk = 0; chunk < MAX_CHUNKS && offset + 8 <= bytes.length; chunk += 1) {
    const size = view.getUint32(offset);
    const kind = asciiAt(bytes, offset + 4, 4);
    const payload = bytes.subarray(offset + 8, offset + 8 + size);
    if (kind === "eXIf") blocks.exif.unshift({ bytes: payload, root: "ifd0" });
    else if (kind === "tEXt" || kind === "zTXt" || kind === "iTXt") addText(kind, payload, blocks);
    else if (kind === "IEND") break;
    offset += size + 12;
  }
  return blocks;
};
