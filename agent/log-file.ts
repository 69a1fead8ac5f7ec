/**
 * The log of an agent that runs as a service: one file, written line by line; when it is full it becomes `<path>.1`, the
 * one before `<path>.2`, and the oldest goes. One process writes it: the one that holds the agent's role.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { systemCode } from "../src/errors.ts";

const BYTES_PER_MIB = 1024 * 1024;
const LOG_FILE_BYTES = 5 * BYTES_PER_MIB;
const OLD_LOG_FILES = 3;

export interface LogFileOptions {
  readonly path: string;
  /** A file is full when a line would bring it over this. */
  readonly maxBytes?: number;
  /** Full files that are kept. */
  readonly keep?: number;
}

export interface LogFile extends Disposable {
  readonly write: (line: string) => void;
}

const moveIfThere = (from: string, to: string): void => {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
};

/** Oldest first, so that none is overwritten. */
const shift = (path: string, keep: number): void => {
  for (let number = keep - 1; number >= 1; number -= 1) moveIfThere(`${path}.${number}`, `${path}.${number + 1}`);
  if (keep > 0) moveIfThere(path, `${path}.1`);
  else rmSync(path, { force: true });
};

export const openLogFile = ({ path, maxBytes = LOG_FILE_BYTES, keep = OLD_LOG_FILES }: LogFileOptions): LogFile => {
  mkdirSync(dirname(path), { recursive: true });
  let file = openSync(path, "a", 0o600);
  let size = fstatSync(file).size;
  const write = (line: string): void => {
    const bytes = Buffer.from(`${line}\n`);
    if (size > 0 && size + bytes.length > maxBytes) {
      closeSync(file);
      shift(path, keep);
      file = openSync(path, "a", 0o600);
      size = 0;
    }
    // At once, so that the last words before a crash are there.
    writeSync(file, bytes);
    size += bytes.length;
  };
  return { write, [Symbol.dispose]: () => closeSync(file) };
};
