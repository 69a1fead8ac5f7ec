/** Where metadata lies in a photo file. Finders never copy the file: every block is a view of its bytes. */

/** One TIFF structure: byte order, 42, offset of a directory. */
export interface ExifBlock {
  readonly bytes: Uint8Array;
  /** `gps`: its first directory holds GPS tags (CR3 stores directories apart); otherwise camera tags. */
  readonly root: "ifd0" | "gps";
}

/** Everything a finder found, most trusted first. */
export interface MetadataBlocks {
  readonly exif: readonly ExifBlock[];
  /** XMP packets. */
  readonly xmp: readonly Uint8Array[];
  /** IPTC-IIM data sets. */
  readonly iptc: readonly Uint8Array[];
}

export interface MutableMetadataBlocks {
  readonly exif: ExifBlock[];
  readonly xmp: Uint8Array[];
  readonly iptc: Uint8Array[];
}

/** Larger blocks are no metadata a person or camera wrote; reading one would stall the pipeline. */
export const MAX_BLOCK_BYTES = 1024 * 1024;

export const emptyBlocks = (): MutableMetadataBlocks => ({ exif: [], xmp: [], iptc: [] });

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** `length` bytes of ASCII at `offset`, cut at the end of the bytes. */
export const asciiAt = (bytes: Uint8Array, offset: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(offset, offset + length));

const PHOTOSHOP_RESOURCE = "8BIM";
const PHOTOSHOP_IPTC = 0x0404;

/** Finds the IPTC data sets in Photoshop image resources (Adobe Photoshop file formats specification, "Image Resource Blocks"). */
export const iptcInPhotoshopResources = (bytes: Uint8Array): Uint8Array | undefined => {
  const view = viewOf(bytes);
  let offset = 0;
  while (offset + 12 <= bytes.length && asciiAt(bytes, offset, 4) === PHOTOSHOP_RESOURCE) {
    const id = view.getUint16(offset + 4);
    const nameLength = (view.getUint8(offset + 6) + 2) & ~1;
    const sizeOffset = offset + 6 + nameLength;
    if (sizeOffset + 4 > bytes.length) return undefined;
    const size = view.getUint32(sizeOffset);
    const start = sizeOffset + 4;
    if (id === PHOTOSHOP_IPTC) return bytes.subarray(start, start + size);
    offset = start + size + (size & 1);
  }
  return undefined;
};
