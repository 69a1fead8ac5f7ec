/** Reads the log of the service: its last lines, and those to come, also over a change of file. */
import type { FileHandle } from "node:fs/promises";
import { open, readFile, stat } from "node:fs/promises";
import type { Clock } from "../src/clock.ts";
import { MILLISECOND } from "../src/clock.ts";
import { systemCode } from "../src/errors.ts";

const POLL_MS = 250 * MILLISECOND;
const CHUNK_BYTES = 64 * 1024;

const ifThere = async <Value>(read: Promise<Value>): Promise<Value | undefined> => {
  try {
    return await read;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
};

const linesIn = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

/** The last `count` lines, oldest first; taken from the file before when the newest has fewer. Empty without a log. */
export const lastLines = async (path: string, count: number): Promise<readonly string[]> => {
  if (count === 0) return [];
  const newest = linesIn((await ifThere(readFile(path, "utf8"))) ?? "");
  if (newest.length >= count) return newest.slice(-count);
  const before = linesIn((await ifThere(readFile(`${path}.1`, "utf8"))) ?? "");
  return [...before, ...newest].slice(-count);
};

/** What was added behind `offset`, whole lines only. */
const readFrom = async (file: FileHandle, offset: number): Promise<{ lines: readonly string[]; end: number }> => {
  const chunks: Buffer[] = [];
  for (let end = offset; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, end);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    end += bytesRead;
  }
  const added = Buffer.concat(chunks);
  const whole = added.subarray(0, added.lastIndexOf("\n") + 1);
  return { lines: linesIn(whole.toString("utf8")), end: offset + whole.length };
};

const sameFile = async (file: FileHandle, path: string): Promise<boolean> => {
  const [held, named] = [await file.stat({ bigint: true }), await ifThere(stat(path, { bigint: true }))];
  return named !== undefined && held.ino === named.ino && held.dev === named.dev;
};

export interface FollowLogOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Bytes that were read already. */
  readonly from: number;
}

/** Lines as they are written, from now on. Ends without error when the signal aborts. */
export async function* followLog(path: string, { clock, signal, from }: FollowLogOptions): AsyncGenerator<string> {
  let offset = from;
  while (!signal.aborted) {
    const file = await ifThere(open(path, "r"));
    if (file === undefined) {
      await clock.sleep(POLL_MS, signal).catch(() => undefined); // the loop sees the abort
      continue;
    }
    try {
      for (let isCurrent = true; isCurrent && !signal.aborted;) {
        // Asked before reading: what was written until the change of file is read from this one.
        isCurrent = await sameFile(file, path);
        const { lines, end } = await readFrom(file, offset);
        yield* lines;
        offset = end;
        if (isCurrent) await clock.sleep(POLL_MS, signal).catch(() => undefined); // as above
      }
    } finally {
      await file.close();
    }
    offset = 0;
  }
}

/** Size of the log in bytes; 0 without one. */
export const logSize = async (path: string): Promise<number> => (await ifThere(stat(path)))?.size ?? 0;
