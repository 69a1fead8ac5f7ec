/**
 * TIFF and the RAW formats built on it (TIFF 6.0, section 2): the directories that can be reached and the parts they
 * name must lie inside the file. It is read in pieces: directories are often written last.
 */
import { TIFF_TAGS } from "../../../photo/tiff.ts";
import type { FileBytes } from "./file-bytes.ts";
import { endsInNothing } from "./file-bytes.ts";
import type { StructureCheck } from "./structure-check.ts";
import { CUT_OFF, NOT_WRITTEN } from "./structure-check.ts";

const ENTRY_BYTES = 12;
const MAX_DIRECTORIES = 64;
const MAX_ENTRIES = 2048;
/** Values of one entry that are looked at: the first ones, for a picture has up to a strip per row. */
const MAX_VALUES = 16_384;
const SHORT = 3;
const LONG = 4;
const IFD = 13;
/** By type; others are not looked at. */
const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  [SHORT]: 2,
  [LONG]: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  [IFD]: 4,
};
const COMPRESSION = 0x0103;
const UNCOMPRESSED = 1;
/** Tag of the places and tag of the lengths. */
const PARTS = [
  [TIFF_TAGS.stripOffsets, TIFF_TAGS.stripByteCounts],
  [0x0144, 0x0145], // tiles
  [TIFF_TAGS.jpegOffset, TIFF_TAGS.jpegLength],
] as const;

interface Entry {
  readonly type: number;
  readonly count: number;
  readonly offset: number;
}

interface Reader {
  readonly file: FileBytes;
  readonly u16: (bytes: Buffer, at: number) => number;
  readonly u32: (bytes: Buffer, at: number) => number;
}

interface Directory {
  readonly entries: ReadonlyMap<number, Entry>;
  readonly next: number;
}

const readDirectory = async ({ file, u16, u32 }: Reader, offset: number): Promise<Directory | string> => {
  const head = await file.read(offset, 2);
  if (head.length < 2) return CUT_OFF;
  const count = u16(head, 0);
  if (count === 0) return NOT_WRITTEN;
  if (count > MAX_ENTRIES) return { entries: new Map(), next: 0 }; // damaged: the decoder will say so
  const length = count * ENTRY_BYTES + 4;
  const bytes = await file.read(offset + 2, length);
  if (bytes.length < length) return CUT_OFF;
  const entries = new Map<number, Entry>();
  for (let at = 0; at < count * ENTRY_BYTES; at += ENTRY_BYTES) {
    const [type, values] = [u16(bytes, at + 2), u32(bytes, at + 4)];
    const byteLength = values * (TYPE_BYTES[type] ?? 0);
    const place = byteLength <= 4 ? offset + 2 + at + 8 : u32(bytes, at + 8);
    if (place + byteLength > file.size) return CUT_OFF;
    entries.set(u16(bytes, at), { type, count: values, offset: place });
  }
  return { entries, next: u32(bytes, count * ENTRY_BYTES) };
};

/** Unsigned integers; empty for an entry of another type. */
const readNumbers = async ({ file, u16, u32 }: Reader, entry: Entry | undefined): Promise<readonly number[]> => {
  if (entry === undefined || ![SHORT, LONG, IFD].includes(entry.type)) return [];
  const size = entry.type === SHORT ? 2 : 4;
  const count = Math.min(entry.count, MAX_VALUES);
  const bytes = await file.read(entry.offset, count * size);
  return Array.from({ length: count }, (_, index) => (size === 2 ? u16(bytes, index * 2) : u32(bytes, index * 4)));
};

const partsOf = async (
  reader: Reader,
  { entries }: Directory,
): Promise<readonly (readonly [start: number, end: number])[]> => {
  const parts: [number, number][] = [];
  for (const [offsetTag, lengthTag] of PARTS) {
    const offsets = await readNumbers(reader, entries.get(offsetTag));
    const lengths = await readNumbers(reader, entries.get(lengthTag));
    for (const [index, start] of offsets.entries()) parts.push([start, start + (lengths[index] ?? 0)]);
  }
  return parts;
};

const checkParts = async (reader: Reader, directory: Directory): Promise<string | undefined> => {
  const parts = await partsOf(reader, directory);
  if (parts.some(([start, end]) => start > reader.file.size || end > reader.file.size)) return CUT_OFF;
  const compression = await readNumbers(reader, directory.entries.get(COMPRESSION));
  const last = parts.toSorted((a, b) => b[1] - a[1])[0];
  if (last === undefined || compression[0] === undefined || compression[0] === UNCOMPRESSED) return undefined;
  return (await endsInNothing(reader.file, last[0], last[1])) ? NOT_WRITTEN : undefined;
};

export const checkTiff: StructureCheck = async (file) => {
  const head = Buffer.from(await file.read(0, 8)); // the window moves on
  const isLittle = head[0] === 0x49;
  const reader: Reader = {
    file,
    u16: (bytes, at) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)),
    u32: (bytes, at) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)),
  };
  const seen = new Set<number>();
  const queue = [reader.u32(head, 4)];
  while (queue.length > 0 && seen.size < MAX_DIRECTORIES) {
    const offset = queue.shift() ?? 0;
    if (seen.has(offset)) continue;
    seen.add(offset);
    if (offset === 0) return NOT_WRITTEN; // writers fill it in at the end
    const directory = await readDirectory(reader, offset);
    if (typeof directory === "string") return directory;
    const problem = await checkParts(reader, directory);
    if (problem !== undefined) return problem;
    for (const tag of [TIFF_TAGS.subIfds, TIFF_TAGS.exifIfd]) {
      queue.push(...(await readNumbers(reader, directory.entries.get(tag))));
    }
    if (directory.next !== 0) queue.push(directory.next);
  }
  return undefined;
};
