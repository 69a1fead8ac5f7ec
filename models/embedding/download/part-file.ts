/**
 * A file on its way: `<name>.part` with the bytes so far and `<name>.part.json` with where they come from. The part
 * becomes the file only when bytes and hash agree, so whatever carries the name is whole.
 */
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { systemCode } from "../../../src/errors.ts";
import { namingFullDisk, writeFileAtomically } from "../atomic-file.ts";
import type { FileHasher, FileHashes, KnownHashes } from "../file-hash.ts";
import { createFileHasher, hashInto } from "../file-hash.ts";

const stateSchema = z.object({
  /** Address the bytes come from, after no redirect. */
  url: z.string(),
  /** Of the reply; lets the server say whether the file is still the same. */
  etag: z.string().optional(),
  sha256: z.string().optional(),
  blake3: z.string().optional(),
});
export type PartState = Readonly<z.output<typeof stateSchema>>;

const partPath = (path: string): string => `${path}.part`;
const statePath = (path: string): string => `${path}.part.json`;

/** Bytes that need not be fetched again; 0 without a part. */
export const partBytes = async (path: string): Promise<number> => {
  try {
    return (await stat(partPath(path))).size;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return 0;
    throw error;
  }
};

const removePart = async (path: string): Promise<void> => {
  await rm(partPath(path), { force: true });
  await rm(statePath(path), { force: true });
};

const readState = async (path: string): Promise<PartState | undefined> => {
  try {
    return stateSchema.safeParse(JSON.parse(await readFile(statePath(path), "utf8"))).data;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === "ENOENT") return undefined; // without it the part is worthless
    throw error;
  }
};

/** Makes a rename or a new file survive a power cut, where the system can (Windows opens no folders). */
const syncFolder = async (path: string): Promise<void> => {
  try {
    await using folder = await open(path, "r");
    await folder.sync();
  } catch (error) {
    if (!["EPERM", "EISDIR", "EACCES", "EINVAL"].includes(systemCode(error) ?? "")) throw error;
  }
};

const isSameFile = (state: PartState, expected: KnownHashes): boolean =>
  state.sha256 === expected.sha256 && state.blake3 === expected.blake3;

const writeAll = async (file: FileHandle, chunk: Uint8Array, position: number): Promise<void> => {
  for (let written = 0; written < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
};

interface PartContent {
  readonly hasher: FileHasher;
  readonly bytes: number;
  readonly state: PartState | undefined;
}

/** An open part. Closing it keeps it for the next attempt. */
export class PartFile implements AsyncDisposable {
  readonly #path: string;
  readonly #file: FileHandle;
  #hasher: FileHasher;
  #bytes: number;
  #state: PartState | undefined;
  #isOpen = true;

  constructor(path: string, file: FileHandle, { hasher, bytes, state }: PartContent) {
    this.#path = path;
    this.#file = file;
    this.#hasher = hasher;
    this.#bytes = bytes;
    this.#state = state;
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined for a fresh part. */
  get state(): PartState | undefined {
    return this.#state;
  }

  /** Before the first byte of a reply is appended. */
  async record(state: PartState): Promise<void> {
    this.#state = state;
    await writeFileAtomically(statePath(this.#path), `${JSON.stringify(state)}\n`);
  }

  async append(chunk: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#file, chunk, this.#bytes);
    } catch (error) {
      throw namingFullDisk(this.#path, error);
    }
    this.#hasher.update(chunk);
    this.#bytes += chunk.length;
  }

  /** Throws away what is there. */
  async restart(): Promise<void> {
    await this.#file.truncate(0);
    this.#hasher = await createFileHasher();
    this.#bytes = 0;
  }

  /** Syncs the part; hashes of all its bytes. Once. */
  async finish(): Promise<FileHashes> {
    await this.#file.sync();
    return this.#hasher.digest();
  }

  /** After `finish`: the part takes the file's name. */
  async publish(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await rename(partPath(this.#path), this.#path);
    await rm(statePath(this.#path), { force: true });
    await syncFolder(dirname(this.#path));
  }

  /** Removes part and state. */
  async remove(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await removePart(this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOpen) await this.#file.close();
    this.#isOpen = false;
  }
}

/** "r+" needs the file to be there, and "a" ignores positions. */
const openForWriting = async (path: string): Promise<FileHandle> => {
  await (await open(path, "a")).close();
  return open(path, "r+");
};

/**
 * Opens the part of `path`, hashing what is there; a part of another file is thrown away.
 * @param expected what the whole file must hash to, as far as it is known
 */
export const openPart = async (path: string, expected: KnownHashes, signal: AbortSignal): Promise<PartFile> => {
  await mkdir(dirname(path), { recursive: true });
  const found = await readState(path);
  const state = found !== undefined && isSameFile(found, expected) ? found : undefined;
  if (state === undefined) await removePart(path);
  const file = await openForWriting(partPath(path));
  try {
    const hasher = await createFileHasher();
    const bytes = await hashInto(hasher, partPath(path), signal);
    return new PartFile(path, file, { hasher, bytes, state });
  } catch (error) {
    await file.close();
    throw error;
  }
};
