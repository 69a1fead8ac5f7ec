/** Scenes by the sea. */
import type { Random } from "../random.ts";
import { defineScene } from "../scene.ts";
import type { Point } from "../svg.ts";
import { circle, ellipse, glow, gradient, group, hsl, line, many, path, polygon, rect, ridge, land } from "../svg.ts";
import { clouds, sky, sun, waves } from "./sky.ts";

const sailBoat = (random: Random, x: number, y: number, size: number, color: string): string =>
  group(
    [
      polygon(
        [
          [-46, 0],
          [50, 0],
          [34, 22],
          [-32, 22],
        ],
        { fill: color },
      ),
      line(0, 0, 0, -120, { stroke: "#5a4632", width: 4 }),
      path("M4 -116 Q48 -60 54 -8 L4 -8 Z", { fill: "#fdfaf2" }),
      path("M-4 -104 Q-34 -58 -38 -8 L-4 -8 Z", { fill: hsl(random.between(0, 360), 55, 72) }),
      ellipse(0, 30, 52, 5, { fill: "#1b2a35", opacity: 0.35, soft: 2 }),
    ],
    { transform: `translate(${x} ${y}) scale(${size})` },
  );

const parasol = (random: Random, x: number, y: number, size: number): string => {
  const hue = random.pick([2, 45, 200, 330]);
  return group(
    [
      line(0, 0, 14, -120, { stroke: "#e9dcc3", width: 6 }),
      path("M-92 -92 Q14 -206 118 -112 Q14 -142 -92 -92 Z", { fill: hsl(hue, 78, 56) }),
      path("M-32 -114 Q14 -190 40 -122 Q8 -132 -32 -114 Z", { fill: "#fff8ec" }),
      ellipse(10, 6, 96, 12, { fill: "#8d6f45", opacity: 0.4, soft: 6 }),
      rect(-84, -10, 110, 16, { fill: hsl(hue + 180, 55, 62) }, 4),
    ],
    { transform: `translate(${x} ${y}) scale(${size})` },
  );
};

const palm = (random: Random, x: number, y: number, size: number): string =>
  group(
    [
      path("M0 0 Q18 -180 70 -330 L86 -324 Q44 -170 30 0 Z", { fill: "#6b4a2e" }),
      many(9, (index) => {
        const angle = -200 + index * 27 + random.between(-8, 8);
        return path("M0 0 Q70 -60 190 10 Q80 -18 0 0 Z", {
          fill: hsl(110 + random.between(-12, 12), 45, random.between(22, 34)),
          transform: `translate(78 -328) rotate(${Math.round(angle)})`,
        });
      }),
    ],
    { transform: `translate(${x} ${y}) scale(${size})` },
  );

export const beach = defineScene({
  name: "beach",
  words: ["beach", "sea", "sand", "ocean", "summer", "parasol", "blue sky"],
  shape: "landscape",
  dayTime: "noon",
  paint: (random) => {
    const horizon = random.between(300, 350);
    const shore = random.between(500, 560);
    const air = sky(
      [
        [0, hsl(207, 78, 55)],
        [100, hsl(200, 70, 82)],
      ],
      horizon,
    );
    const sea = gradient("sea", [
      [0, hsl(206, 75, 38)],
      [60, hsl(192, 68, 47)],
      [100, hsl(178, 55, 66)],
    ]);
    const sand = gradient("sand", [
      [0, hsl(40, 45, 70)],
      [100, hsl(38, 58, 76)],
    ]);
    const foam = `M0 ${shore + 20} Q200 ${shore - 24} 420 ${shore + 8} T820 ${shore} T1200 ${shore - 12}`;
    return {
      defines: air.define + sea.define + sand.define,
      body: [
        air.shape,
        clouds(random, { count: random.integer(3, 6), top: 40, bottom: horizon - 90, color: "#ffffff" }),
        rect(0, horizon, 1200, 800 - horizon, { fill: sea.paint }),
        waves(random, { top: horizon, bottom: shore, light: "#e8fbff", dark: hsl(208, 70, 30) }),
        path(`${foam} L1200 800 L0 800 Z`, { fill: sand.paint }),
        path(foam, { stroke: "#ffffff", width: 16, opacity: 0.9, soft: 2 }),
        path(foam, { stroke: hsl(38, 35, 58), width: 30, opacity: 0.35, soft: 6, transform: "translate(0 26)" }),
        many(220, () =>
          circle(random.between(0, 1200), random.between(shore + 40, 800), random.between(0.8, 2.4), {
            fill: hsl(34, 35, random.between(48, 88)),
            opacity: 0.5,
          }),
        ),
        sailBoat(random, random.between(150, 1050), horizon + 34, random.between(0.4, 0.7), "#b3413a"),
        random.chance(0.5) ? palm(random, random.between(20, 130), 800, 1.25) : "",
        parasol(random, random.between(300, 600), random.between(660, 720), random.between(0.9, 1.2)),
        parasol(random, random.between(720, 1080), random.between(620, 680), random.between(0.6, 0.85)),
      ].join(""),
    };
  },
});

export const sunset = defineScene({
  name: "sunset",
  words: ["sunset", "sea", "evening", "orange sky", "sun", "boat", "ocean"],
  shape: "landscape",
  dayTime: "evening",
  paint: (random) => {
    const horizon = random.between(440, 500);
    const x = random.between(350, 850);
    const warm = random.between(-6, 8);
    const air = sky(
      [
        [0, hsl(262 + warm, 38, 34)],
        [35, hsl(338 + warm, 55, 50)],
        [70, hsl(16 + warm, 88, 56)],
        [100, hsl(40 + warm, 98, 64)],
      ],
      horizon + 2,
    );
    const sea = gradient("sea", [
      [0, hsl(24 + warm, 75, 50)],
      [40, hsl(340 + warm, 32, 34)],
      [100, hsl(232, 38, 18)],
    ]);
    const glints = many(90, () => {
      const depth = random.between(0, 1) ** 1.4;
      const spread = 24 + depth * 120;
      const at = x + random.between(-spread, spread);
      const y = horizon + 4 + depth * (800 - horizon);
      return line(at - 14 - depth * 22, y, at + 14 + depth * 22, y, {
        stroke: hsl(44, 100, 78),
        width: 2 + depth * 4,
        opacity: random.between(0.35, 0.85),
      });
    });
    return {
      defines: air.define + sea.define,
      body: [
        air.shape,
        sun(x, horizon - random.between(20, 70), random.between(38, 56), "#fff6c9", [38, 100, 66]),
        clouds(random, { count: 5, top: 60, bottom: 260, color: hsl(350, 55, 58) }),
        rect(0, horizon, 1200, 800 - horizon, { fill: sea.paint }),
        waves(random, { top: horizon, bottom: 800, light: hsl(30, 90, 66), dark: hsl(240, 40, 14) }),
        glints,
        sailBoat(
          random,
          x + random.pick([-1, 1]) * random.between(140, 290),
          horizon + random.between(20, 60),
          random.between(0.7, 1.1),
          "#241a2c",
        ),
        random.chance(0.4) ? land(ridge(random, { y: 760, height: 26, width: 1200 }), 800, { fill: "#150f1c" }) : "",
      ].join(""),
    };
  },
});

const house = (random: Random, x: number, base: number): string => {
  const [width, height] = [random.between(80, 120), random.between(110, 190)];
  const wall = hsl(random.pick([8, 24, 42, 48, 190, 210, 340]), random.between(35, 60), random.between(60, 76));
  const windows = many(6, (index) => {
    const [column, row] = [index % 2, Math.floor(index / 2)];
    return rect(x + width * (0.2 + column * 0.42), base - height + 22 + row * 46, 18, 26, { fill: "#3b4a55" }, 1);
  });
  return (
    rect(x, base - height, width, height, { fill: wall }) +
    polygon(
      [
        [x - 6, base - height],
        [x + width / 2, base - height - 46],
        [x + width + 6, base - height],
      ],
      { fill: hsl(12, 50, random.between(32, 44)) },
    ) +
    windows
  );
};

export const harbour = defineScene({
  name: "harbour",
  words: ["harbour", "boats", "port", "sailing boats", "sea", "houses", "water"],
  shape: "landscape",
  dayTime: "morning",
  paint: (random) => {
    const quay = random.between(390, 430);
    const air = sky(
      [
        [0, hsl(205, 62, 62)],
        [100, hsl(195, 48, 86)],
      ],
      quay,
    );
    const water = gradient("water", [
      [0, hsl(199, 45, 46)],
      [100, hsl(207, 60, 26)],
    ]);
    const hues = [4, 215, 48, 150, 24];
    return {
      defines: air.define + water.define,
      body: [
        air.shape,
        clouds(random, { count: 4, top: 50, bottom: 170, color: "#ffffff" }),
        land(ridge(random, { y: quay - 120, height: 50, width: 1200, detail: 4 }), quay, { fill: hsl(150, 22, 44) }),
        many(12, (index) => house(random, index * 104 - 20, quay)),
        rect(0, quay, 1200, 26, { fill: hsl(35, 14, 48) }),
        rect(0, quay + 26, 1200, 800, { fill: water.paint }),
        waves(random, { top: quay + 26, bottom: 800, light: "#d9f2fb", dark: hsl(210, 60, 16) }),
        many(6, (index) =>
          sailBoat(
            random,
            110 + index * 190 + random.between(-50, 50),
            quay + 120 + (index % 3) * 90 + random.between(-14, 14),
            1.05 + (index % 3) * 0.4,
            hsl(hues[index % hues.length] ?? 0, 62, 44),
          ),
        ),
      ].join(""),
    };
  },
});

/** A rocky mound around `x` that falls off to both sides. */
const rocks = (random: Random, x: number, y: number): readonly Point[] =>
  ridge(random, { y, height: 34, width: 800, detail: 6 }).map(([at, height]) => [
    at,
    height + Math.max(0, Math.abs(at - x) - 170) * 0.75,
  ]);

export const lighthouse = defineScene({
  name: "lighthouse",
  words: ["lighthouse", "coast", "rocks", "sea", "waves", "tower"],
  shape: "portrait",
  dayTime: "noon",
  paint: (random) => {
    const [x, base] = [random.between(300, 500), 800];
    const air = sky(
      [
        [0, hsl(210, 50, random.between(50, 60))],
        [100, hsl(204, 38, 82)],
      ],
      820,
      800,
    );
    const sea = gradient("sea", [
      [0, hsl(204, 52, 40)],
      [100, hsl(200, 58, 25)],
    ]);
    const stripe = (index: number): string => {
      const [top, bottom] = [index * 88, (index + 1) * 88];
      const half = (y: number): number => 42 + y * 0.075;
      return polygon(
        [
          [x - half(top), 300 + top],
          [x + half(top), 300 + top],
          [x + half(bottom), 300 + bottom],
          [x - half(bottom), 300 + bottom],
        ],
        { fill: index % 2 === 0 ? "#f6f3ec" : "#c9302c" },
      );
    };
    return {
      defines: air.define + sea.define,
      body: [
        air.shape,
        clouds(random, { count: 7, top: 80, bottom: 420, color: "#ffffff" }),
        rect(0, 800, 800, 400, { fill: sea.paint }),
        waves(random, { top: 800, bottom: 1200, light: "#f2fbff", dark: hsl(208, 60, 16) }),
        many(6, stripe),
        rect(x + 24, 300, 46, 530, { fill: "#1c1c24", opacity: 0.12 }),
        rect(x - 56, 286, 112, 16, { fill: "#3a3d44" }, 3),
        rect(x - 34, 224, 68, 62, { fill: "#fff2b0", stroke: "#3a3d44", width: 6 }),
        path(`M${x - 42} 226 Q${x} 158 ${x + 42} 226 Z`, { fill: "#a3211e" }),
        glow(x, 254, 110, [50, 100, 86], 0.8),
        many(4, (index) => land(rocks(random, x, base + 10 + index * 70), 1200, { fill: hsl(26, 10, 42 - index * 7) })),
        many(70, () =>
          ellipse(random.between(0, 800), random.between(990, 1190), random.between(10, 60), random.between(2, 6), {
            fill: "#ffffff",
            opacity: random.between(0.2, 0.6),
          }),
        ),
      ].join(""),
    };
  },
});
