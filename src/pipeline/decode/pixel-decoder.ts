/** Decodes in a worker at full size, then shrinks. */
import { isAbort, PhotonError } from "../../errors.ts";
import type { DecodedImage } from "../../photo/types.ts";
import type { RgbaImage } from "./bmp.ts";
import type { DecodeRequest } from "./decode-request.ts";
import { decodeTarget } from "./decode-target.ts";
import type { PixelJob } from "./pixel-worker.ts";
import { pixelWorkers } from "./pixel-workers.ts";
import { decodeFailure, runSharp } from "./sharp-decoder.ts";

const runWorker = async (job: PixelJob, { limits, signal, title }: DecodeRequest): Promise<RgbaImage> => {
  try {
    return await pixelWorkers.decode(job, { timeoutMs: limits.timeoutMs, signal });
  } catch (error) {
    if (error instanceof PhotonError || isAbort(error) || signal.aborted) throw error;
    throw decodeFailure(error, title);
  }
};

/** The size in `job` must have been checked against the limits. */
export const decodePixels = async (job: PixelJob, request: DecodeRequest): Promise<DecodedImage> => {
  const { width, height, data } = await runWorker(job, request);
  const target = decodeTarget(width, height, request.needs);
  const raw = { width, height, channels: 4 } as const;
  const image = await runSharp(
    (sharp) => sharp(data, { raw, limitInputPixels: false }).resize(target.width, target.height, { fit: "fill" }),
    request,
  );
  return { ...image, originalWidth: width, originalHeight: height, orientation: 1 };
};
