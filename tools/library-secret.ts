/** Secrets of a library: files of 32 random bytes that this user alone can read, made by whoever needs them first. */
import { hkdfSync, randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StorageError, systemCode } from "../src/errors.ts";

const BYTES = 32;
/** What seals are made with. */
export const SEAL_FILE = "mcp-seal";
/** What clients of `photon mcp --http` show. */
export const BEARER_FILE = "mcp-token";

/** `path` gets the finished file or keeps what it has: of several processes that start at once one makes it. */
const putInPlace = async (draft: string, path: string): Promise<void> => {
  try {
    await link(draft, path);
  } catch (error) {
    if (systemCode(error) === "EEXIST") return;
    await rename(draft, path); // a file system without links
  }
};

const makeSecret = async (folder: string, path: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, `${randomBytes(BYTES).toString("hex")}\n`, { flag: "wx", mode: 0o600 });
    await putInPlace(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
};

const readText = async (path: string): Promise<string | undefined> => {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
};

const readSecret = async (folder: string, path: string): Promise<string> => {
  const known = await readText(path);
  if (known !== undefined) return known;
  await makeSecret(folder, path);
  return (await readText(path)) ?? "";
};

/** 64 hex digits. @throws StorageError when the file cannot be read, made, or is not ours */
export const loadSecret = async (folder: string, name: string): Promise<string> => {
  const path = join(folder, name);
  const text = await readSecret(folder, path).catch((error: unknown) => {
    throw new StorageError(`Expected a file of random bytes at ${path}, received an error.`, {
      cause: error,
      hint: "Check that the folder of the library can be written.",
    });
  });
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new StorageError(`Expected 64 hex digits in ${path}, received something else.`, {
      hint: "Delete the file; photon makes it anew.",
    });
  }
  await chmod(path, 0o600); // a copy of the library may have lost it
  return text;
};

/** A key for one purpose only. */
export const deriveKey = (secret: string, purpose: "request-state" | "confirm-token"): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", Buffer.from(secret, "hex"), "", `photon mcp ${purpose}`, BYTES));
