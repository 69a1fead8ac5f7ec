/** Turns the one decode of a photo into the square picture an encoder wants. */
import { loadSharp } from "./load-sharp.ts";
import type { ModelInputSpec, RgbImage } from "./types.ts";

const KERNELS = { bilinear: "linear", bicubic: "cubic", lanczos3: "lanczos3" } as const;
const FITS = { squash: "fill", "short-side-crop": "cover", pad: "contain" } as const;
/** Becomes about 0 after an encoder's normalisation. */
const BORDER = { r: 128, g: 128, b: 128 };

/**
 * Resizes antialiased, as {@link ModelInputSpec} says.
 * @returns interleaved 8-bit RGB, `spec.size` squared
 */
export const prepareModelInput = async (image: RgbImage, spec: ModelInputSpec): Promise<Uint8Array> => {
  const sharp = await loadSharp();
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 }, limitInputPixels: false })
    .resize(spec.size, spec.size, {
      fit: FITS[spec.resize],
      kernel: KERNELS[spec.kernel],
      position: "centre",
      background: BORDER,
    })
    .raw()
    .toBuffer();
};
