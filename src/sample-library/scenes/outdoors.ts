/** Nights and mornings outdoors. */
import type { Random } from "../random.ts";
import { defineScene } from "../scene.ts";
import type { Point } from "../svg.ts";
import { glow, group, hsl, land, line, many, path, polygon, rect, ridge } from "../svg.ts";
import { clouds, conifer, sky, stars } from "./sky.ts";

/** A diagonal band of faint lights. */
const milkyWay = (random: Random): string =>
  many(16, (index) =>
    glow(260 + index * 48 + random.between(-40, 40), index * 38 + random.between(-40, 40), 150, [230, 50, 62], 0.16),
  );

export const starryTent = defineScene({
  name: "camping-night",
  words: ["night", "stars", "tent", "camping", "milky way"],
  shape: "landscape",
  dayTime: "night",
  paint: (random) => {
    const air = sky(
      [
        [0, hsl(232, 58, 8)],
        [70, hsl(226, 52, 18)],
        [100, hsl(208, 42, 30)],
      ],
      700,
    );
    const x = random.between(420, 760);
    const tent: readonly Point[] = [
      [x - 150, 690],
      [x, 540],
      [x + 170, 690],
    ];
    return {
      defines: air.define,
      body: [
        air.shape,
        milkyWay(random),
        stars(random, 420, 620),
        land(ridge(random, { y: 610, height: 70, width: 1200 }), 800, { fill: hsl(222, 40, 9) }),
        glow(x, 690, 380, [36, 90, 54], 0.7),
        land(ridge(random, { y: 692, height: 10, width: 1200, detail: 4 }), 800, { fill: hsl(214, 38, 6) }),
        polygon(tent, { fill: hsl(30, 92, 56) }),
        polygon(
          [
            [x, 540],
            [x + 170, 690],
            [x + 30, 690],
          ],
          { fill: hsl(24, 90, 40) },
        ),
        polygon(tent, { fill: hsl(44, 100, 70), opacity: 0.3 }),
        many(9, () =>
          conifer(
            random.chance(0.5) ? random.between(0, 300) : random.between(930, 1200),
            740,
            random.between(170, 330),
            hsl(220, 40, 5),
          ),
        ),
      ].join(""),
    };
  },
});

export const balloons = defineScene({
  name: "hot-air-balloons",
  words: ["hot air balloons", "sky", "morning", "flight", "colourful"],
  shape: "landscape",
  dayTime: "morning",
  paint: (random) => {
    const air = sky(
      [
        [0, hsl(214, 58, 66)],
        [70, hsl(28, 74, 84)],
        [100, hsl(44, 80, 88)],
      ],
      660,
    );
    const balloon = (x: number, y: number, size: number): string => {
      const hue = random.between(0, 360);
      return group(
        [
          ...[1, 0.74, 0.46, 0.18].map((part, index) =>
            path(
              `M0 110 Q${-112 * part} 20 ${-88 * part} -44 Q${-60 * part} -112 0 -112 Q${60 * part} -112 ${88 * part} -44 Q${112 * part} 20 0 110 Z`,
              {
                fill: hsl(hue + index * 46, 76, index % 2 === 0 ? 52 : 64),
              },
            ),
          ),
          line(-16, 104, -10, 138, { stroke: "#59422c", width: 2 }),
          line(16, 104, 10, 138, { stroke: "#59422c", width: 2 }),
          rect(-14, 136, 28, 22, { fill: "#6e4c2d" }, 3),
        ],
        { transform: `translate(${x} ${y}) scale(${size})` },
      );
    };
    return {
      defines: air.define,
      body: [
        air.shape,
        clouds(random, { count: 4, top: 80, bottom: 480, color: "#fff4e6" }),
        land(ridge(random, { y: 620, height: 50, width: 1200, detail: 5 }), 800, { fill: hsl(28, 32, 52) }),
        land(ridge(random, { y: 700, height: 30, width: 1200, detail: 5 }), 800, { fill: hsl(24, 34, 38) }),
        many(8, (index) =>
          balloon(90 + index * 146 + random.between(-40, 40), random.between(130, 500), random.between(0.35, 1.15)),
        ),
      ].join(""),
    };
  },
});
