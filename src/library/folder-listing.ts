/** Lists one folder: names as exact bytes where text cannot hold them, sorted. */
import { isUtf8 } from "node:buffer";
import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";

export interface FolderEntry {
  /** Name as text; bytes that are not UTF-8 became U+FFFD. */
  readonly name: string;
  /** Exact bytes, when `name` is not exact. */
  readonly bytes?: Buffer;
  readonly kind: "file" | "folder" | "link" | "other";
}

const REPLACEMENT_CHARACTER = "\uFFFD";
const kindOf = (entry: Dirent<string> | Dirent<Buffer>): FolderEntry["kind"] => {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : "other";
};

const byName = (left: FolderEntry, right: FolderEntry): number =>
  left.name < right.name ? -1 : left.name > right.name ? 1 : 0;

const listAsBytes = async (folder: Buffer): Promise<FolderEntry[]> => {
  const entries = await readdir(folder, { withFileTypes: true, encoding: "buffer" });
  return entries.map((entry) => {
    const name = entry.name.toString();
    return { name, kind: kindOf(entry), ...(isUtf8(entry.name) ? {} : { bytes: entry.name }) };
  });
};

const list = async (folder: Buffer): Promise<FolderEntry[]> => {
  if (!isUtf8(folder)) return await listAsBytes(folder);
  const entries = await readdir(folder.toString(), { withFileTypes: true });
  if (entries.some(({ name }) => name.includes(REPLACEMENT_CHARACTER))) return await listAsBytes(folder);
  return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
};

/** @param folder absolute path. Rejects with the system's error. */
export const listFolder = async (folder: Buffer): Promise<readonly FolderEntry[]> => (await list(folder)).sort(byName);
