/** Reads what `photon process` wrote, without using photon. */
import { existsSync, readFileSync } from "node:fs";

export interface ReadRecord {
  readonly file_path: string;
  readonly content_hash?: string;
  readonly type?: string;
  readonly code?: string;
  readonly embedding?: readonly number[];
}

/** Complete lines of a file; a torn last one is left out. */
export const readLines = (path: string): readonly ReadRecord[] => {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as ReadRecord); // the caller knows what was written
};

export const parseLines = (text: string): readonly ReadRecord[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ReadRecord); // as above

export const readArray = (path: string): readonly ReadRecord[] =>
  JSON.parse(readFileSync(path, "utf8")) as readonly ReadRecord[]; // as above

export const pathsOf = (records: readonly ReadRecord[]): readonly string[] => records.map((record) => record.file_path);
