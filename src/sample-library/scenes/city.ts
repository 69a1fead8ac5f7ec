/** Scenes of streets and town nights. */
import type { Random } from "../random.ts";
import { defineScene } from "../scene.ts";
import { circle, ellipse, glow, gradient, group, hsl, land, line, many, path, polygon, rect, ridge } from "../svg.ts";
import { clouds, sky, stars } from "./sky.ts";

const litTower = (random: Random, x: number, base: number, width: number, height: number): string => {
  const columns = Math.max(2, Math.floor(width / 24));
  const rows = Math.floor(height / 34);
  const windows = many(columns * rows, (index) =>
    random.chance(0.45)
      ? rect(
          x + 7 + (index % columns) * (width / columns),
          base - height + 12 + Math.floor(index / columns) * 34,
          width / columns - 11,
          18,
          { fill: hsl(random.between(34, 54), 92, random.between(58, 76)), opacity: random.between(0.6, 1) },
        )
      : "",
  );
  return rect(x, base - height, width, height, { fill: hsl(228, 26, random.between(9, 16)) }) + windows;
};

const lamp = (x: number, size: number): string =>
  line(x, 640, x, 640 - 250 * size, { stroke: "#20222c", width: 8 * size }) +
  glow(x, 640 - 256 * size, 110 * size, [40, 100, 64], 0.9) +
  circle(x, 640 - 256 * size, 13 * size, { fill: "#fff5d2" });

/** Lights of cars during a long exposure. */
const trail = (random: Random, hue: number, from: number, spread: number): string =>
  many(5, (index) =>
    path(
      `M${600 + random.between(-8, 8)} 560 Q${from + index * spread} 660 ${from * 1.15 + index * spread * 2.4 - 120} 800`,
      {
        stroke: hsl(hue, 100, 62),
        width: random.between(2, 6),
        opacity: 0.75,
      },
    ),
  );

export const cityNight = defineScene({
  name: "city-night",
  words: ["city", "night", "street", "lights", "buildings", "dark", "traffic"],
  shape: "landscape",
  dayTime: "night",
  paint: (random) => {
    const air = sky(
      [
        [0, hsl(234, 50, 7)],
        [100, hsl(268, 32, 22)],
      ],
      560,
    );
    const road = gradient("road", [
      [0, hsl(230, 14, 20)],
      [100, hsl(230, 18, 8)],
    ]);
    return {
      defines: air.define + road.define,
      body: [
        air.shape,
        stars(random, 40, 220),
        many(16, (index) => litTower(random, index * 80 - 20, 570, random.between(62, 100), random.between(150, 470))),
        polygon(
          [
            [480, 560],
            [720, 560],
            [1200, 760],
            [1200, 800],
            [0, 800],
            [0, 760],
          ],
          { fill: road.paint },
        ),
        rect(0, 560, 1200, 240, { fill: hsl(34, 90, 50), opacity: 0.08 }),
        group([trail(random, 2, 700, 26), trail(random, 48, 330, 24)], { soft: 2 }),
        lamp(random.between(90, 150), 1.25),
        lamp(random.between(300, 350), 0.85),
        lamp(random.between(850, 900), 0.85),
        lamp(random.between(1050, 1120), 1.25),
        group(
          [
            many(26, () =>
              ellipse(random.between(0, 1200), random.between(640, 800), random.between(20, 70), random.between(3, 9), {
                fill: hsl(random.pick([40, 12, 200, 320]), 90, 60),
                opacity: 0.28,
              }),
            ),
          ],
          { soft: 6 },
        ),
      ].join(""),
    };
  },
});

const car = (x: number, y: number, size: number, hue: number): string =>
  group(
    [
      ellipse(0, 74, 250, 18, { fill: "#000000", opacity: 0.45, soft: 6 }),
      path("M-236 46 Q-242 -6 -176 -16 Q-130 -86 -34 -90 Q74 -92 128 -20 Q226 -10 236 30 L234 52 L-232 54 Z", {
        fill: hsl(hue, 82, 44),
      }),
      path("M-150 -16 Q-112 -70 -34 -74 L-30 -16 Z", { fill: "#bfdcec" }),
      path("M-14 -74 Q66 -74 104 -18 L-12 -16 Z", { fill: "#a9cde2" }),
      path("M-232 14 Q0 -8 234 20 L234 30 Q0 6 -232 26 Z", { fill: "#ffffff", opacity: 0.22 }),
      rect(-20, -4, 34, 7, { fill: hsl(hue, 60, 26) }, 3),
      circle(214, 16, 13, { fill: "#fff6cf" }),
      circle(-224, 18, 10, { fill: "#7c0f12" }),
      ...[-142, 142].map(
        (wheel) =>
          circle(wheel, 50, 44, { fill: "#16161a" }) +
          circle(wheel, 50, 24, { fill: "#c8ccd2" }) +
          circle(wheel, 50, 8, { fill: "#55585e" }),
      ),
    ],
    { transform: `translate(${x} ${y}) scale(${size})` },
  );

export const redCar = defineScene({
  name: "red-car",
  words: ["red car", "car", "road", "driving", "countryside", "vehicle"],
  shape: "landscape",
  dayTime: "noon",
  paint: (random) => {
    const air = sky(
      [
        [0, hsl(207, 70, 60)],
        [100, hsl(198, 58, 88)],
      ],
      430,
    );
    return {
      defines: air.define,
      body: [
        air.shape,
        clouds(random, { count: 4, top: 50, bottom: 220, color: "#ffffff" }),
        land(ridge(random, { y: 360, height: 60, width: 1200, detail: 4 }), 800, { fill: hsl(140, 20, 56) }),
        land(ridge(random, { y: 425, height: 26, width: 1200, detail: 4 }), 800, { fill: hsl(92, 40, 48) }),
        rect(0, 520, 1200, 40, { fill: hsl(88, 42, 40) }),
        rect(0, 548, 1200, 200, { fill: hsl(220, 5, 36) }),
        rect(0, 740, 1200, 60, { fill: hsl(84, 40, 34) }),
        many(8, (index) => rect(index * 170 - 20, 694, 96, 10, { fill: "#f4f1e6" })),
        rect(0, 556, 1200, 6, { fill: "#e8e4d6" }),
        many(30, () =>
          ellipse(random.between(0, 1200), random.between(505, 545), random.between(16, 46), random.between(10, 24), {
            fill: hsl(random.between(90, 125), 42, random.between(24, 38)),
          }),
        ),
        car(random.between(420, 780), 618, random.between(1.05, 1.35), random.between(-4, 4)),
      ].join(""),
    };
  },
});

export const rainyWindow = defineScene({
  name: "rainy-window",
  words: ["rain", "window", "drops", "grey", "rainy day", "glass"],
  shape: "landscape",
  dayTime: "noon",
  paint: (random) => {
    const fog = gradient("fog", [
      [0, hsl(208, 14, 64)],
      [60, hsl(204, 14, 52)],
      [100, hsl(200, 16, 36)],
    ]);
    const outside = [
      many(9, (index) =>
        rect(index * 140 - 30, random.between(230, 430), random.between(90, 150), 600, {
          fill: hsl(212, 12, 40),
          opacity: 0.6,
        }),
      ),
      many(26, () =>
        circle(random.between(0, 1200), random.between(380, 800), random.between(18, 52), {
          fill: hsl(random.pick([38, 4, 140, 210]), 70, 60),
          opacity: random.between(0.3, 0.65),
        }),
      ),
    ];
    const drop = (): string => {
      const [x, y, size] = [random.between(0, 1200), random.between(0, 800), random.between(3, 13)];
      return (
        ellipse(x, y, size, size * 1.25, { fill: hsl(206, 20, 34), opacity: 0.55 }) +
        ellipse(x, y + size * 0.4, size * 0.72, size * 0.7, { fill: hsl(204, 22, 78), opacity: 0.75 }) +
        circle(x - size * 0.3, y - size * 0.5, size * 0.22, { fill: "#ffffff", opacity: 0.95 })
      );
    };
    const streak = (): string => {
      const [x, y] = [random.between(0, 1200), random.between(0, 460)];
      return path(`M${x} ${y} q${random.between(-8, 8)} 90 ${random.between(-6, 6)} ${random.between(120, 320)}`, {
        stroke: hsl(205, 26, 82),
        width: random.between(3, 7),
        opacity: 0.4,
      });
    };
    const frame = hsl(24, 22, random.between(24, 34));
    return {
      defines: fog.define,
      body: [
        rect(0, 0, 1200, 800, { fill: fog.paint }),
        group(outside, { soft: 14 }),
        many(30, streak),
        many(330, drop),
        rect(0, 0, 1200, 34, { fill: frame }),
        rect(0, 752, 1200, 48, { fill: frame }),
        rect(0, 0, 34, 800, { fill: frame }),
        rect(1166, 0, 34, 800, { fill: frame }),
        rect(random.between(560, 640), 0, 30, 800, { fill: frame }),
      ].join(""),
    };
  },
});

export const fireworks = defineScene({
  name: "fireworks",
  words: ["fireworks", "night", "new year", "celebration", "lights", "sky"],
  shape: "landscape",
  dayTime: "night",
  paint: (random) => {
    const air = sky(
      [
        [0, hsl(236, 55, 6)],
        [100, hsl(246, 42, 17)],
      ],
      800,
    );
    const burst = (x: number, y: number, radius: number, hue: number): string => {
      const rays = 30;
      return (
        glow(x, y, radius * 1.3, [hue, 90, 50], 0.5) +
        many(rays, (index) => {
          const angle = (index / rays) * Math.PI * 2 + random.between(-0.06, 0.06);
          const reach = radius * random.between(0.72, 1.08);
          const [endX, endY] = [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach + reach * 0.12];
          return (
            path(
              `M${x + Math.cos(angle) * radius * 0.14} ${y + Math.sin(angle) * radius * 0.14} Q${x + Math.cos(angle) * reach * 0.6} ${y + Math.sin(angle) * reach * 0.55} ${endX} ${endY}`,
              {
                stroke: hsl(hue + random.between(-14, 14), 100, 64),
                width: 3,
                opacity: 0.85,
              },
            ) + circle(endX, endY, random.between(2, 5), { fill: hsl(hue + 20, 100, 84) })
          );
        })
      );
    };
    return {
      defines: air.define,
      body: [
        air.shape,
        stars(random, 60, 400),
        burst(random.between(220, 360), random.between(200, 300), random.between(150, 210), random.between(0, 360)),
        burst(random.between(560, 700), random.between(130, 230), random.between(160, 220), random.between(0, 360)),
        burst(random.between(880, 1020), random.between(220, 330), random.between(140, 200), random.between(0, 360)),
        many(22, (index) => litTower(random, index * 58 - 20, 800, random.between(44, 72), random.between(60, 210))),
        glow(600, 860, 520, [36, 90, 52], 0.3),
      ].join(""),
    };
  },
});
