/** HEIF, AVIF and CR3 (ISO 14496-12, 4.2): every box of the first level inside the file, the picture data among them. */
import type { FileBytes } from "./file-bytes.ts";
import { endsInNothing, isZero } from "./file-bytes.ts";
import type { StructureCheck } from "./structure-check.ts";
import { CUT_OFF, NOT_WRITTEN } from "./structure-check.ts";

const HEAD_BYTES = 8;
const LONG_HEAD_BYTES = 16;
/** Version and flags, before the boxes in `meta`. */
const META_HEAD_BYTES = 12;
const BOX_TYPE = /^[\x20-\x7e]{4}$/;

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** A sentence when it is not there in full, undefined when no box begins here. */
const boxAt = async (file: FileBytes, at: number, limit: number): Promise<Box | string | undefined> => {
  const head = await file.read(at, LONG_HEAD_BYTES);
  if (head.length < HEAD_BYTES) return CUT_OFF;
  if (isZero(head.subarray(0, HEAD_BYTES))) return NOT_WRITTEN;
  const type = head.toString("latin1", 4, HEAD_BYTES);
  const stated = head.readUInt32BE(0);
  if (!BOX_TYPE.test(type)) return undefined;
  if (stated === 1 && head.length < LONG_HEAD_BYTES) return CUT_OFF;
  const size = stated === 1 ? Number(head.readBigUInt64BE(HEAD_BYTES)) : stated === 0 ? limit - at : stated;
  if (size < HEAD_BYTES) return undefined;
  return at + size > limit ? CUT_OFF : { type, start: at, end: at + size };
};

/** The small pictures that lie in the description itself. */
const holdsData = async (file: FileBytes, meta: Box): Promise<boolean> => {
  for (let at = meta.start + META_HEAD_BYTES; at < meta.end;) {
    const box = await boxAt(file, at, meta.end);
    if (typeof box !== "object") return false;
    if (box.type === "idat") return true;
    at = box.end;
  }
  return false;
};

export const checkIsoMedia: StructureCheck = async (file) => {
  let hasDescription = false;
  let hasData = false;
  for (let at = 0; at < file.size;) {
    const box = await boxAt(file, at, file.size);
    const isAllThere = hasDescription && hasData;
    if (typeof box !== "object") return isAllThere && box !== CUT_OFF ? undefined : box;
    if (box.type === "mdat" && (await endsInNothing(file, box.start, box.end))) return NOT_WRITTEN;
    hasDescription ||= box.type === "meta" || box.type === "moov";
    hasData ||= box.type === "mdat" || (box.type === "meta" && (await holdsData(file, box)));
    at = box.end;
  }
  return hasDescription && hasData ? undefined : CUT_OFF;
};
