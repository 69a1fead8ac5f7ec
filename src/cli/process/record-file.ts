/**
 * Reads files of records as a stream: one record per line, or one array, or one object; tagged or bare; compact or
 * indented. Memory holds one block of the file, whatever its size.
 */
import { open } from "node:fs/promises";
import { type RecordFields, scanRecord, skipWhitespace } from "./record-scanner.ts";

const BLOCK_BYTES = 4 * 1024 * 1024;
/** A record that has not ended by then is damaged. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;
/** Where reading goes on after a damaged piece: lines start at the margin, parts of indented records do not. */
const NEXT_LINE = "\n{";
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

export interface StoredRecord extends RecordFields {
  /** The record as it stands in the file. */
  readonly text: Buffer;
}

/** What was found beside the records. */
export interface FileEnding {
  readonly shape: "array" | "lines" | "empty";
  /** Where an incomplete or damaged piece starts that no complete record follows. */
  readonly tornFrom: number | undefined;
  /** False for an array without its closing bracket. */
  readonly isClosed: boolean;
  /** Damaged pieces between complete records; they were passed over. */
  readonly damagedPieces: number;
}

export interface RecordFile {
  readonly records: () => AsyncGenerator<StoredRecord>;
  /** Known once `records` has ended. */
  readonly ending: () => FileEnding;
}

type Reading = { -readonly [Field in keyof FileEnding]: FileEnding[Field] };

interface Block {
  readonly bytes: Buffer;
  /** Position of the first byte in the file. */
  readonly offset: number;
  readonly isLast: boolean;
}

/** `next` is where to go on in this block; `undefined` = more bytes are needed, from `keep` on. */
type Step =
  | { readonly record?: StoredRecord; readonly next: number }
  | { readonly record?: undefined; readonly next: undefined; readonly keep: number };

const needMore = (keep: number): Step => ({ next: undefined, keep });

const passDamage = ({ bytes, offset }: Block, start: number, reading: Reading): Step => {
  reading.tornFrom ??= offset + start;
  const newline = bytes.indexOf(NEXT_LINE, start);
  if (newline === -1) return needMore(bytes.length - 1); // its last byte may be the newline
  reading.damagedPieces += 1;
  return { next: newline + 1 };
};

const readElement = (block: Block, start: number, reading: Reading): Step => {
  const { bytes, offset, isLast } = block;
  const scanned = bytes[start] === OPEN_BRACE ? scanRecord(bytes, start) : ({ kind: "invalid" } as const);
  if (scanned.kind === "record") {
    reading.tornFrom = undefined;
    return { record: { ...scanned.fields, text: bytes.subarray(start, scanned.end) }, next: scanned.end };
  }
  if (scanned.kind === "incomplete" && !isLast && bytes.length - start < MAX_RECORD_BYTES) {
    reading.tornFrom ??= offset + start;
    return needMore(start);
  }
  return passDamage(block, start, reading);
};

const takeStep = (block: Block, position: number, reading: Reading): Step => {
  const start = skipWhitespace(block.bytes, position);
  const byte = block.bytes[start];
  if (byte === undefined) return needMore(start);
  if (reading.shape === "empty") {
    reading.shape = byte === OPEN_BRACKET ? "array" : "lines";
    reading.isClosed = byte !== OPEN_BRACKET;
    if (byte === OPEN_BRACKET) return { next: start + 1 };
  }
  if (reading.shape === "array" && (byte === COMMA || byte === CLOSE_BRACKET)) {
    reading.isClosed = byte === CLOSE_BRACKET;
    return { next: start + 1 };
  }
  return readElement(block, start, reading);
};

/** Each block starts with what the reader left of the one before; buffers are not used twice, records point into them. */
async function* readBlocks(path: string, leftOver: () => Buffer): AsyncGenerator<Block> {
  const handle = await open(path, "r");
  try {
    for (let position = 0, isLast = false; !isLast;) {
      const rest = leftOver();
      const bytes = Buffer.allocUnsafe(rest.length + Math.max(BLOCK_BYTES, rest.length));
      rest.copy(bytes);
      const { bytesRead } = await handle.read(bytes, rest.length, bytes.length - rest.length, position);
      isLast = bytesRead === 0;
      yield { bytes: bytes.subarray(0, rest.length + bytesRead), offset: position - rest.length, isLast };
      position += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

export const openRecordFile = (path: string): RecordFile => {
  const reading: Reading = { shape: "empty", tornFrom: undefined, isClosed: true, damagedPieces: 0 };
  async function* records(): AsyncGenerator<StoredRecord> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const block of readBlocks(path, () => rest)) {
      for (let position: number | undefined = 0; position !== undefined;) {
        const step: Step = takeStep(block, position, reading);
        if (step.record !== undefined) yield step.record;
        if (step.next === undefined) rest = block.bytes.subarray(step.keep);
        position = step.next;
      }
    }
  }
  return { records, ending: () => ({ ...reading }) };
};
