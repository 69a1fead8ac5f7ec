/** PNG (W3C PNG 3, section 5): chunks up to IEND. */
import { isZero } from "./file-bytes.ts";
import type { StructureCheck } from "./structure-check.ts";
import { CUT_OFF, NOT_WRITTEN } from "./structure-check.ts";

const SIGNATURE_BYTES = 8;
const CHUNK_HEAD_BYTES = 8;
/** Length, type and checksum. */
const CHUNK_FRAME_BYTES = 12;
const CHUNK_TYPE = /^[A-Za-z]{4}$/;

export const checkPng: StructureCheck = async (file) => {
  for (let at = SIGNATURE_BYTES; ;) {
    const head = await file.read(at, CHUNK_HEAD_BYTES);
    if (head.length < CHUNK_HEAD_BYTES) return CUT_OFF;
    const type = head.toString("latin1", 4);
    if (!CHUNK_TYPE.test(type)) return isZero(head) ? NOT_WRITTEN : undefined;
    at += CHUNK_FRAME_BYTES + head.readUInt32BE(0);
    if (at > file.size) return CUT_OFF;
    if (type === "IEND") return undefined;
  }
};
