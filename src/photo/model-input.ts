/** Turns the one decode of a photo into the square picture an encoder wants, as its reference image processor does. */
import { loadSharp } from "./load-sharp.ts";
import { resample } from "./resample.ts";
import type { ModelInputSpec, RgbImage } from "./types.ts";

const KERNELS = { bilinear: "linear", bicubic: "cubic", lanczos3: "lanczos3" } as const;
/** Becomes about 0 after an encoder's normalisation. */
const BORDER = { r: 128, g: 128, b: 128 };

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Size before crop or border; the free edge is cut to whole pixels, never rounded up, as the reference does. */
const resizedSize = ({ width, height }: Size, { size, resize }: ModelInputSpec): Size => {
  if (resize === "squash") return { width: size, height: size };
  const given = resize === "pad" ? Math.max(width, height) : Math.min(width, height);
  const edge = (length: number): number => (length === given ? size : Math.max(1, Math.floor((size * length) / given)));
  return { width: edge(width), height: edge(height) };
};

/** Half of the difference, the odd pixel on the far side. */
const before = (outer: number, inner: number): number => Math.floor((outer - inner) / 2);

/**
 * Resizes antialiased, as {@link ModelInputSpec} says.
 * @returns interleaved 8-bit RGB, `spec.size` squared
 */
export const prepareModelInput = async (image: RgbImage, spec: ModelInputSpec): Promise<Uint8Array> => {
  const sharp = await loadSharp();
  const { width, height } = resizedSize(image, spec);
  const grows = width > image.width || height > image.height;
  const source: RgbImage = grows
    ? { data: resample(image, { width, height, kernel: spec.kernel }), width, height }
    : image;
  const resized = sharp(source.data, {
    raw: { width: source.width, height: source.height, channels: 3 },
    limitInputPixels: false,
  }).resize(width, height, { fit: "fill", kernel: KERNELS[spec.kernel] });
  const { size } = spec;
  if (spec.resize === "pad") {
    const [left, top] = [before(size, width), before(size, height)];
    resized.extend({ left, top, right: size - width - left, bottom: size - height - top, background: BORDER });
  } else {
    resized.extract({ left: before(width, size), top: before(height, size), width: size, height: size });
  }
  return resized.raw().toBuffer();
};
