/** GIF (89a specification, section 17 on): blocks up to the trailer. */
import type { FileBytes } from "./file-bytes.ts";
import type { StructureCheck } from "./structure-check.ts";
import { CUT_OFF, NOT_WRITTEN } from "./structure-check.ts";

const SCREEN_BYTES = 13;
const SCREEN_FLAGS = 10;
const IMAGE_BYTES = 10;
const IMAGE_FLAGS = 9;
const TRAILER = 0x3b;
const IMAGE = 0x2c;
const EXTENSION = 0x21;

/** Bytes of the colour table that these flags announce. */
const colourTableBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1));

const skipSubBlocks = async (file: FileBytes, start: number): Promise<number> => {
  for (let at = start; at < file.size;) {
    const [length = 0] = await file.read(at, 1);
    at += 1 + length;
    if (length === 0) return at;
  }
  return file.size;
};

export const checkGif: StructureCheck = async (file) => {
  const screen = await file.read(0, SCREEN_BYTES);
  let at = SCREEN_BYTES + colourTableBytes(screen[SCREEN_FLAGS] ?? 0);
  while (at < file.size) {
    const head = await file.read(at, IMAGE_BYTES);
    const [kind = 0] = head;
    switch (kind) {
      case TRAILER:
        return undefined;
      case IMAGE:
        // The byte before the data is the size of its codes.
        at = await skipSubBlocks(file, at + IMAGE_BYTES + colourTableBytes(head[IMAGE_FLAGS] ?? 0) + 1);
        break;
      case EXTENSION:
        at = await skipSubBlocks(file, at + 2);
        break;
      case 0:
        return NOT_WRITTEN;
      default:
        return undefined;
    }
  }
  return CUT_OFF;
};
