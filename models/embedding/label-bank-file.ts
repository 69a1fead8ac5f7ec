/**
 * The label bank on disk, little-endian: magic, header length (uint32), header (JSON), rows, BLAKE3 of all of it. Rows
 * belong to terms by the ids in the header, never by the order of another file. Banks made on this machine hold floats;
 * those that come with a model hold bytes, a quarter of the size, each row scaled to its largest value.
 */
import { open, readFile, rm } from "node:fs/promises";
import { z } from "zod";
import { systemCode } from "../../src/errors.ts";
import { namingFullDisk, writeFileAtomically } from "./atomic-file.ts";
import { normalise } from "./inference-session.ts";
import { bytesOf } from "./onnx-graph.ts";

const MAGIC = Buffer.from("PHBANK1\n", "latin1");
const LENGTH_BYTES = 4;
const CHECKSUM_BYTES = 32;
const FLOAT_BYTES = 4;
const LARGEST_BYTE = 127;
/** Terms per resumable chunk. */
export const CHUNK_TERMS = 256;

const headerSchema = z.strictObject({
  key: z.string(),
  count: z.int().nonnegative(),
  dimension: z.int().positive(),
  dtype: z.enum(["float32", "int8"]),
  /** In row order. */
  termIds: z.array(z.string()),
});
export type LabelBankHeader = Readonly<z.output<typeof headerSchema>>;

export interface LabelBank {
  readonly header: LabelBankHeader;
  /** `count x dimension`, L2-normalised rows. */
  readonly rows: Float32Array;
}

const checksum = async (...parts: readonly Uint8Array[]): Promise<Buffer> => {
  const { Blake3Hasher } = await import("@napi-rs/blake-hash");
  const hasher = new Blake3Hasher();
  for (const part of parts) hasher.update(part);
  return hasher.digestBuffer();
};

const encodeHeader = (header: LabelBankHeader): Buffer => {
  const json = Buffer.from(JSON.stringify(header), "utf8");
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(json.length);
  return Buffer.concat([MAGIC, length, json]);
};

const parseHeader = (bytes: Buffer): LabelBankHeader | undefined => {
  try {
    return headerSchema.safeParse(JSON.parse(bytes.toString("utf8"))).data;
  } catch {
    return undefined; // not JSON: the file is damaged, its reader makes a new one
  }
};

const floatsOf = (bytes: Buffer): Float32Array => new Float32Array(Uint8Array.from(bytes).buffer);

const VALUE_BYTES = { float32: FLOAT_BYTES, int8: 1 } as const;

/** Signed bytes, each row scaled to its largest value; rows are unit vectors, so the scale need not be kept. */
export const toSignedBytes = (rows: Float32Array, dimension: number): Int8Array => {
  const bytes = new Int8Array(rows.length);
  for (let start = 0; start < rows.length; start += dimension) {
    const row = rows.subarray(start, start + dimension);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    row.forEach((value, place) => (bytes[start + place] = Math.round((value / largest) * LARGEST_BYTE)));
  }
  return bytes;
};

/** Rows of length 1 again. */
export const fromSignedBytes = (bytes: Uint8Array, dimension: number): Float32Array => {
  const rows = Float32Array.from(new Int8Array(Uint8Array.from(bytes).buffer));
  for (let start = 0; start < rows.length; start += dimension) normalise(rows.subarray(start, start + dimension));
  return rows;
};

/** @returns undefined when there is no bank, it is damaged, or it belongs to another key */
export const readLabelBank = async (path: string, key: string): Promise<LabelBank | undefined> => {
  const file = await readIfPresent(path);
  const headStart = MAGIC.length + LENGTH_BYTES;
  if (file === undefined || file.length < headStart + CHECKSUM_BYTES) return undefined;
  const content = file.subarray(0, -CHECKSUM_BYTES);
  if (!content.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (!(await checksum(content)).equals(file.subarray(-CHECKSUM_BYTES))) return undefined;
  const headEnd = headStart + content.readUInt32LE(MAGIC.length);
  const header = parseHeader(content.subarray(headStart, headEnd));
  if (header?.key !== key || header.termIds.length !== header.count) return undefined;
  const rows = content.subarray(headEnd);
  if (rows.length !== header.count * header.dimension * VALUE_BYTES[header.dtype]) return undefined;
  return { header, rows: header.dtype === "int8" ? fromSignedBytes(rows, header.dimension) : floatsOf(rows) };
};

/** Written as `header.dtype` says. */
export const writeLabelBank = async (path: string, { header, rows }: LabelBank): Promise<void> => {
  const payload = header.dtype === "int8" ? toSignedBytes(rows, header.dimension) : rows;
  const content = Buffer.concat([encodeHeader(header), bytesOf(payload)]);
  await writeFileAtomically(path, Buffer.concat([content, await checksum(content)]));
};

const readIfPresent = async (path: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
};

/** Chunks of a bank that is being made. Writing a chunk makes it durable; a killed process loses the one in work. */
export interface PartialBank {
  /** The rows of a chunk that an earlier run finished, or undefined. */
  readChunk(index: number): Promise<Float32Array | undefined>;
  writeChunk(index: number, rows: Float32Array): Promise<void>;
  /** Called when the bank is complete. */
  remove(): Promise<void>;
}

/**
 * Every chunk has a place of its own (`chunk, BLAKE3 of header and chunk`), so two processes that make the same bank
 * write the same bytes to the same places.
 */
export const openPartialBank = (path: string, header: LabelBankHeader): PartialBank => {
  const head = encodeHeader(header);
  const rowBytes = header.dimension * FLOAT_BYTES;
  const placeOf = (index: number): number => index * (CHUNK_TERMS * rowBytes + CHECKSUM_BYTES);
  const bytesIn = (index: number): number => Math.min(CHUNK_TERMS, header.count - index * CHUNK_TERMS) * rowBytes;
  const openOrCreate = async (): ReturnType<typeof open> => {
    try {
      return await open(path, "r+");
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
      return open(path, "w+");
    }
  };

  return {
    readChunk: async (index) => {
      await using file = await openOrCreate();
      const stored = Buffer.alloc(bytesIn(index) + CHECKSUM_BYTES);
      const { bytesRead } = await file.read(stored, 0, stored.length, placeOf(index));
      const rows = stored.subarray(0, -CHECKSUM_BYTES);
      const intact = bytesRead === stored.length && (await checksum(head, rows)).equals(stored.subarray(rows.length));
      return intact ? floatsOf(rows) : undefined;
    },
    writeChunk: async (index, rows) => {
      const bytes = bytesOf(rows);
      try {
        await using file = await openOrCreate();
        await file.write(Buffer.concat([bytes, await checksum(head, bytes)]), 0, undefined, placeOf(index));
        await file.datasync();
      } catch (error) {
        throw namingFullDisk(path, error);
      }
    },
    remove: () => rm(path, { force: true }),
  };
};
