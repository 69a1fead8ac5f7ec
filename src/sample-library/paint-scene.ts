/** Renders a scene to pixels and gives it what cameras add: grain, a darker rim, a trace of blur. */
import type { Random } from "./random.ts";
import { createRandom, seedFor } from "./random.ts";
import type { Scene } from "./scene.ts";
import { LANDSCAPE, PORTRAIT } from "./scene.ts";
import { SOFT_FILTERS } from "./svg.ts";

/** Interleaved 8-bit sRGB. */
export interface PaintedScene {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface PaintOptions {
  /** Variation of the scene. */
  readonly seed: number;
  /** Longest edge, pixels. */
  readonly size: number;
  /** Canvas units; a step to the side, for bursts. */
  readonly shift?: number;
}

const GRAIN_TILE = 1 << 16;

/** Approximately normal values of -grain..grain, reused over the picture. */
const grainTile = (random: Random, grain: number): Int8Array =>
  Int8Array.from({ length: GRAIN_TILE }, () =>
    Math.round((random.between(-1, 1) + random.between(-1, 1) + random.between(-1, 1)) * (grain / 3)),
  );

/** In place: grain on all three channels and a vignette of up to 14 %. */
const addCameraTraces = (picture: PaintedScene, random: Random): void => {
  const { width, height, data } = picture;
  const tile = grainTile(random, random.between(7, 15));
  const step = random.integer(3, 61) * 2 + 1;
  for (let y = 0, at = 0; y < height; y += 1) {
    const dy = (y / height - 0.5) ** 2;
    for (let x = 0; x < width; x += 1, at += 3) {
      const shade = 1 - 0.28 * (dy + (x / width - 0.5) ** 2);
      const noise = tile[(x * step + y * 7919 + ((x * y) >> 3)) & (GRAIN_TILE - 1)] ?? 0;
      for (let channel = at; channel < at + 3; channel += 1) {
        const value = (data[channel] ?? 0) * shade + noise;
        data[channel] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
    }
  }
};

export const sceneSvg = (
  scene: Scene,
  options: PaintOptions,
): { readonly svg: string } & Omit<PaintedScene, "data"> => {
  const canvas = scene.shape === "landscape" ? LANDSCAPE : PORTRAIT;
  const scale = options.size / Math.max(canvas.width, canvas.height);
  const [width, height] = [Math.round(canvas.width * scale), Math.round(canvas.height * scale)];
  const { defines, body } = scene.paint(createRandom(options.seed), canvas);
  // A little over-scan, so that a shifted picture has no empty edge.
  const view = `${12 + (options.shift ?? 0)} 8 ${canvas.width - 24} ${canvas.height - 16}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${view}" preserveAspectRatio="none"><defs>${SOFT_FILTERS}${defines}</defs>${body}</svg>`;
  return { svg, width, height };
};

export const paintScene = async (scene: Scene, options: PaintOptions): Promise<PaintedScene> => {
  const { default: sharp } = await import("sharp");
  const { svg, width, height } = sceneSvg(scene, options);
  const { data } = await sharp(Buffer.from(svg))
    .flatten({ background: "#000000" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const picture = { width, height, data };
  if (scene.name !== "screenshot") addCameraTraces(picture, createRandom(seedFor(options.seed, "camera")));
  return picture;
};
