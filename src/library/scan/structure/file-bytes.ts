/** Parts of an open file, through a window: structure checks read few bytes here and there. */
import type { FileHandle } from "node:fs/promises";

const WINDOW_BYTES = 64 * 1024;

export interface FileBytes {
  readonly size: number;
  /** Up to the end of the file; at most 64 KiB. Valid until the next call. */
  readonly read: (position: number, length: number) => Promise<Buffer>;
}

export const createFileBytes = (file: FileHandle, size: number): FileBytes => {
  const window = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, Math.max(size, 1)));
  let start = 0;
  let filled = 0;
  const fill = async (position: number): Promise<void> => {
    start = position;
    filled = 0;
    while (filled < window.length) {
      const { bytesRead } = await file.read(window, filled, window.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
  };
  return {
    size,
    read: async (position, length) => {
      const end = Math.min(position + length, size);
      if (position >= end) return window.subarray(0, 0);
      if (position < start || end > start + filled) await fill(position);
      return window.subarray(position - start, Math.min(end - start, filled));
    },
  };
};

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** Compressed pictures do not end in so many zeros; space that is reserved and not written yet does. */
const ZERO_TAIL_BYTES = 4096;

/** True when a part of compressed bytes is there in length only. */
export const endsInNothing = async (file: FileBytes, start: number, end: number): Promise<boolean> =>
  end - start > 2 * ZERO_TAIL_BYTES && isZero(await file.read(end - ZERO_TAIL_BYTES, ZERO_TAIL_BYTES));
