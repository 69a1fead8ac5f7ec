/** Scenes of mountains, woods and fields. */
import type { Random } from "../random.ts";
import { defineScene } from "../scene.ts";
import type { Point } from "../svg.ts";
import { circle, ellipse, gradient, group, hsl, land, line, many, path, polygon, rect, ridge } from "../svg.ts";
import { clouds, conifer, sky, sun } from "./sky.ts";

/** A skyline with a few clear summits. */
const peaks = (random: Random, y: number, height: number): readonly Point[] => {
  const rough = ridge(random, { y: 0, height: 34, width: 1200, detail: 6 });
  const summits = [random.between(120, 320), random.between(460, 700), random.between(860, 1080)];
  const tall = summits.map(() => random.between(0.65, 1));
  return rough.map(([x, offset]) => {
    const rise = Math.max(...summits.map((summit, index) => (tall[index] ?? 1) * (1 - Math.abs(x - summit) / 330)), 0);
    return [x, y - rise * height + offset];
  });
};

/** Snow lies on the upper part of every peak and ends in a ragged line. */
const snowCaps = (random: Random, skyline: readonly Point[], depth: number, color: string): string => {
  const lower = skyline.map(([x, y]): Point => [x, y + depth * random.between(0.6, 1.2)]);
  return polygon([...skyline, ...lower.toReversed()], { fill: color });
};

export const snowyMountains = defineScene({
  name: "snowy-mountains",
  words: ["mountains", "snow", "winter", "alps", "peaks", "blue sky"],
  shape: "landscape",
  dayTime: "noon",
  paint: (random) => {
    const air = sky(
      [
        [0, hsl(212, 68, 46)],
        [100, hsl(204, 58, 84)],
      ],
      620,
    );
    const snow = gradient("snow", [
      [0, "#ffffff"],
      [100, hsl(208, 42, 86)],
    ]);
    const [far, near] = [peaks(random, 480, 300), peaks(random, 620, 420)];
    return {
      defines: air.define + snow.define,
      body: [
        air.shape,
        clouds(random, { count: 3, top: 60, bottom: 190, color: "#ffffff" }),
        land(far, 700, { fill: hsl(213, 24, 62) }),
        snowCaps(random, far, 130, hsl(210, 40, 92)),
        land(near, 800, { fill: hsl(216, 20, 42) }),
        snowCaps(random, near, 190, "#fbfdff"),
        many(26, () => {
          const [x, y] = [random.between(0, 1200), random.between(330, 560)];
          return path(
            `M${x} ${y} l${random.between(-30, 10)} ${random.between(50, 130)} l${random.between(8, 20)} 0 Z`,
            {
              fill: hsl(214, 26, 55),
              opacity: 0.35,
            },
          );
        }),
        land(ridge(random, { y: 655, height: 40, width: 1200, detail: 3 }), 800, { fill: snow.paint }),
        many(16, () => {
          const [x, height] = [random.between(0, 1200), random.between(60, 130)];
          return conifer(x, random.between(690, 780), height, hsl(158, 28, random.between(16, 26)));
        }),
      ].join(""),
    };
  },
});

export const forest = defineScene({
  name: "forest",
  words: ["forest", "trees", "green", "woods", "path", "sunlight"],
  shape: "landscape",
  dayTime: "morning",
  paint: (random) => {
    const light = gradient("light", [
      [0, hsl(76, 55, 76)],
      [45, hsl(96, 38, 48)],
      [100, hsl(112, 40, 22)],
    ]);
    const rays = gradient("rays", [
      [0, hsl(58, 90, 84, 0.3)],
      [100, hsl(58, 90, 84, 0)],
    ]);
    const layer = (depth: number): string =>
      many(15 - depth * 3, () => {
        const [x, width] = [random.between(-20, 1220), 12 + depth * random.between(12, 20)];
        const color = hsl(30 + random.between(-6, 8), 22 + depth * 4, 40 - depth * 9);
        const leaves = many(9, () =>
          circle(x + random.between(-110, 110), random.between(-30, 270 - depth * 30), random.between(36, 90), {
            fill: hsl(random.between(88, 128), random.between(38, 56), random.between(24, 42) - depth * 3),
            opacity: 0.75,
          }),
        );
        const base = 560 + depth * 70 + random.between(-14, 14);
        return rect(x - width / 2, 0, width, base, { fill: color }) + leaves;
      });
    const winding = `M${520 + random.between(-60, 60)} 560 Q660 640 430 720 T${300 + random.between(-60, 60)} 800 L820 800 Q760 700 640 640 Q580 600 600 560 Z`;
    return {
      defines: light.define + rays.define,
      body: [
        rect(0, 0, 1200, 800, { fill: light.paint }),
        group([layer(0)], { soft: 6, opacity: 0.65 }),
        rect(0, 545, 1200, 255, { fill: hsl(104, 42, 27) }),
        path(winding, { fill: hsl(34, 36, 50) }),
        layer(1),
        many(420, () => {
          const [x, y] = [random.between(0, 1200), random.between(585, 800)];
          return line(x, y, x + random.between(-7, 7), y - random.between(10, 34), {
            stroke: hsl(random.between(84, 122), 50, random.between(22, 46)),
            width: 3,
          });
        }),
        layer(2),
        many(5, (index) =>
          polygon(
            [
              [320 + index * 130, -10],
              [365 + index * 130, -10],
              [250 + index * 150, 800],
              [120 + index * 150, 800],
            ],
            { fill: rays.paint },
          ),
        ),
      ].join(""),
    };
  },
});

export const flowerMeadow = defineScene({
  name: "flower-meadow",
  words: ["flowers", "meadow", "spring", "poppies", "field", "grass"],
  shape: "landscape",
  dayTime: "noon",
  paint: (random) => {
    const horizon = random.between(270, 330);
    const air = sky(
      [
        [0, hsl(206, 74, 62)],
        [100, hsl(196, 62, 88)],
      ],
      horizon + 40,
    );
    const grass = gradient("grass", [
      [0, hsl(92, 42, 54)],
      [100, hsl(104, 48, 28)],
    ]);
    const hue = random.pick([356, 48, 285, 330]);
    const flower = (): string => {
      const near = random.between(0, 1) ** 1.5;
      const [x, y] = [random.between(0, 1200), horizon + 40 + near * (760 - horizon)];
      const size = 3 + near * 17;
      const color = random.chance(0.74)
        ? hsl(hue + random.between(-8, 8), 84, 54)
        : hsl(random.pick([46, 0, 270]), 70, 86);
      return (
        line(x, y, x + size * 0.2, y + size * 2.4, { stroke: hsl(106, 46, 26), width: 1 + near * 3 }) +
        many(5, (petal) => {
          const angle = (petal / 5) * Math.PI * 2;
          return ellipse(x + Math.cos(angle) * size * 0.55, y + Math.sin(angle) * size * 0.45, size * 0.6, size * 0.5, {
            fill: color,
          });
        }) +
        circle(x, y, size * 0.32, { fill: hsl(44, 92, 42) })
      );
    };
    return {
      defines: air.define + grass.define,
      body: [
        air.shape,
        clouds(random, { count: 5, top: 40, bottom: horizon - 90, color: "#ffffff" }),
        land(ridge(random, { y: horizon - 10, height: 40, width: 1200, detail: 3 }), 800, { fill: hsl(118, 26, 46) }),
        land(ridge(random, { y: horizon + 34, height: 12, width: 1200, detail: 3 }), 800, { fill: grass.paint }),
        many(700, () => {
          const y = random.between(horizon + 60, 810);
          const x = random.between(0, 1200);
          return line(x, y, x + random.between(-8, 8), y - (y - horizon) * 0.09, {
            stroke: hsl(random.between(82, 118), 48, random.between(26, 56)),
            width: 2.4,
            opacity: 0.8,
          });
        }),
        many(260, flower),
      ].join(""),
    };
  },
});

export const desert = defineScene({
  name: "desert",
  words: ["desert", "dunes", "sand", "hot", "dry", "camels"],
  shape: "landscape",
  dayTime: "noon",
  paint: (random) => {
    const air = sky(
      [
        [0, hsl(204, 58, 58)],
        [100, hsl(36, 62, 84)],
      ],
      460,
    );
    const dune = (y: number, hue: number, lightness: number, id: string) => {
      const fill = gradient(id, [
        [0, hsl(hue, 64, lightness + 8)],
        [100, hsl(hue - 8, 58, lightness - 8)],
      ]);
      const [left, top, right] = [random.between(-60, 60), random.between(-110, -50), random.between(-40, 50)];
      const crest = random.between(380, 820);
      const outline = `M0 ${y + left} Q${crest * 0.55} ${y + left - 20} ${crest} ${y + top} Q${crest + 190} ${y + 10} 1200 ${y + right}`;
      const shade = `M${crest} ${y + top} Q${crest + 190} ${y + 10} 1200 ${y + right} L1200 ${y + 260} Q${crest + 120} ${y + 130} ${crest} ${y + top} Z`;
      return {
        define: fill.define,
        shape:
          path(`${outline} L1200 800 L0 800 Z`, { fill: fill.paint }) +
          path(shade, { fill: hsl(22, 52, lightness - 22), opacity: 0.5 }),
      };
    };
    const dunes = [dune(430, 38, 70, "d0"), dune(540, 35, 64, "d1"), dune(690, 32, 58, "d2")];
    const camel = (x: number, y: number): string =>
      group(
        [
          path("M-40 0 Q-34 -34 -18 -32 Q-8 -62 8 -34 Q22 -58 34 -30 L52 -66 Q66 -74 74 -62 L58 -50 L44 -6 Z", {
            fill: "#5a3d26",
          }),
          many(4, (leg) => rect([-34, -24, 22, 32][leg] ?? 0, -8, 6, 44, { fill: "#4d331f" })),
        ],
        { transform: `translate(${x} ${y}) scale(${random.between(0.55, 0.7)})` },
      );
    const start = random.between(160, 500);
    return {
      defines: air.define + dunes.map(({ define }) => define).join(""),
      body: [
        air.shape,
        sun(random.between(150, 1050), random.between(80, 170), 40, "#fffbe6", [46, 100, 84]),
        dunes[0]?.shape ?? "",
        dunes[1]?.shape ?? "",
        many(4, (index) => camel(start + index * 110, 520 + random.between(-6, 6))),
        dunes[2]?.shape ?? "",
        many(60, () => {
          const [x, y] = [random.between(-50, 1150), random.between(640, 800)];
          return path(`M${x} ${y} q40 -9 80 0 t80 0`, { stroke: hsl(30, 50, 44), width: 2, opacity: 0.28 });
        }),
      ].join(""),
    };
  },
});

export const autumnAlley = defineScene({
  name: "autumn-alley",
  words: ["autumn", "fall", "leaves", "alley", "trees", "orange", "path"],
  shape: "portrait",
  dayTime: "morning",
  paint: (random) => {
    const air = sky(
      [
        [0, hsl(40, 62, 84)],
        [100, hsl(46, 58, 90)],
      ],
      700,
      800,
    );
    const vanish = 400 + random.between(-40, 40);
    const leaf = (): string => hsl(random.between(12, 50), random.between(72, 92), random.between(42, 60));
    const tree = (side: -1 | 1, depth: number): string => {
      const scale = 1 - depth * 0.145;
      const x = vanish + side * 370 * scale;
      const base = 640 + 520 * scale ** 1.6;
      const width = 62 * scale;
      return (
        rect(x - width / 2, base - 880 * scale, width, 880 * scale, { fill: hsl(24, 26, 18 + depth * 5) }) +
        many(34, () =>
          circle(
            x + random.between(-230, 230) * scale,
            base - random.between(470, 1080) * scale,
            random.between(26, 78) * scale,
            { fill: leaf(), opacity: 0.82 },
          ),
        )
      );
    };
    return {
      defines: air.define,
      body: [
        air.shape,
        rect(0, 640, 800, 560, { fill: hsl(36, 44, 42) }),
        polygon(
          [
            [vanish - 18, 640],
            [vanish + 18, 640],
            [760, 1200],
            [40, 1200],
          ],
          { fill: hsl(32, 22, 60) },
        ),
        many(6, (index) => tree(-1, 5 - index) + tree(1, 5 - index)),
        many(420, () =>
          ellipse(
            random.between(0, 800),
            670 + random.between(0, 1) ** 0.7 * 530,
            random.between(4, 13),
            random.between(2, 6),
            {
              fill: leaf(),
              opacity: 0.9,
            },
          ),
        ),
      ].join(""),
    };
  },
});
