/** The contract of the checks in this folder. */
import type { FileBytes } from "./file-bytes.ts";

/**
 * Whether the file holds what its own structure promises.
 * @returns what is not there yet, a whole sentence; undefined when nothing is missing, or when the file is damaged in a
 * way that no waiting mends: the decoder says what is wrong with it.
 */
export type StructureCheck = (file: FileBytes) => Promise<string | undefined>;

/** For parts that lie behind the end of the file. */
export const CUT_OFF = "The file ends before its content does.";
/** For parts that are reserved and hold nothing. */
export const NOT_WRITTEN = "The file has its length, but its content is not written yet.";
