/**
 * Resizes as Pillow does (`Image.resize`, src/libImaging/Resample.c): what the image processors of published encoders
 * are built on. Plain and exact; for pictures that grow. Shrinking is left to sharp, which does the same faster but
 * places grown pixels half a pixel aside.
 */
import type { ModelInputSpec, RgbImage } from "./types.ts";

interface Kernel {
  /** Reach on either side, in pixels of the finer grid. */
  readonly support: number;
  readonly weight: (distance: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Keys' cubic convolution with a = -0.5. */
const cubic = (x: number): number => {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
};

const KERNELS: Readonly<Record<ModelInputSpec["kernel"], Kernel>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - x) },
  bicubic: { support: 2, weight: cubic },
  lanczos3: { support: 3, weight: (x) => (x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Which source pixels make a target pixel: the first one and the share of each. */
interface Taps {
  readonly first: number;
  readonly shares: Float64Array;
}

/** When the picture shrinks the kernel widens with it: no aliasing. */
const tapsOf = (from: number, to: number, { support, weight }: Kernel): readonly Taps[] => {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const shares = Float64Array.from({ length: end - first }, (__, tap) =>
      weight(Math.abs((first + tap - centre + 0.5) / stretch)),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    return { first, shares: shares.map((share) => share / sum) };
  });
};

const CHANNELS = 3;

/** Resizes along one axis; `stride` and `step` are the distances of lines and of pixels within a line, in samples. */
const resizeLines = (
  source: Uint8Array,
  taps: readonly Taps[],
  lines: {
    readonly count: number;
    readonly stride: readonly [number, number];
    readonly step: readonly [number, number];
  },
): Uint8Array => {
  const target = new Uint8ClampedArray(lines.count * taps.length * CHANNELS);
  for (let line = 0; line < lines.count; line += 1) {
    taps.forEach(({ first, shares }, place) => {
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const start = line * lines.stride[0] + first * lines.step[0] + channel;
        let value = 0;
        for (let tap = 0; tap < shares.length; tap += 1) {
          value += (shares[tap] ?? 0) * (source[start + tap * lines.step[0]] ?? 0);
        }
        target[line * lines.stride[1] + place * lines.step[1] + channel] = value; // rounds and clamps
      }
    });
  }
  return new Uint8Array(target.buffer);
};

/** @returns interleaved 8-bit RGB of `width` times `height` pixels */
export const resample = (
  { data, width: fromWidth, height: fromHeight }: RgbImage,
  {
    width,
    height,
    kernel,
  }: { readonly width: number; readonly height: number; readonly kernel: ModelInputSpec["kernel"] },
): Uint8Array => {
  const wide = resizeLines(data, tapsOf(fromWidth, width, KERNELS[kernel]), {
    count: fromHeight,
    stride: [fromWidth * CHANNELS, width * CHANNELS],
    step: [CHANNELS, CHANNELS],
  });
  return resizeLines(wide, tapsOf(fromHeight, height, KERNELS[kernel]), {
    count: width,
    stride: [CHANNELS, CHANNELS],
    step: [width * CHANNELS, width * CHANNELS],
  });
};
