/** JPEG (ITU-T T.81, annex B): the end marker must come after the start of the first scan; what follows it is free. */
import { JPEG_MARKERS } from "../../../photo/jpeg-markers.ts";
import type { FileBytes } from "./file-bytes.ts";
import { isZero } from "./file-bytes.ts";
import type { StructureCheck } from "./structure-check.ts";
import { CUT_OFF, NOT_WRITTEN } from "./structure-check.ts";

const { soi, eoi, sos } = JPEG_MARKERS;
const PREFIX = 0xff;
const TEMPORARY = 0x01;
const FIRST_RESTART = 0xd0;
const LAST_RESTART = 0xd7;
const MAX_FILL_BYTES = 64;
const END_MARKER = Buffer.from([PREFIX, eoi]);
const STEP_BYTES = 64 * 1024;

const standsAlone = (marker: number): boolean =>
  marker === soi || marker === TEMPORARY || (marker >= FIRST_RESTART && marker <= LAST_RESTART);

/** Where the picture itself begins; a sentence when the file does not come so far; undefined when it is no good JPEG. */
const startOfScan = async (file: FileBytes): Promise<number | string | undefined> => {
  let fillBytes = 0;
  for (let at = 2; ;) {
    const head = await file.read(at, 4);
    if (head.length < 4) return CUT_OFF;
    const marker = head[1] ?? 0;
    if (head[0] !== PREFIX) return isZero(head) ? NOT_WRITTEN : undefined;
    if (marker === PREFIX) {
      at += 1;
      if (++fillBytes > MAX_FILL_BYTES) return NOT_WRITTEN;
    } else if (marker === eoi) return undefined;
    else if (standsAlone(marker)) at += 2;
    else {
      const length = head.readUInt16BE(2);
      if (length < 2) return undefined;
      at += 2 + length;
      if (marker === sos) return at;
    }
  }
};

const hasEndMarkerAfter = async (file: FileBytes, start: number): Promise<boolean> => {
  for (let end = file.size; end > start; end -= STEP_BYTES - 1) {
    const from = Math.max(start, end - STEP_BYTES); // steps overlap by a byte: the marker has two
    if ((await file.read(from, end - from)).includes(END_MARKER)) return true;
  }
  return false;
};

export const checkJpeg: StructureCheck = async (file) => {
  const start = await startOfScan(file);
  if (typeof start !== "number") return start;
  return (await hasEndMarkerAfter(file, start)) ? undefined : CUT_OFF;
};
