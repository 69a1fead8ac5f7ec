/** Skies, clouds and water: what most outdoor scenes share. */
import type { Random } from "../random.ts";
import type { Hsl, Stop } from "../svg.ts";
import { circle, ellipse, glow, gradient, line, group, hsl, many, polygon, rect } from "../svg.ts";

/** Fluffy clouds, each a heap of blurred ellipses. */
export const clouds = (
  random: Random,
  options: { readonly count: number; readonly top: number; readonly bottom: number; readonly color: string },
): string =>
  many(options.count, () => {
    const [x, y] = [random.between(0, 1200), random.between(options.top, options.bottom)];
    const size = random.between(0.6, 1.4);
    const puffs = many(7, (index) => {
      const [dx, dy] = [(index - 3) * 36 * size + random.between(-12, 12), random.between(-22, 8) * size];
      return ellipse(x + dx, y + dy, random.between(38, 70) * size, random.between(18, 34) * size, {
        fill: options.color,
      });
    });
    return group([puffs], { soft: 14, opacity: random.between(0.55, 0.9) });
  });

export const sky = (stops: readonly Stop[], height: number, width = 1200) => {
  const fill = gradient("sky", stops);
  return { define: fill.define, shape: rect(0, 0, width, height, { fill: fill.paint }) };
};

/** A glowing disc with its halo. */
export const sun = (x: number, y: number, radius: number, color: string, halo: Hsl): string =>
  glow(x, y, radius * 5, halo, 0.9) + glow(x, y, radius * 2, halo) + circle(x, y, radius, { fill: color, soft: 2 });

/** Thin light and dark strokes that grow towards the viewer. */
export const waves = (
  random: Random,
  options: { readonly top: number; readonly bottom: number; readonly light: string; readonly dark: string },
): string =>
  many(260, () => {
    const near = random.between(0, 1) ** 1.6;
    const y = options.top + 4 + near * (options.bottom - options.top - 8);
    const x = random.between(-60, 1200);
    const length = 20 + near * random.between(60, 190);
    const stroke = random.chance(0.55) ? options.light : options.dark;
    return line(x, y, x + length, y + random.between(-1.5, 1.5), {
      stroke,
      width: 1 + near * 3.5,
      opacity: random.between(0.15, 0.5),
    });
  });

export const stars = (random: Random, count: number, bottom: number): string =>
  many(count, () =>
    circle(random.between(0, 1200), random.between(0, bottom), random.between(0.5, 1.9), {
      fill: random.chance(0.8) ? "#ffffff" : "#ffe9c4",
      opacity: random.between(0.35, 1),
    }),
  );

/** Leaves and light far out of focus. */
export const blurredGarden = (random: Random, width: number, height: number): string =>
  group(
    [
      many(40, () =>
        circle(random.between(0, width), random.between(0, height), random.between(30, 110), {
          fill: hsl(random.between(70, 140), random.between(25, 50), random.between(35, 70)),
          opacity: 0.5,
        }),
      ),
    ],
    { soft: 14 },
  );

export const conifer = (x: number, base: number, height: number, color: string): string =>
  rect(x - height * 0.03, base - height * 0.12, height * 0.06, height * 0.12, { fill: color }) +
  many(4, (index) => {
    const top = base - height + index * height * 0.2;
    const half = height * (0.1 + index * 0.055);
    return polygon(
      [
        [x, top],
        [x + half, top + height * 0.32],
        [x - half, top + height * 0.32],
      ],
      { fill: color },
    );
  });
