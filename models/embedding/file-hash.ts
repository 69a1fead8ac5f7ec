/** Hashes of files, computed while their bytes pass. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

const READ_BYTES = 1024 * 1024;

/** Lower-case hex. */
export interface FileHashes {
  readonly sha256: string;
  readonly blake3: string;
}

export interface FileHasher {
  readonly update: (chunk: Uint8Array) => void;
  /** Once, at the end. */
  readonly digest: () => FileHashes;
}

export const createFileHasher = async (): Promise<FileHasher> => {
  const { Blake3Hasher } = await import("@napi-rs/blake-hash");
  const sha256 = createHash("sha256");
  const blake3 = new Blake3Hasher();
  return {
    update: (chunk) => {
      sha256.update(chunk);
      blake3.update(chunk);
    },
    digest: () => ({ sha256: sha256.digest("hex"), blake3: blake3.digest("hex") }),
  };
};

/** Feeds a file into a hasher; returns its bytes. */
export const hashInto = async (hasher: FileHasher, path: string, signal?: AbortSignal): Promise<number> => {
  let bytes = 0;
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: READ_BYTES, signal });
  for await (const chunk of chunks) {
    hasher.update(chunk);
    bytes += chunk.length;
  }
  return bytes;
};

export const hashFile = async (path: string, signal?: AbortSignal): Promise<FileHashes> => {
  const hasher = await createFileHasher();
  await hashInto(hasher, path, signal);
  return hasher.digest();
};

/** What is known about a file before it is here. */
export type KnownHashes = { readonly [Algorithm in keyof FileHashes]?: string | undefined };

/** The first hash that differs from a known one. */
export const hashMismatch = (
  known: KnownHashes,
  actual: FileHashes,
): { readonly algorithm: keyof FileHashes; readonly expected: string; readonly received: string } | undefined => {
  for (const algorithm of ["sha256", "blake3"] as const) {
    const expected = known[algorithm];
    if (expected !== undefined && expected !== actual[algorithm]) {
      return { algorithm, expected, received: actual[algorithm] };
    }
  }
  return undefined;
};
