/**
 * BMP pixels (Windows GDI `BITMAPFILEHEADER` and the headers of 12, 40, 52, 56, 64, 108 and 124 bytes): 1, 4, 8, 16,
 * 24 and 32 bits, bit masks, RLE4 and RLE8, rows from either end. Colour spaces of the later headers are taken as sRGB.
 * Throws a plain Error whose message says what is wrong. Runs inside the pixel worker.
 */

/** Interleaved 8-bit RGBA, row-major. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** False: the first row of the file is the top one. */
  readonly bottomUp: boolean;
  readonly bitsPerPixel: number;
  readonly compression: number;
  readonly pixelOffset: number;
  readonly headerBytes: number;
  /** Entries as the header states them; 0 = all. */
  readonly colours: number;
}

const FILE_HEADER_BYTES = 14;
const CORE_HEADER_BYTES = 12;
const INFO_HEADER_BYTES = 40;
const MASKS_OFFSET = FILE_HEADER_BYTES + INFO_HEADER_BYTES;

const UNCOMPRESSED = 0;
const RLE8 = 1;
const RLE4 = 2;
const BIT_MASKS = 3;
const BIT_MASKS_WITH_ALPHA = 6;
/** Depths that each compression goes with. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  [UNCOMPRESSED]: [1, 4, 8, 16, 24, 32],
  [RLE8]: [8],
  [RLE4]: [4],
  [BIT_MASKS]: [16, 32],
  [BIT_MASKS_WITH_ALPHA]: [16, 32],
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const readBmpHeader = (bytes: Uint8Array): BmpHeader => {
  const view = viewOf(bytes);
  const headerBytes = bytes.length >= FILE_HEADER_BYTES + 4 ? view.getUint32(FILE_HEADER_BYTES, true) : 0;
  if (headerBytes < CORE_HEADER_BYTES || bytes.length < FILE_HEADER_BYTES + headerBytes) {
    throw new Error("the header is cut off");
  }
  const pixelOffset = view.getUint32(10, true);
  if (headerBytes < INFO_HEADER_BYTES) {
    const width = view.getUint16(18, true);
    const height = view.getUint16(20, true);
    const bitsPerPixel = view.getUint16(24, true);
    return { width, height, bottomUp: true, bitsPerPixel, compression: 0, pixelOffset, headerBytes, colours: 0 };
  }
  const height = view.getInt32(22, true);
  return {
    width: Math.max(0, view.getInt32(18, true)),
    height: Math.abs(height),
    bottomUp: height > 0,
    bitsPerPixel: view.getUint16(28, true),
    compression: view.getUint32(30, true),
    pixelOffset,
    headerBytes,
    colours: view.getUint32(46, true),
  };
};

/** Blue, green, red per entry in the file; RGB triples here. Indices past its end are black. */
const readPalette = (bytes: Uint8Array, header: BmpHeader): Uint8Array => {
  const entryBytes = header.headerBytes === CORE_HEADER_BYTES ? 3 : 4;
  const start = FILE_HEADER_BYTES + header.headerBytes;
  const stated = header.colours === 0 ? 2 ** header.bitsPerPixel : header.colours;
  const room = Math.floor((Math.min(header.pixelOffset, bytes.length) - start) / entryBytes);
  const palette = new Uint8Array(256 * 3);
  for (let entry = 0; entry < Math.min(stated, room, 256); entry += 1) {
    const at = start + entry * entryBytes;
    palette.set([bytes[at + 2] ?? 0, bytes[at + 1] ?? 0, bytes[at] ?? 0], entry * 3);
  }
  return palette;
};

/** Calls `eachRow` with the first byte and the upright row number of every row. */
const scanRows = (bytes: Uint8Array, header: BmpHeader, eachRow: (start: number, row: number) => void): void => {
  const { width, height, bitsPerPixel, pixelOffset, bottomUp } = header;
  const rowBytes = Math.ceil((width * bitsPerPixel) / 32) * 4;
  const lastRowBytes = Math.ceil((width * bitsPerPixel) / 8); // its padding may be missing
  if (pixelOffset + rowBytes * (height - 1) + lastRowBytes > bytes.length) throw new Error("the pixels are cut off");
  for (let line = 0; line < height; line += 1) {
    eachRow(pixelOffset + line * rowBytes, bottomUp ? height - 1 - line : line);
  }
};

const readIndices = (bytes: Uint8Array, header: BmpHeader): Uint8Array => {
  const { width, height, bitsPerPixel } = header;
  const indices = new Uint8Array(width * height);
  const perByte = 8 / bitsPerPixel;
  const mask = 2 ** bitsPerPixel - 1;
  scanRows(bytes, header, (start, row) => {
    for (let x = 0; x < width; x += 1) {
      const byte = bytes[start + Math.floor(x / perByte)] ?? 0;
      indices[row * width + x] = (byte >> (8 - bitsPerPixel * ((x % perByte) + 1))) & mask;
    }
  });
  return indices;
};

const END_OF_LINE = 0;
const END_OF_PICTURE = 1;
const MOVE = 2;

/** Pixels outside the picture are dropped; pixels that no run covers keep index 0. */
const readRunLengths = (bytes: Uint8Array, header: BmpHeader): Uint8Array => {
  const { width, height, bottomUp } = header;
  const indices = new Uint8Array(width * height);
  const isRle4 = header.compression === RLE4;
  let x = 0;
  let line = 0;
  let at = header.pixelOffset;
  const put = (pair: number, position: number): void => {
    const index = isRle4 ? (position % 2 === 0 ? pair >> 4 : pair & 15) : pair;
    if (x < width && line < height) indices[(bottomUp ? height - 1 - line : line) * width + x] = index;
    x += 1;
  };
  while (at + 1 < bytes.length) {
    const count = bytes[at] ?? 0;
    const value = bytes[at + 1] ?? 0;
    at += 2;
    if (count > 0) {
      for (let position = 0; position < count; position += 1) put(value, position);
    } else if (value === END_OF_LINE) {
      x = 0;
      line += 1;
    } else if (value === END_OF_PICTURE) {
      return indices;
    } else if (value === MOVE) {
      x += bytes[at] ?? 0;
      line += bytes[at + 1] ?? 0;
      at += 2;
    } else {
      const perByte = isRle4 ? 2 : 1;
      for (let position = 0; position < value; position += 1) {
        put(bytes[at + Math.floor(position / perByte)] ?? 0, position);
      }
      at += Math.ceil(value / perByte / 2) * 2;
    }
  }
  if (line < height - 1 || (line === height - 1 && x < width)) throw new Error("the pixels are cut off");
  return indices;
};

const paint = (indices: Uint8Array, palette: Uint8Array, data: Uint8Array): void => {
  for (let pixel = 0; pixel < indices.length; pixel += 1) {
    const colour = (indices[pixel] ?? 0) * 3;
    data[pixel * 4] = palette[colour] ?? 0;
    data[pixel * 4 + 1] = palette[colour + 1] ?? 0;
    data[pixel * 4 + 2] = palette[colour + 2] ?? 0;
    data[pixel * 4 + 3] = 255;
  }
};

/** Reads one channel of a pixel value and spreads it over 0..255. */
const channelReader = (mask: number, missing: number): ((pixel: number) => number) => {
  if (mask === 0) return () => missing;
  const shift = 31 - Math.clz32(mask & -mask);
  const highest = mask >>> shift;
  return (pixel) => Math.round((((pixel & mask) >>> shift) * 255) / highest);
};

const masksOf = (bytes: Uint8Array, header: BmpHeader): readonly number[] => {
  if (header.compression === UNCOMPRESSED) {
    return header.bitsPerPixel === 16 ? [0x7c00, 0x03e0, 0x001f, 0] : [0xff0000, 0x00ff00, 0x0000ff, 0];
  }
  const hasAlpha = header.compression === BIT_MASKS_WITH_ALPHA || header.headerBytes >= INFO_HEADER_BYTES + 16;
  const view = viewOf(bytes);
  const end = MASKS_OFFSET + (hasAlpha ? 16 : 12);
  if (end > bytes.length) throw new Error("the bit masks are cut off");
  return [0, 4, 8, 12].map((at) => (at < 12 || hasAlpha ? view.getUint32(MASKS_OFFSET + at, true) : 0));
};

const readMasked = (bytes: Uint8Array, header: BmpHeader, data: Uint8Array): void => {
  const { width, bitsPerPixel } = header;
  const [red = 0, green = 0, blue = 0, alpha = 0] = masksOf(bytes, header);
  const channels = [channelReader(red, 0), channelReader(green, 0), channelReader(blue, 0), channelReader(alpha, 255)];
  const view = viewOf(bytes);
  const pixelBytes = bitsPerPixel / 8;
  scanRows(bytes, header, (start, row) => {
    for (let x = 0; x < width; x += 1) {
      const at = start + x * pixelBytes;
      const pixel = bitsPerPixel === 16 ? view.getUint16(at, true) : view.getUint32(at, true);
      const into = (row * width + x) * 4;
      for (let channel = 0; channel < 4; channel += 1) data[into + channel] = channels[channel]?.(pixel) ?? 0;
    }
  });
  if (alpha !== 0) makeOpaqueWhenEmpty(data);
};

/** Many programs declare an alpha channel and leave it zero: such a picture is meant to be seen. */
const makeOpaqueWhenEmpty = (data: Uint8Array): void => {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) return;
  for (let at = 3; at < data.length; at += 4) data[at] = 255;
};

const read24Bits = (bytes: Uint8Array, header: BmpHeader, data: Uint8Array): void => {
  const { width } = header;
  scanRows(bytes, header, (start, row) => {
    for (let x = 0; x < width; x += 1) {
      const from = start + x * 3;
      const into = (row * width + x) * 4;
      data[into] = bytes[from + 2] ?? 0;
      data[into + 1] = bytes[from + 1] ?? 0;
      data[into + 2] = bytes[from] ?? 0;
      data[into + 3] = 255;
    }
  });
};

/** The caller has checked width and height against its limits: memory is 4 bytes a pixel. */
export const decodeBmpPixels = (bytes: Uint8Array): RgbaImage => {
  const header = readBmpHeader(bytes);
  const { width, height, bitsPerPixel, compression } = header;
  if (DEPTHS[compression]?.includes(bitsPerPixel) !== true) {
    throw new Error(`compression ${compression} with ${bitsPerPixel} bits a pixel does not exist or is not supported`);
  }
  const data = new Uint8Array(width * height * 4);
  if (bitsPerPixel === 24) read24Bits(bytes, header, data);
  else if (bitsPerPixel > 8) readMasked(bytes, header, data);
  else {
    const readPixels = compression === UNCOMPRESSED ? readIndices : readRunLengths;
    paint(readPixels(bytes, header), readPalette(bytes, header), data);
  }
  return { width, height, data };
};
