/** Scenes of people and of things on a table. */
import { defineScene } from "../scene.ts";
import { circle, ellipse, glow, gradient, group, hsl, line, many, path, rect } from "../svg.ts";
import { blurredGarden } from "./sky.ts";

export const portrait = defineScene({
  name: "portrait",
  words: ["portrait", "person", "face", "woman", "smile", "people"],
  shape: "portrait",
  dayTime: "noon",
  paint: (random) => {
    const skinHue = random.between(18, 30);
    const skinLight = random.pick([44, 58, 72, 80]);
    const skin = hsl(skinHue, 48, skinLight);
    const hair = hsl(
      random.pick([18, 24, 34]),
      random.between(30, 60),
      skinLight > 60 ? random.pick([14, 24, 36]) : 10,
    );
    const shirt = hsl(random.between(0, 360), 48, random.between(36, 58));
    const background = gradient("back", [
      [0, hsl(random.pick([200, 90, 38, 160]), 30, 78)],
      [100, hsl(random.pick([110, 80, 200]), 26, 50)],
    ]);
    const x = 400 + random.between(-30, 30);
    const iris = hsl(random.pick([24, 205, 120]), 45, 28);
    const eye = (side: number): string =>
      ellipse(x + side * 66, 520, 26, 14, { fill: "#fffdf8" }) +
      circle(x + side * 66, 520, 13, { fill: iris }) +
      circle(x + side * 66 + 4, 516, 4, { fill: "#ffffff" }) +
      path(`M${x + side * 66 - 34} 484 q34 -20 68 0`, { stroke: hair, width: 9 });
    return {
      defines: background.define,
      body: [
        rect(0, 0, 800, 1200, { fill: background.paint }),
        blurredGarden(random, 800, 1200),
        path(
          `M${x - 205} 560 Q${x - 240} 270 ${x} 258 Q${x + 240} 270 ${x + 205} 560 L${x + 230} 880 L${x - 230} 880 Z`,
          {
            fill: hair,
          },
        ),
        path(`M${x - 360} 1200 Q${x - 340} 900 ${x - 120} 850 L${x + 120} 850 Q${x + 340} 900 ${x + 360} 1200 Z`, {
          fill: shirt,
        }),
        path(`M${x - 70} 690 L${x - 84} 868 Q${x} 930 ${x + 84} 868 L${x + 70} 690 Z`, {
          fill: hsl(skinHue, 46, skinLight - 8),
        }),
        ellipse(x, 540, 165, 214, { fill: skin }),
        path(
          `M${x - 172} 500 Q${x - 150} 300 ${x + 10} 306 Q${x + 160} 300 ${x + 172} 500 Q${x + 120} 396 ${x - 20} 384 Q${x - 120} 410 ${x - 172} 500 Z`,
          {
            fill: hair,
          },
        ),
        eye(-1),
        eye(1),
        path(`M${x - 4} 530 q-22 66 -4 76 q14 8 28 0`, { stroke: hsl(skinHue, 44, skinLight - 20), width: 6 }),
        path(`M${x - 62} 652 Q${x} 712 ${x + 62} 652 Q${x} 668 ${x - 62} 652 Z`, { fill: hsl(354, 58, 48) }),
        ellipse(x - 104, 606, 40, 26, { fill: hsl(4, 74, 64), soft: 14, opacity: 0.5 }),
        ellipse(x + 104, 606, 40, 26, { fill: hsl(4, 74, 64), soft: 14, opacity: 0.5 }),
      ].join(""),
    };
  },
});

export const food = defineScene({
  name: "food",
  words: ["food", "plate", "table", "dinner", "salad", "restaurant", "meal"],
  shape: "landscape",
  dayTime: "evening",
  paint: (random) => {
    const wood = gradient("wood", [
      [0, hsl(26, 42, 40)],
      [100, hsl(24, 46, 30)],
    ]);
    const [x, y] = [random.between(540, 660), random.between(390, 430)];
    const piece = (): string => {
      const angle = random.between(0, Math.PI * 2);
      const reach = random.between(0, 200);
      const [px, py] = [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach * 0.94];
      const kind = random.integer(0, 3);
      if (kind === 0)
        return (
          circle(px, py, 32, { fill: hsl(2, 82, 48) }) + circle(px - 8, py - 10, 9, { fill: "#ff9d8c", opacity: 0.7 })
        );
      if (kind === 1) {
        return ellipse(px, py, random.between(46, 76), random.between(20, 32), {
          fill: hsl(random.between(88, 118), 56, random.between(30, 46)),
          transform: `rotate(${random.integer(0, 180)} ${Math.round(px)} ${Math.round(py)})`,
        });
      }
      if (kind === 2) return circle(px, py, 26, { fill: "#fdf7e3" }) + circle(px, py, 12, { fill: hsl(44, 96, 55) });
      return rect(px - 28, py - 13, 58, 26, { fill: hsl(30, 62, random.between(44, 60)) }, 10);
    };
    const fork = many(3, (index) => rect(x - 395 + index * 13, y - 150, 6, 96, { fill: "#d5d9dd" }, 3));
    return {
      defines: wood.define,
      body: [
        rect(0, 0, 1200, 800, { fill: wood.paint }),
        many(26, (index) =>
          path(
            `M0 ${index * 32 + random.between(-6, 6)} Q600 ${index * 32 + random.between(-16, 16)} 1200 ${index * 32}`,
            {
              stroke: hsl(22, 44, random.between(22, 34)),
              width: random.between(1, 4),
              opacity: 0.5,
            },
          ),
        ),
        ellipse(x + 12, y + 26, 322, 300, { fill: "#120a05", soft: 14, opacity: 0.5 }),
        ellipse(x, y, 314, 294, { fill: "#f7f5f0" }),
        ellipse(x, y, 250, 232, { fill: "#ebe7de" }),
        many(52, piece),
        fork,
        rect(x - 394, y - 66, 31, 24, { fill: "#d5d9dd" }, 10),
        rect(x - 383, y - 50, 10, 260, { fill: "#c9ced3" }, 5),
        path(`M${x + 372} ${y - 160} q30 60 8 190 l-14 0 Z`, { fill: "#dfe3e6" }),
        rect(x + 362, y + 26, 13, 184, { fill: "#3d2a1c" }, 5),
        circle(x + 430, y - 270, 92, { fill: hsl(355, 70, 26) }),
        circle(x + 430, y - 270, 96, { stroke: "#e9eef0", width: 7, opacity: 0.8 }),
      ].join(""),
    };
  },
});

export const birthdayCake = defineScene({
  name: "birthday-cake",
  words: ["birthday", "cake", "candles", "party", "celebration", "sweet"],
  shape: "landscape",
  dayTime: "evening",
  paint: (random) => {
    const room = gradient("room", [
      [0, hsl(24, 44, 22)],
      [100, hsl(18, 48, 34)],
    ]);
    const icing = hsl(random.pick([338, 26, 200, 280]), 70, 80);
    const candles = random.integer(5, 9);
    const candle = (index: number): string => {
      const x = 430 + (index * 340) / (candles - 1);
      return (
        rect(x - 8, 258, 16, 96, { fill: hsl(index * 67, 78, 62) }, 4) +
        glow(x, 232, 60, [40, 100, 66]) +
        path(`M${x} 206 q17 26 0 44 q-17 -18 0 -44 Z`, { fill: "#fff3b0" })
      );
    };
    const layer = (y: number, half: number, height: number, fill: string): string =>
      rect(600 - half, y, half * 2, height, { fill }) +
      ellipse(600, y + height, half, 34, { fill }) +
      ellipse(600, y, half, 34, { fill: icing }) +
      many(11, (index) =>
        path(
          `M${600 - half + (index * half * 2) / 11} ${y} q${half / 11} ${random.between(50, 90)} ${(half * 2) / 11} 0 Z`,
          {
            fill: icing,
          },
        ),
      );
    return {
      defines: room.define,
      body: [
        rect(0, 0, 1200, 800, { fill: room.paint }),
        group(
          [
            many(24, () =>
              circle(random.between(0, 1200), random.between(0, 460), random.between(20, 60), {
                fill: hsl(random.between(10, 55), 90, 60),
                opacity: random.between(0.12, 0.35),
              }),
            ),
          ],
          { soft: 14 },
        ),
        many(5, (index) => {
          const x = 90 + index * 255 + random.between(-30, 30);
          const y = random.between(110, 220);
          return (
            line(x, y + 74, x + random.between(-16, 16), y + 240, { stroke: "#e6dccb", width: 2, opacity: 0.6 }) +
            ellipse(x, y, 58, 74, { fill: hsl(index * 77 + 10, 76, 54), opacity: 0.92 }) +
            ellipse(x - 18, y - 26, 13, 19, { fill: "#ffffff", opacity: 0.5 })
          );
        }),
        rect(0, 650, 1200, 150, { fill: hsl(22, 48, 26) }),
        ellipse(600, 690, 330, 44, { fill: "#f4efe6" }),
        layer(500, 260, 160, hsl(28, 52, 50)),
        layer(350, 200, 150, hsl(30, 58, 58)),
        many(candles, candle),
        glow(600, 300, 520, [40, 100, 66], 0.22),
      ].join(""),
    };
  },
});
