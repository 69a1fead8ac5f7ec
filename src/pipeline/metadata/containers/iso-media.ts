/** HEIC, AVIF and CR3: boxes of the ISO base media file format (ISO/IEC 14496-12; items: 8.11, HEIF: ISO/IEC 23008-12). */
import { isoBoxes } from "../../decode/iso-boxes.ts";
import type { MetadataBlocks, MutableMetadataBlocks } from "../blocks.ts";
import { asciiAt, emptyBlocks, MAX_BLOCK_BYTES, viewOf } from "../blocks.ts";
import type { ItemLocation } from "./item-location.ts";
import { parseItemLocations } from "./item-location.ts";

const CR3_METADATA_UUID = "85c0b687820f11e08111f4ce462b6a48";
const XMP_UUID = "be7acfcb97a942e89c71999491e3afac";
const XMP_MEDIA_TYPE = "application/rdf+xml";

const child = (bytes: Uint8Array, type: string): Uint8Array | undefined =>
  isoBoxes(bytes).find((box) => box.type === type)?.payload;

/** Item ids by kind, from the `infe` entries of `iinf` (versions 2 and 3). */
const metadataItems = (itemInfo: Uint8Array): ReadonlyMap<number, "exif" | "xmp"> => {
  const items = new Map<number, "exif" | "xmp">();
  const entriesAt = itemInfo[0] === 0 ? 6 : 8;
  for (const { type, payload } of isoBoxes(itemInfo.subarray(entriesAt))) {
    if (type !== "infe" || payload.length < 12) continue;
    const view = viewOf(payload);
    const isLong = view.getUint8(0) === 3;
    const id = isLong ? view.getUint32(4) : view.getUint16(4);
    const kindAt = isLong ? 10 : 8;
    const kind = asciiAt(payload, kindAt, 4);
    if (kind === "Exif") items.set(id, "exif");
    if (kind === "mime" && asciiAt(payload, kindAt + 4, 200).includes(XMP_MEDIA_TYPE)) items.set(id, "xmp");
  }
  return items;
};

/** Bytes of an item: one view, or a copy when the item is stored in pieces. */
const itemBytes = (location: ItemLocation, file: Uint8Array, itemData: Uint8Array): Uint8Array => {
  const source = location.isInItemData ? itemData : file;
  const pieces = location.extents.map(({ offset, length }) =>
    source.subarray(offset, length === 0 ? undefined : offset + length),
  );
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return total > MAX_BLOCK_BYTES ? new Uint8Array() : Buffer.concat(pieces);
};

/** An Exif item starts with the distance to its TIFF header (ISO/IEC 23008-12, A.2.1). */
const tiffInExifItem = (item: Uint8Array): Uint8Array | undefined => {
  if (item.length < 12) return undefined;
  const header = 4 + viewOf(item).getUint32(0);
  const candidates = [header, 4, 10, 0].filter((offset) => /^(II\*\0|MM\0\*)$/.test(asciiAt(item, offset, 4)));
  return candidates[0] === undefined ? undefined : item.subarray(candidates[0]);
};

const addItems = (meta: Uint8Array, file: Uint8Array, blocks: MutableMetadataBlocks): void => {
  const children = meta.subarray(4);
  const itemInfo = child(children, "iinf");
  const itemLocation = child(children, "iloc");
  if (itemInfo === undefined || itemLocation === undefined) return;
  const items = metadataItems(itemInfo);
  const itemData = child(children, "idat") ?? new Uint8Array();
  for (const location of parseItemLocations(itemLocation, new Set(items.keys()))) {
    const bytes = itemBytes(location, file, itemData);
    if (items.get(location.id) === "xmp") blocks.xmp.push(bytes);
    else {
      const tiff = tiffInExifItem(bytes);
      if (tiff !== undefined) blocks.exif.push({ bytes: tiff, root: "ifd0" });
    }
  }
};

/** CR3: CMT1 = camera, CMT2 = exposure, CMT4 = GPS, each a TIFF structure of its own. */
const addCanonDirectories = (movie: Uint8Array, blocks: MutableMetadataBlocks): void => {
  const uuid = isoBoxes(movie).find(
    ({ type, payload }) =>
      type === "uuid" && Buffer.from(payload.subarray(0, 16)).toString("hex") === CR3_METADATA_UUID,
  );
  if (uuid === undefined) return;
  for (const { type, payload } of isoBoxes(uuid.payload.subarray(16))) {
    if (type === "CMT1" || type === "CMT2") blocks.exif.push({ bytes: payload, root: "ifd0" });
    if (type === "CMT4") blocks.exif.push({ bytes: payload, root: "gps" });
  }
};

export const findIsoMediaBlocks = (bytes: Uint8Array): MetadataBlocks => {
  const blocks = emptyBlocks();
  for (const { type, payload } of isoBoxes(bytes)) {
    if (type === "meta") addItems(payload, bytes, blocks);
    if (type === "moov") addCanonDirectories(payload, blocks);
    if (type === "uuid" && Buffer.from(payload.subarray(0, 16)).toString("hex") === XMP_UUID) {
      blocks.xmp.push(payload.subarray(16));
    }
  }
  return blocks;
};
