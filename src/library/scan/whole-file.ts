/**
 * Whether a file is whole, as far as its own structure tells. Copies that reserve their space first have the final size
 * from the start; only what is inside shows that they are not done. Whether it keeps still is another question.
 */
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { isAbort, systemCode } from "../../errors.ts";
import { nameOf } from "../../photo/path-bytes.ts";
import { sniffFormat } from "../../photo/sniff.ts";
import type { PhotoFormat } from "../../photo/types.ts";
import { checkBmp } from "./structure/bmp.ts";
import type { FileBytes } from "./structure/file-bytes.ts";
import { createFileBytes, isZero } from "./structure/file-bytes.ts";
import { checkGif } from "./structure/gif.ts";
import { checkIsoMedia } from "./structure/iso-media.ts";
import { checkJpeg } from "./structure/jpeg.ts";
import { checkPng } from "./structure/png.ts";
import { checkRaf } from "./structure/raf.ts";
import { checkRiff } from "./structure/riff.ts";
import type { StructureCheck } from "./structure/structure-check.ts";
import { NOT_WRITTEN } from "./structure/structure-check.ts";
import { checkTiff } from "./structure/tiff.ts";

export type WholeFileReply =
  | { readonly status: "whole" }
  /** `reason` is a whole sentence. */
  | { readonly status: "unfinished"; readonly reason: string }
  | { readonly status: "gone" }
  /** `code` of the system: EACCES, EIO. */
  | { readonly status: "unreadable"; readonly code: string };

/** Opening a pipe for reading would wait for a writer; Windows knows neither pipes nor the flag. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const HEAD_BYTES = 4096;
const EMPTY = "The file is empty.";
const GONE_CODES: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR"]);

/** RAW comes in three containers. */
const checkRaw: StructureCheck = async (file) => {
  const head = (await file.read(0, 16)).toString("latin1");
  if (head.startsWith("FUJIFILMCCD-RAW")) return checkRaf(file);
  return head.slice(4, 8) === "ftyp" ? checkIsoMedia(file) : checkTiff(file);
};

const CHECKS: Readonly<Record<PhotoFormat, StructureCheck>> = {
  jpeg: checkJpeg,
  png: checkPng,
  gif: checkGif,
  webp: checkRiff,
  tiff: checkTiff,
  bmp: checkBmp,
  avif: checkIsoMedia,
  heic: checkIsoMedia,
  raw: checkRaw,
};

const problemOf = async (file: FileBytes, name: string): Promise<string | undefined> => {
  if (file.size === 0) return EMPTY;
  const head = await file.read(0, HEAD_BYTES);
  if (isZero(head)) return NOT_WRITTEN;
  const format = sniffFormat(head, name);
  return format === undefined ? undefined : CHECKS[format](file); // no photo: the pipeline says so
};

const checkOpened = async (file: FileHandle, name: string): Promise<WholeFileReply> => {
  const found = await file.stat();
  if (!found.isFile()) return { status: "unreadable", code: "EINVAL" };
  const reason = await problemOf(createFileBytes(file, found.size), name);
  return reason === undefined ? { status: "whole" } : { status: "unfinished", reason };
};

/**
 * Reads a few kilobytes of most files; of a JPEG that is not whole all of it.
 * @param path absolute, exact bytes; links are followed
 */
export const checkWhole = async (path: Buffer, signal: AbortSignal): Promise<WholeFileReply> => {
  signal.throwIfAborted();
  try {
    await using file = await open(path, OPEN_FLAGS);
    return await checkOpened(file, nameOf(path));
  } catch (error) {
    if (isAbort(error)) throw error;
    const code = systemCode(error);
    if (code === undefined) throw error;
    return GONE_CODES.has(code) ? { status: "gone" } : { status: "unreadable", code };
  }
};
