/** Paths as exact bytes: names need not be UTF-8. All absolute, without a trailing separator unless they are a root. */
import { sep } from "node:path";

const SEPARATOR = Buffer.from(sep);

const endsWithSeparator = (path: Uint8Array): boolean => path.at(-1) === SEPARATOR[0];

export const joinPath = (folder: Uint8Array, name: Uint8Array): Buffer =>
  endsWithSeparator(folder) ? Buffer.concat([folder, name]) : Buffer.concat([folder, SEPARATOR, name]);

/** The folder part; the root of a file system is its own parent. */
export const parentOf = (path: Buffer): Buffer => {
  const end = path.lastIndexOf(SEPARATOR);
  const parent = path.subarray(0, Math.max(end, 0));
  return parent.length === 0 || parent.at(-1) === ":".charCodeAt(0) ? path.subarray(0, end + 1) : parent;
};

export const nameOf = (path: Buffer): string => path.subarray(path.lastIndexOf(SEPARATOR) + 1).toString();

/** True when `path` is `folder` or lies below it. */
export const isInside = (path: Buffer, folder: Buffer): boolean => {
  if (path.length < folder.length || !path.subarray(0, folder.length).equals(folder)) return false;
  return path.length === folder.length || path[folder.length] === SEPARATOR[0] || endsWithSeparator(folder);
};

/** The part of `path` below `folder`, without a leading separator. */
export const relativeTo = (folder: Buffer, path: Buffer): Buffer =>
  path.subarray(endsWithSeparator(folder) ? folder.length : folder.length + SEPARATOR.length);
