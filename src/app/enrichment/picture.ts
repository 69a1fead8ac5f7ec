/** From a photo of the library to the picture that may leave: file, content check, decode, new JPEG. */
import type { PhotoSubject } from "../../catalogue/subject-repository.ts";
import { MINUTE, SECOND } from "../../clock.ts";
import { UnreadablePhotoError } from "../../errors.ts";
import { JobFailure } from "../../jobs/failure.ts";
import type { ProviderImage, ProviderImageSettings } from "../../photo/provider-image.ts";
import { encodeProviderImage, SMALLER_PROVIDER_EDGE } from "../../photo/provider-image.ts";
import { identifyFormat } from "../../photo/sniff.ts";
import type { DecodedImage, DecodeLimits } from "../../photo/types.ts";
import { decodePhoto } from "../../pipeline/decode/decode-photo.ts";
import { readPhotoContent } from "../photo-content.ts";
import type { EncodingGate } from "./encoding-gate.ts";

/** Before a file that is missing is looked for again; doubled each time up to the longest. */
const FIRST_WAIT_MS = 10 * SECOND;
const LONGEST_WAIT_MS = 60 * MINUTE;

export interface Picture extends ProviderImage {
  /** For a second try, when a provider rejects the first one. */
  readonly smaller: () => Promise<ProviderImage>;
}

export interface PictureDeps {
  readonly limits: DecodeLimits;
  readonly image: ProviderImageSettings;
  readonly gate: EncodingGate;
}

/** How long a job waits that has waited so many times before. */
export const waitFor = (snoozes: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(snoozes, 12));

const decode = async (
  photo: PhotoSubject,
  deps: PictureDeps,
  signal: AbortSignal,
): Promise<DecodedImage | undefined> => {
  const { limits } = deps;
  const content = await readPhotoContent(photo.contentHash, photo.files, { limits, signal });
  if (content === undefined) return undefined;
  const { bytes, path } = content;
  const needs = { thumbnailSize: deps.image.maxEdge, modelInput: undefined };
  return decodePhoto(bytes, identifyFormat(bytes, path), { needs, limits, signal });
};

/**
 * @param snoozes how often the job has waited before
 * @throws JobFailure waiting: no file with this content can be read now; bad_image: it cannot be decoded
 */
export const openPicture = async (
  photo: PhotoSubject,
  deps: PictureDeps,
  { signal, snoozes }: { readonly signal: AbortSignal; readonly snoozes: number },
): Promise<Picture> =>
  deps.gate.pass(async () => {
    try {
      const decoded = await decode(photo, deps, signal);
      if (decoded === undefined) {
        const wait = { retryAfterMs: waitFor(snoozes) };
        throw new JobFailure({ class: "waiting", code: "MISSING_INPUT", sub: "PHOTO_UNREACHABLE", ...wait });
      }
      const { quality } = deps.image;
      return {
        ...(await encodeProviderImage(decoded, deps.image)),
        smaller: () => encodeProviderImage(decoded, { maxEdge: SMALLER_PROVIDER_EDGE, quality }),
      };
    } catch (error) {
      if (!(error instanceof UnreadablePhotoError)) throw error;
      throw new JobFailure({ class: "bad_image", code: "IMAGE_UNREADABLE" }, { cause: error });
    }
  }, signal);
