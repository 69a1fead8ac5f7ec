/** RAW containers around given JPEGs, as small as each format allows. */

export const RAW_EXTENSIONS = ["cr2", "cr3", "nef", "arw", "dng", "raf", "orf", "rw2"] as const;
export type RawExtension = (typeof RAW_EXTENSIONS)[number];

export interface RawOptions {
  /** The large preview. */
  readonly jpeg: Buffer;
  /** A smaller one beside it, where the format has a place for it. */
  readonly thumbnail?: Buffer;
  readonly orientation?: number;
  /** Size of the photo itself, as stored. */
  readonly width: number;
  readonly height: number;
}

const SHORT = 3;
const LONG = 4;
const ASCII = 2;
const UNDEFINED = 7;

interface Field {
  readonly tag: number;
  readonly type: number;
  /** Numbers, text, or data that goes behind the directories. */
  readonly value: readonly number[] | string | Buffer;
  /** The numbers are directories of the list below, by index; or the data of the field with the given tag. */
  readonly pointsTo?: "directory";
}

const short = (tag: number, ...value: number[]): Field => ({ tag, type: SHORT, value });
const long = (tag: number, ...value: number[]): Field => ({ tag, type: LONG, value });
const ascii = (tag: number, value: string): Field => ({ tag, type: ASCII, value: `${value}\0` });
const blob = (tag: number, value: Buffer): Field => ({ tag, type: UNDEFINED, value });
const directories = (tag: number, ...value: number[]): Field => ({ tag, type: LONG, value, pointsTo: "directory" });

interface Layout {
  readonly magic?: number;
  /** Directories; the first is IFD0. `next` names the one that follows in the chain. */
  readonly directories: readonly { readonly fields: readonly Field[]; readonly next?: number }[];
  /** Bytes between the header and the first directory (CR2's mark). */
  readonly mark?: Buffer;
}

const encodeValue = ({ type, value }: Field): Buffer => {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === "string") return Buffer.from(value, "latin1");
  const bytes = Buffer.alloc(value.length * (type === SHORT ? 2 : 4));
  value.forEach((number, index) =>
    type === SHORT ? bytes.writeUInt16LE(number, index * 2) : bytes.writeUInt32LE(number, index * 4),
  );
  return bytes;
};

/** A pair of tags (offset, length) that names a part of the file. */
const part = (offsetTag: number, lengthTag: number, data: Buffer): readonly Field[] => [
  { tag: offsetTag, type: LONG, value: data },
  long(lengthTag, data.length),
];

/** Little-endian TIFF. A LONG field whose value is a Buffer holds the offset of that data. */
const encodeTiff = ({ magic = 42, directories: list, mark = Buffer.alloc(0) }: Layout): Buffer => {
  const starts: number[] = [];
  let end = 8 + mark.length;
  for (const { fields } of list) {
    starts.push(end);
    end += 2 + fields.length * 12 + 4;
  }
  const head = Buffer.alloc(8);
  head.write("II", 0, "latin1");
  head.writeUInt16LE(magic, 2);
  head.writeUInt32LE(starts[0] ?? 8, 4);
  const tables: Buffer[] = [];
  const data: Buffer[] = [];
  const append = (bytes: Buffer): number => {
    const at = end;
    data.push(bytes);
    end += bytes.length;
    return at;
  };
  for (const { fields, next } of list) {
    const table = Buffer.alloc(2 + fields.length * 12 + 4);
    table.writeUInt16LE(fields.length, 0);
    fields
      .toSorted((a, b) => a.tag - b.tag)
      .forEach((field, index) => {
        const at = 2 + index * 12;
        const isOffset = field.type === LONG && Buffer.isBuffer(field.value);
        const values = field.pointsTo === "directory" && Array.isArray(field.value);
        const bytes = isOffset
          ? encodeValue(long(0, append(encodeValue(field))))
          : encodeValue(values ? long(0, ...(field.value as number[]).map((entry) => starts[entry] ?? 0)) : field); // checked just above
        const count = isOffset ? 1 : bytes.length / (field.type === SHORT ? 2 : field.type === LONG ? 4 : 1);
        table.writeUInt16LE(field.tag, at);
        table.writeUInt16LE(field.type, at + 2);
        table.writeUInt32LE(count, at + 4);
        if (bytes.length <= 4) bytes.copy(table, at + 8);
        else table.writeUInt32LE(append(bytes), at + 8);
      });
    table.writeUInt32LE(next === undefined ? 0 : (starts[next] ?? 0), table.length - 4);
    tables.push(table);
  }
  return Buffer.concat([head, mark, ...tables, ...data]);
};

const IMAGE_WIDTH = 0x100;
const IMAGE_LENGTH = 0x101;
const COMPRESSION = 0x103;
const PHOTOMETRIC = 0x106;
const MAKE = 0x10f;
const STRIP_OFFSETS = 0x111;
const ORIENTATION = 0x112;
const STRIP_LENGTHS = 0x117;
const SUB_IFDS = 0x14a;
const JPEG_OFFSET = 0x201;
const JPEG_LENGTH = 0x202;
const EXIF = 0x8769;
const MAKER_NOTE = 0x927c;
const PIXEL_WIDTH = 0xa002;
const PIXEL_HEIGHT = 0xa003;
const COLOUR_FILTER_ARRAY = 32803;

const size = ({ width, height }: RawOptions): readonly Field[] => [
  long(IMAGE_WIDTH, width),
  long(IMAGE_LENGTH, height),
];
const orientation = (options: RawOptions): readonly Field[] =>
  options.orientation === undefined ? [] : [short(ORIENTATION, options.orientation)];
const small = ({ thumbnail }: RawOptions): readonly Field[] =>
  thumbnail === undefined ? [] : part(JPEG_OFFSET, JPEG_LENGTH, thumbnail);

/** Lossless JPEG as sensor data is stored: a frame that no picture decoder reads, larger than any preview. */
const sensorData = ({ width, height }: RawOptions): Buffer => {
  const frame = Buffer.from("ffd8ffc3000b0e0000000001011100ffda0008010100000000ffd9", "hex");
  frame.writeUInt16BE(height, 7);
  frame.writeUInt16BE(width, 9);
  return frame;
};
const sensor = (options: RawOptions): readonly Field[] => [
  ...size(options),
  short(COMPRESSION, 7),
  short(PHOTOMETRIC, COLOUR_FILTER_ARRAY),
  ...part(STRIP_OFFSETS, STRIP_LENGTHS, sensorData(options)),
];

const cr2 = (options: RawOptions): Buffer =>
  encodeTiff({
    mark: Buffer.from("43520200ffffffff", "hex"),
    directories: [
      {
        fields: [
          ...size(options),
          ascii(MAKE, "Canon"),
          ...orientation(options),
          short(COMPRESSION, 6),
          ...part(STRIP_OFFSETS, STRIP_LENGTHS, options.jpeg),
        ],
        next: 1,
      },
      { fields: [...small(options), long(0x254, 0)], next: 2 },
      {
        fields: sensor({ ...options, width: options.width + 32, height: options.height + 16 }).filter(
          ({ tag }) => tag > 0x102,
        ),
      },
    ],
  });

const nef = (options: RawOptions): Buffer =>
  encodeTiff({
    directories: [
      {
        fields: [
          long(0xfe, 1),
          long(IMAGE_WIDTH, 160),
          long(IMAGE_LENGTH, 120),
          ascii(MAKE, "NIKON CORPORATION"),
          ...orientation(options),
          directories(SUB_IFDS, 1, 2),
        ],
      },
      { fields: [long(0xfe, 1), short(COMPRESSION, 6), ...part(JPEG_OFFSET, JPEG_LENGTH, options.jpeg)] },
      { fields: sensor(options) },
    ],
  });

const arw = (options: RawOptions): Buffer =>
  encodeTiff({
    directories: [
      {
        fields: [
          long(0xfe, 1),
          ascii(MAKE, "SONY"),
          ...orientation(options),
          ...part(JPEG_OFFSET, JPEG_LENGTH, options.jpeg),
          directories(SUB_IFDS, 2),
          directories(EXIF, 3),
        ],
        next: 1,
      },
      { fields: [...small(options), long(0x254, 0)] },
      { fields: sensor({ ...options, width: options.width + 48, height: options.height + 24 }) },
      { fields: [long(PIXEL_WIDTH, options.width), long(PIXEL_HEIGHT, options.height)] },
    ],
  });

const dng = (options: RawOptions): Buffer =>
  encodeTiff({
    directories: [
      {
        fields: [
          long(0xfe, 1),
          ascii(MAKE, "Maker"),
          ...orientation(options),
          directories(SUB_IFDS, 1, 2),
          blob(0xc612, Buffer.from([1, 4, 0, 0])),
        ],
      },
      { fields: sensor(options) },
      { fields: [long(0xfe, 1), short(COMPRESSION, 7), ...part(STRIP_OFFSETS, STRIP_LENGTHS, options.jpeg)] },
    ],
  });

/** The preview hides in the maker's own notes. */
const orf = (options: RawOptions): Buffer =>
  encodeTiff({
    magic: 0x4f52,
    directories: [
      { fields: [...size(options), ascii(MAKE, "OLYMPUS CORPORATION"), ...orientation(options), directories(EXIF, 1)] },
      {
        fields: [
          blob(MAKER_NOTE, Buffer.concat([Buffer.from("OLYMPUS\0II\x03\0", "latin1"), Buffer.alloc(20), options.jpeg])),
        ],
      },
    ],
  });

const rw2 = (options: RawOptions): Buffer =>
  encodeTiff({
    magic: 0x55,
    mark: Buffer.alloc(16),
    directories: [
      {
        fields: [
          short(2, options.width + 16),
          short(3, options.height + 16),
          short(4, 8),
          short(5, 8),
          short(6, options.height + 8),
          short(7, options.width + 8),
          blob(0x2e, options.jpeg),
          ascii(MAKE, "Panasonic"),
          ...orientation(options),
        ],
      },
    ],
  });

const raf = ({ jpeg, width, height }: RawOptions): Buffer => {
  const head = Buffer.alloc(148);
  head.write("FUJIFILMCCD-RAW 0201FF389501", 0, "latin1");
  const records = Buffer.from("00000001" + "01110004" + "00000000", "hex");
  records.writeUInt16BE(height, 8);
  records.writeUInt16BE(width, 10);
  head.writeUInt32BE(head.length, 84);
  head.writeUInt32BE(jpeg.length, 88);
  head.writeUInt32BE(head.length + jpeg.length, 92);
  head.writeUInt32BE(records.length, 96);
  return Buffer.concat([head, jpeg, records]);
};

const box = (type: string, ...payload: Buffer[]): Buffer => {
  const body = Buffer.concat(payload);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, body]);
};
const numbers = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
};

const CANON_UUID = Buffer.from("85c0b687820f11e08111f4ce462b6a48", "hex");
const PREVIEW_UUID = Buffer.from("eaf42b5e1c984b88b9fbb7dc406e4d16", "hex");

const cr3 = (options: RawOptions): Buffer => {
  const main = encodeTiff({
    directories: [{ fields: [...size(options), ascii(MAKE, "Canon"), ...orientation(options)] }],
  });
  const exif = encodeTiff({
    directories: [{ fields: [long(PIXEL_WIDTH, options.width), long(PIXEL_HEIGHT, options.height)] }],
  });
  const preview = options.thumbnail ?? options.jpeg;
  const head = box("ftyp", Buffer.from("crx \0\0\0\x01crx isom", "latin1"));
  const movie = (offset: number): Buffer =>
    box(
      "moov",
      box(
        "uuid",
        CANON_UUID,
        box("CMT1", main),
        box("CMT2", exif),
        box("THMB", numbers(0, 0, preview.length, 0), preview),
      ),
      box(
        "trak",
        box(
          "mdia",
          box(
            "minf",
            box("stbl", box("stsz", numbers(0, 0, 1, options.jpeg.length)), box("co64", numbers(0, 1, 0, offset))),
          ),
        ),
      ),
    );
  const previews = box("uuid", PREVIEW_UUID, numbers(0, 1), box("PRVW", numbers(0, 0, 0, preview.length), preview));
  const dataStart = head.length + movie(0).length + previews.length + 8;
  return Buffer.concat([head, movie(dataStart), previews, box("mdat", options.jpeg)]);
};

const ENCODERS: Readonly<Record<RawExtension, (options: RawOptions) => Buffer>> = {
  cr2,
  cr3,
  nef,
  arw,
  dng,
  raf,
  orf,
  rw2,
};

/** A RAW file of the given kind. RAF has no orientation of its own: there the JPEG states it. */
export const encodeRaw = (extension: RawExtension, options: RawOptions): Buffer => ENCODERS[extension](options);
