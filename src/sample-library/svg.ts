/** The few SVG shapes the scenes are painted with. Numbers are canvas units; the canvas is 1200 x 800 or 800 x 1200. */
import type { Random } from "./random.ts";

export type Hsl = readonly [hue: number, saturation: number, lightness: number];
export type Point = readonly [x: number, y: number];

const decimal = (value: number): string => String(Math.round(value * 1000) / 1000);
const n = (value: number): string => String(Math.round(value * 10) / 10);

/** Hue 0..360, saturation and lightness in percent, opacity 0..1. */
export const hsl = (hue: number, saturation: number, lightness: number, opacity = 1): string =>
  `hsla(${n(((hue % 360) + 360) % 360)},${n(saturation)}%,${n(lightness)}%,${Math.round(opacity * 100) / 100})`;

/** Blurs by id: the larger the number the softer. */
const SOFT = { 2: "url(#soft2)", 6: "url(#soft6)", 14: "url(#soft14)" } as const;
export const SOFT_FILTERS = [2, 6, 14]
  .map(
    (size) =>
      `<filter id="soft${size}" x="-20%" y="-40%" width="140%" height="180%"><feGaussianBlur stdDeviation="${size}"/></filter>`,
  )
  .join("");

export interface Style {
  readonly fill?: string;
  readonly stroke?: string;
  readonly width?: number;
  readonly opacity?: number;
  readonly soft?: keyof typeof SOFT;
  readonly transform?: string;
}

/** Opacity goes to fill and stroke: an `opacity` of its own makes the renderer paint every shape on a layer. */
const attributes = ({ fill = "none", stroke, width, opacity, soft, transform }: Style): string =>
  [
    `fill="${fill}"`,
    stroke === undefined ? "" : `stroke="${stroke}" stroke-width="${n(width ?? 1)}" stroke-linecap="round"`,
    opacity === undefined ? "" : `fill-opacity="${decimal(opacity)}" stroke-opacity="${decimal(opacity)}"`,
    soft === undefined ? "" : `filter="${SOFT[soft]}"`,
    transform === undefined ? "" : `transform="${transform}"`,
  ].join(" ");

export const rect = (x: number, y: number, width: number, height: number, style: Style, radius = 0): string =>
  `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${n(radius)}" ${attributes(style)}/>`;

export const ellipse = (x: number, y: number, radiusX: number, radiusY: number, style: Style): string =>
  `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(radiusX)}" ry="${n(radiusY)}" ${attributes(style)}/>`;

export const circle = (x: number, y: number, radius: number, style: Style): string =>
  ellipse(x, y, radius, radius, style);

export const line = (x1: number, y1: number, x2: number, y2: number, style: Style): string =>
  `<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" ${attributes(style)}/>`;

export const polygon = (points: readonly Point[], style: Style): string =>
  `<polygon points="${points.map(([x, y]) => `${n(x)},${n(y)}`).join(" ")}" ${attributes(style)}/>`;

export const path = (commands: string, style: Style): string =>
  `<path d="${commands.replaceAll(/-?\d+\.\d+/g, (number) => n(Number(number)))}" ${attributes(style)}/>`;

export const group = (
  children: readonly string[],
  { soft, opacity, transform }: Pick<Style, "soft" | "opacity" | "transform">,
): string =>
  [
    "<g",
    soft === undefined ? "" : ` filter="${SOFT[soft]}"`,
    opacity === undefined ? "" : ` opacity="${decimal(opacity)}"`,
    transform === undefined ? "" : ` transform="${transform}"`,
    `>${children.join("")}</g>`,
  ].join("");

/** `count` shapes from one function. */
export const many = (count: number, shape: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => shape(index)).join("");

export type Stop = readonly [offset: number, color: string];

/** A gradient definition and the paint that refers to it. Direction: down unless `across`. */
export const gradient = (
  id: string,
  stops: readonly Stop[],
  direction: "down" | "across" | "round" = "down",
): { readonly define: string; readonly paint: string } => {
  const colors = stops.map(([offset, color]) => `<stop offset="${n(offset)}%" stop-color="${color}"/>`).join("");
  const define =
    direction === "round"
      ? `<radialGradient id="${id}">${colors}</radialGradient>`
      : `<linearGradient id="${id}" x1="0" y1="0" x2="${direction === "across" ? 1 : 0}" y2="${direction === "across" ? 0 : 1}">${colors}</linearGradient>`;
  return { define, paint: `url(#${id})` };
};

/** A round light that fades out; cheaper than a blur of that size. Its gradient is defined where it is used. */
export const glow = (x: number, y: number, radius: number, [hue, saturation, lightness]: Hsl, strength = 1): string => {
  const id = `glow${n(x)}-${n(y)}-${n(radius)}`.replaceAll(".", "_");
  const stops = [0, 20, 45, 70, 100].map((offset): Stop => {
    const left = 1 - offset / 100;
    return [offset, hsl(hue, saturation, lightness, strength * left ** 1.8)];
  });
  const { define, paint } = gradient(id, stops, "round");
  return define + circle(x, y, radius, { fill: paint });
};

/** A rough skyline by midpoint displacement, from the left to the right edge of the canvas. */
export const ridge = (
  random: Random,
  options: { readonly y: number; readonly height: number; readonly width: number; readonly detail?: number },
): readonly Point[] => {
  const { y, height, width, detail = 6 } = options;
  let heights = [random.between(-1, 1), random.between(-1, 1), random.between(-1, 1)];
  for (let level = 1, amount = 0.6; level <= detail; level += 1, amount *= 0.52) {
    heights = heights.flatMap((value, index) => {
      const following = heights[index + 1];
      return following === undefined ? [value] : [value, (value + following) / 2 + random.between(-amount, amount)];
    });
  }
  return heights.map((value, index) => [(index / (heights.length - 1)) * width, y + value * height]);
};

/** The area under a skyline. */
export const land = (skyline: readonly Point[], bottom: number, style: Style): string => {
  const [first = [0, bottom], last = [0, bottom]] = [skyline[0], skyline.at(-1)];
  return polygon([...skyline, [last[0], bottom], [first[0], bottom]], style);
};
