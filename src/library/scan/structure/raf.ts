/** RAF: a fixed header names the preview, the list of records and the sensor data by place and length. */
import type { StructureCheck } from "./structure-check.ts";
import { CUT_OFF, NOT_WRITTEN } from "./structure-check.ts";

const FIRST_PART = 84;
const PARTS = 3;
const PART_BYTES = 8;

export const checkRaf: StructureCheck = async (file) => {
  const head = await file.read(FIRST_PART, PARTS * PART_BYTES);
  if (head.length < PARTS * PART_BYTES) return CUT_OFF;
  if (head.readUInt32BE(0) === 0) return NOT_WRITTEN;
  for (let at = 0; at < head.length; at += PART_BYTES) {
    if (head.readUInt32BE(at) + head.readUInt32BE(at + 4) > file.size) return CUT_OFF;
  }
  return undefined;
};
