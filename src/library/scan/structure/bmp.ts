/** BMP: the rows of pixels that the header announces, or the size it states where they are packed. */
import type { StructureCheck } from "./structure-check.ts";
import { CUT_OFF } from "./structure-check.ts";

const HEAD_BYTES = 34;
/** Of the oldest header, which has sizes of 16 bits and knows no packing. */
const OLD_HEADER_BYTES = 12;

export const checkBmp: StructureCheck = async (file) => {
  const head = await file.read(0, HEAD_BYTES);
  if (head.length < HEAD_BYTES) return CUT_OFF;
  const isOld = head.readUInt32LE(14) === OLD_HEADER_BYTES;
  const isPacked = !isOld && head.readUInt32LE(30) !== 0;
  const [width, height, bits] = isOld
    ? [head.readUInt16LE(18), head.readUInt16LE(20), head.readUInt16LE(24)]
    : [head.readInt32LE(18), Math.abs(head.readInt32LE(22)), head.readUInt16LE(28)];
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  const end = isPacked ? head.readUInt32LE(2) : head.readUInt32LE(10) + rowBytes * height;
  return end > file.size ? CUT_OFF : undefined;
};
