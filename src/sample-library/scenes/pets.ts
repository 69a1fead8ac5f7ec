/** A cat at home and a dog in the park. */
import type { Random } from "../random.ts";
import { defineScene } from "../scene.ts";
import type { Hsl } from "../svg.ts";
import { circle, ellipse, gradient, hsl, line, many, path, polygon, rect } from "../svg.ts";
import { blurredGarden } from "./sky.ts";

const catEar = (x: number, side: -1 | 1, coat: string): string =>
  polygon(
    [
      [x + side * 36, 250],
      [x + side * 132, 156],
      [x + side * 142, 300],
    ],
    { fill: coat },
  ) +
  polygon(
    [
      [x + side * 68, 246],
      [x + side * 120, 190],
      [x + side * 126, 270],
    ],
    { fill: hsl(350, 50, 74) },
  );

const catFace = (random: Random, x: number, fur: Hsl): string => {
  const [coat, dark] = [hsl(...fur), hsl(fur[0], fur[1], fur[2] - 16)];
  const iris = hsl(random.pick([88, 48, 195]), 68, 58);
  const eye = (side: number): string =>
    ellipse(x + side * 60, 322, 29, 25, { fill: iris }) +
    ellipse(x + side * 60, 322, 8, 23, { fill: "#0e0e10" }) +
    circle(x + side * 60 + 9, 312, 6, { fill: "#ffffff" });
  return [
    catEar(x, -1, coat),
    catEar(x, 1, coat),
    ellipse(x, 340, 156, 132, { fill: coat }),
    many(3, (index) => line(x - 30 + index * 30, 214, x - 20 + index * 20, 262, { stroke: dark, width: 12 })),
    eye(-1),
    eye(1),
    ellipse(x, 392, 62, 42, { fill: hsl(fur[0], 26, 90) }),
    polygon(
      [
        [x - 16, 366],
        [x + 16, 366],
        [x, 386],
      ],
      { fill: hsl(350, 56, 62) },
    ),
    path(`M${x} 386 q-22 30 -42 12 M${x} 386 q22 30 42 12`, { stroke: "#3c2a28", width: 4 }),
    many(6, (index) => {
      const side = index % 2 === 0 ? -1 : 1;
      const y = 380 + Math.floor(index / 2) * 16;
      return line(x + side * 58, y, x + side * 196, y - 26 + Math.floor(index / 2) * 24, {
        stroke: "#fffdf7",
        width: 3,
        opacity: 0.9,
      });
    }),
  ].join("");
};

export const cat = defineScene({
  name: "cat",
  words: ["cat", "pet", "animal", "kitten", "sofa", "fur"],
  shape: "landscape",
  dayTime: "morning",
  paint: (random) => {
    const wall = gradient("wall", [
      [0, hsl(random.pick([38, 200, 90]), 26, 82)],
      [100, hsl(34, 24, 68)],
    ]);
    const fur = random.pick<Hsl>([
      [26, 72, 52],
      [220, 6, 34],
      [30, 8, 66],
    ]);
    const coat = hsl(...fur);
    const dark = hsl(fur[0], fur[1], fur[2] - 16);
    const sofa = random.pick([352, 210, 160]);
    const x = random.between(520, 680);
    return {
      defines: wall.define,
      body: [
        rect(0, 0, 1200, 800, { fill: wall.paint }),
        rect(60, 470, 1080, 330, { fill: hsl(sofa, 32, 46) }, 44),
        rect(60, 610, 1080, 190, { fill: hsl(sofa, 32, 40) }, 34),
        path(
          `M${x + 170} 690 Q${x + 420} 700 ${x + 390} 480 Q${x + 372} 420 ${x + 344} 470 Q${x + 370} 620 ${x + 140} 620 Z`,
          {
            fill: dark,
          },
        ),
        ellipse(x, 580, 200, 170, { fill: coat }),
        ellipse(x, 620, 96, 120, { fill: hsl(fur[0], 28, 88), opacity: 0.85 }),
        many(5, (index) =>
          path(`M${x - 190 + index * 8} ${500 + index * 36} q60 -6 92 10`, { stroke: dark, width: 12, opacity: 0.6 }),
        ),
        many(5, (index) =>
          path(`M${x + 190 - index * 8} ${500 + index * 36} q-60 -6 -92 10`, { stroke: dark, width: 12, opacity: 0.6 }),
        ),
        catFace(random, x, fur),
        ellipse(x - 86, 730, 64, 34, { fill: coat }),
        ellipse(x + 86, 730, 64, 34, { fill: coat }),
      ].join(""),
    };
  },
});

export const dog = defineScene({
  name: "dog",
  words: ["dog", "pet", "animal", "grass", "park", "puppy"],
  shape: "landscape",
  dayTime: "noon",
  paint: (random) => {
    const park = gradient("park", [
      [0, hsl(200, 60, 80)],
      [45, hsl(100, 36, 62)],
      [100, hsl(104, 46, 32)],
    ]);
    const [hue, light] = random.pick<readonly [number, number]>([
      [34, 56],
      [26, 34],
      [40, 74],
    ]);
    const coat = hsl(hue, 58, light);
    const dark = hsl(hue - 6, 50, light - 18);
    const x = random.between(500, 680);
    return {
      defines: park.define,
      body: [
        rect(0, 0, 1200, 800, { fill: park.paint }),
        blurredGarden(random, 1200, 360),
        many(500, () => {
          const [at, y] = [random.between(0, 1200), random.between(520, 810)];
          return line(at, y, at + random.between(-8, 8), y - random.between(14, 40), {
            stroke: hsl(random.between(86, 120), 50, random.between(26, 48)),
            width: 3,
          });
        }),
        path(`M${x + 150} 640 Q${x + 330} 580 ${x + 316} 450 Q${x + 262} 520 ${x + 120} 560 Z`, { fill: dark }),
        ellipse(x, 610, 178, 180, { fill: coat }),
        ellipse(x, 660, 84, 110, { fill: hsl(hue, 40, 88), opacity: 0.85 }),
        rect(x - 118, 620, 74, 160, { fill: coat }, 34),
        rect(x + 44, 620, 74, 160, { fill: coat }, 34),
        path(`M${x - 112} 250 Q${x - 250} 270 ${x - 212} 470 Q${x - 140} 500 ${x - 112} 370 Z`, { fill: dark }),
        path(`M${x + 112} 250 Q${x + 250} 270 ${x + 212} 470 Q${x + 140} 500 ${x + 112} 370 Z`, { fill: dark }),
        ellipse(x, 340, 146, 150, { fill: coat }),
        ellipse(x, 412, 90, 78, { fill: hsl(hue, 42, 86) }),
        ellipse(x, 374, 34, 24, { fill: "#1a1514" }),
        ellipse(x - 8, 367, 9, 5, { fill: "#ffffff", opacity: 0.7 }),
        path(`M${x} 398 q-6 34 -44 34 M${x} 398 q6 34 44 34`, { stroke: "#38221c", width: 5 }),
        path(`M${x - 26} 436 q26 14 52 0 q0 66 -26 66 q-26 0 -26 -66 Z`, { fill: hsl(352, 76, 66) }),
        ...[-1, 1].map(
          (side) =>
            circle(x + side * 60, 312, 21, { fill: "#241611" }) +
            circle(x + side * 60 + 6, 305, 6, { fill: "#ffffff" }),
        ),
        rect(x - 112, 486, 224, 26, { fill: hsl(random.pick([2, 214, 45]), 78, 48) }, 12),
        circle(x, 520, 17, { fill: hsl(46, 90, 56) }),
      ].join(""),
    };
  },
});
