/** The bytes of a photo out of one of its files, checked to be the photo still. */
import type { SubjectFile } from "../catalogue/subject-repository.ts";
import { UnreadablePhotoError } from "../errors.ts";
import { hashBytes } from "../photo/content-hash.ts";
import type { DecodeLimits } from "../photo/types.ts";
import { readPhotoFile } from "../pipeline/decode/read-photo-file.ts";

export interface PhotoContent {
  readonly bytes: Uint8Array;
  /** Below its root, as text. */
  readonly path: string;
}

/** Says something about the file, and not about the picture in it: a disk that is not plugged in, a copy under way. */
const IS_ABOUT_FILE: ReadonlySet<string> = new Set(["not_found", "unreadable", "unstable_file"]);

/**
 * The first file that can be read and still has this content: whatever a path leads to by now, nothing else is given out.
 * @returns undefined = there is none now
 * @throws UnreadablePhotoError `too_large`
 */
export const readPhotoContent = async (
  contentHash: string,
  files: readonly SubjectFile[],
  { limits, signal }: { readonly limits: DecodeLimits; readonly signal: AbortSignal },
): Promise<PhotoContent | undefined> => {
  for (const { absolutePath, path } of files.filter(({ isPresent }) => isPresent)) {
    try {
      const { bytes } = await readPhotoFile(absolutePath, { limits, signal });
      if (hashBytes(bytes) === contentHash) return { bytes, path };
    } catch (error) {
      if (!(error instanceof UnreadablePhotoError && IS_ABOUT_FILE.has(error.failure))) throw error;
    }
  }
  return undefined;
};
