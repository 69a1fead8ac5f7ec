/** WebP in RIFF (RFC 9649, section 2): the size it states must be there, and so must its chunks. */
import { endsInNothing, isZero } from "./file-bytes.ts";
import type { StructureCheck } from "./structure-check.ts";
import { CUT_OFF, NOT_WRITTEN } from "./structure-check.ts";

const HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const PICTURE_CHUNKS = new Set(["VP8 ", "VP8L", "ALPH", "ANMF"]);

export const checkRiff: StructureCheck = async (file) => {
  const end = 8 + (await file.read(0, HEAD_BYTES)).readUInt32LE(4);
  if (end > file.size) return CUT_OFF;
  if (end <= HEAD_BYTES) return NOT_WRITTEN; // a writer that does not know the size yet
  for (let at = HEAD_BYTES; at + CHUNK_HEAD_BYTES <= end;) {
    const head = await file.read(at, CHUNK_HEAD_BYTES);
    if (isZero(head)) return NOT_WRITTEN;
    const start = at + CHUNK_HEAD_BYTES;
    const length = head.readUInt32LE(4);
    const isPicture = PICTURE_CHUNKS.has(head.toString("latin1", 0, 4));
    if (start + length > end) return isPicture ? CUT_OFF : undefined;
    if (isPicture && (await endsInNothing(file, start, start + length))) return NOT_WRITTEN;
    at = start + length + (length % 2); // chunks start at even places
  }
  return undefined;
};
