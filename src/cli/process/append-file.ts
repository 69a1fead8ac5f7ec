/** A file that records are appended to, whole or not at all: what is written survives the end of this process. */
import { type FileHandle, open } from "node:fs/promises";
import { outputError } from "./output-target.ts";

export interface AppendFile extends AsyncDisposable {
  /** Rejects with a StorageError; the file then ends with the last complete record. */
  readonly append: (text: string) => Promise<void>;
  /** Resolves when everything is on the disk, safe from a power cut. */
  readonly sync: () => Promise<void>;
}

const NEWLINE = 0x0a;

const writeWhole = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  for (let written = 0; written < bytes.length;) {
    written += (await handle.write(bytes, written)).bytesWritten; // a short write is followed by the rest or the error
  }
};

const endsInsideLine = async (handle: FileHandle, size: number): Promise<boolean> => {
  const last = Buffer.alloc(1);
  return size > 0 && (await handle.read(last, 0, 1, size - 1)).bytesRead === 1 && last[0] !== NEWLINE;
};

/** @param kept sentence for errors: where earlier records are */
export const openAppendFile = async (path: string, kept: string): Promise<AppendFile> => {
  let handle: FileHandle;
  try {
    handle = await open(path, "a+");
  } catch (error) {
    throw outputError(path, error, kept);
  }
  let { size } = await handle.stat();
  const append = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    try {
      await writeWhole(handle, bytes);
      size += bytes.length;
    } catch (error) {
      await handle.truncate(size).catch(() => undefined); // the write error says what matters
      throw outputError(path, error, kept);
    }
  };
  if (await endsInsideLine(handle, size)) await append("\n");
  return { append, sync: async () => await handle.sync(), [Symbol.asyncDispose]: async () => await handle.close() };
};
