/** Small pictures as PNG, the one format that every terminal with pictures reads. */
import { loadSharp } from "./load-sharp.ts";

/** @param encoded any format that renditions have */
export const toPng = async (encoded: Uint8Array): Promise<Uint8Array> => {
  const sharp = await loadSharp();
  return sharp(encoded).png().toBuffer();
};
