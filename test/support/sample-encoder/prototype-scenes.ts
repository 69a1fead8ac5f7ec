/** How the concepts of the sample encoder look: simple pictures with chance variations. */
import type { Colour, Painter } from "./painter.ts";

/** Keeps each name's type a colour, not its numbers. */
const named = <Name extends string>(colours: Readonly<Record<Name, Colour>>): Readonly<Record<Name, Colour>> => colours;

export const COLOURS = named({
  black: [14, 14, 18],
  night: [16, 22, 52],
  grey: [130, 132, 136],
  cloud: [188, 192, 198],
  white: [248, 248, 250],
  red: [205, 36, 36],
  orange: [242, 138, 44],
  yellow: [247, 216, 66],
  brown: [116, 78, 48],
  sand: [224, 196, 146],
  forest: [28, 76, 40],
  grass: [92, 160, 62],
  turquoise: [56, 168, 180],
  sky: [130, 188, 238],
  paleSky: [196, 222, 244],
  sea: [32, 94, 158],
  purple: [120, 62, 150],
  pink: [240, 150, 184],
  rock: [112, 108, 108],
  skin: [226, 178, 146],
  asphalt: [72, 72, 78],
  lamp: [255, 228, 150],
});

const {
  black,
  night,
  grey,
  cloud,
  white,
  red,
  orange,
  yellow,
  brown,
  sand,
  forest,
  grass,
  turquoise,
  sky,
  paleSky,
  sea,
  purple,
  pink,
  rock,
  skin,
  asphalt,
  lamp,
} = COLOURS;

const daySky = ({ gradient, shade, pick }: Painter, bottom: number): void =>
  gradient(0, bottom, shade(pick([sky, sky, sea])), shade(pick([paleSky, sky])));
const anySky = (painter: Painter, bottom: number): void => {
  const { gradient, shade, pick } = painter;
  if (painter.random() < 0.6) daySky(painter, bottom);
  else gradient(0, bottom, shade(pick([cloud, grey, orange, night])), shade(pick([cloud, paleSky, yellow])));
};
const anyGround = ({ gradient, shade, pick }: Painter, top: number): void =>
  gradient(top, 1, shade(pick([grass, sand, brown, sea, grey, forest])), shade(pick([grass, sand, brown, asphalt])));
const anyPlace = (painter: Painter): void => {
  const horizon = painter.between(0.3, 0.7);
  anySky(painter, horizon);
  anyGround(painter, horizon);
};
const waves = ({ speckle, between, shade }: Painter, top: number, water: Colour): void =>
  speckle(Math.floor(between(4, 14)), [top, 1], 0.05, [shade(water), shade(white)]);
const water = (painter: Painter, top: number): void => {
  const { gradient, shade, pick } = painter;
  gradient(top, 1, shade(pick([turquoise, sea, sky])), shade(sea));
  waves(painter, top, sky);
};
const nightSky = ({ gradient, shade, pick, speckle, between }: Painter, bottom: number): void => {
  gradient(0, bottom, shade(pick([night, black])), shade(pick([night, night, purple])));
  speckle(Math.floor(between(4, 16)), [0, bottom], 0.03, [white, lamp]);
};
const pine = ({ triangle, box, shade }: Painter, x: number, foot: number, height: number): void => {
  box(x - 0.02, foot - 0.05, 0.04, 0.07, shade(brown));
  triangle(x, foot - height, height * 0.35, height * 0.9, shade(forest));
};
const roundTree = ({ disc, box, shade, pick }: Painter, x: number, foot: number, height: number): void => {
  box(x - 0.03, foot - height * 0.5, 0.06, height * 0.5, shade(brown));
  disc(x, foot - height * 0.65, height * 0.38, shade(pick([forest, grass])));
};
const boat = ({ box, triangle, shade, pick, between }: Painter, x: number, y: number): void => {
  const length = between(0.14, 0.32);
  box(x - length / 2, y, length, between(0.05, 0.09), shade(pick([red, brown, white, orange])));
  box(x - 0.01, y - length, 0.03, length, shade(brown));
  triangle(x + 0.06, y - length, length * 0.4, length * 0.9, shade(pick([white, white, red])));
};
const houses = ({ box, between, shade, speckle }: Painter, walls: readonly Colour[], windows: Colour): void => {
  for (let left = between(-0.1, 0); left < 1;) {
    const width = between(0.12, 0.25);
    const height = between(0.3, 0.75);
    const wall = walls[Math.floor(between(0, walls.length))] ?? grey;
    box(left, 0.9 - height, width, height, shade(wall));
    left += width;
  }
  speckle(Math.floor(between(14, 34)), [0.3, 0.85], 0.04, [windows]);
};
const person = ({ box, disc, shade, pick, between }: Painter): void => {
  const x = between(0.15, 0.85);
  const height = between(0.3, 0.55);
  const foot = between(0.82, 0.98);
  box(
    x - height * 0.14,
    foot - height * 0.75,
    height * 0.28,
    height * 0.45,
    shade(pick([red, sea, yellow, white, grass])),
  );
  box(x - height * 0.11, foot - height * 0.3, height * 0.22, height * 0.3, shade(pick([night, asphalt, brown])));
  disc(x, foot - height * 0.87, height * 0.13, shade(skin));
};

/** Much of one colour, somewhere in some place. */
export const thing =
  (colour: Colour) =>
  (painter: Painter): void => {
    const { disc, box, shade, between, pick, gradient } = painter;
    anyPlace(painter);
    const size = between(0.1, 0.4);
    const x = between(0.2, 0.8);
    const y = between(0.25, 0.8);
    const shape = pick(["disc", "box", "most"]);
    if (shape === "disc") disc(x, y, size, shade(colour));
    else if (shape === "box") box(x - size, y - size / 2, size * 2, size, shade(colour));
    else gradient(between(0, 0.3), between(0.7, 1), shade(colour), shade(colour));
  };

export const sunset = (painter: Painter): void => {
  const { gradient, disc, shade, between, pick, box } = painter;
  const horizon = between(0.5, 0.75);
  gradient(0, horizon * 0.55, shade(pick([purple, orange, red, sea])), shade(orange));
  gradient(horizon * 0.55, horizon, shade(orange), shade(pick([yellow, orange])));
  if (painter.random() < 0.8) disc(between(0.2, 0.8), horizon - between(0, 0.15), between(0.06, 0.12), shade(yellow));
  const ground = shade(pick([night, black, brown, purple, sea]));
  gradient(horizon, 1, ground, shade(pick([night, black])));
  if (painter.random() < 0.5) box(between(0, 0.7), horizon, between(0.1, 0.3), 0.1, shade(orange));
};
export const beach = (painter: Painter): void => {
  const { gradient, shade, between, disc, pick } = painter;
  const horizon = between(0.3, 0.45);
  const shore = between(0.55, 0.75);
  daySky(painter, horizon);
  water(painter, horizon);
  gradient(shore, 1, shade(sand), shade(sand));
  if (painter.random() < 0.5) disc(between(0.1, 0.9), between(0.7, 0.9), 0.07, shade(pick([red, yellow, white])));
};
export const openSea = (painter: Painter): void => {
  const horizon = painter.between(0.25, 0.6);
  anySky(painter, horizon);
  water(painter, horizon);
};
export const boats = (painter: Painter): void => {
  if (painter.random() < 0.3) sunset(painter);
  else openSea(painter);
  const count = Math.floor(painter.between(1, 4));
  for (let index = 0; index < count; index += 1) boat(painter, painter.between(0.15, 0.85), painter.between(0.5, 0.75));
};
export const snow = (painter: Painter): void => {
  const { gradient, shade, between, pick } = painter;
  const horizon = between(0.3, 0.6);
  gradient(0, horizon, shade(pick([paleSky, sky, cloud])), shade(pick([paleSky, white])));
  gradient(horizon, 1, shade(white), shade(pick([white, paleSky])));
  for (let trees = between(0, 7); trees > 1; trees -= 1) {
    pine(painter, between(0.05, 0.95), between(horizon, 0.85), between(0.15, 0.35));
  }
};
export const mountain = (painter: Painter): void => {
  const { triangle, shade, between, pick } = painter;
  const horizon = between(0.65, 0.85);
  daySky(painter, horizon);
  for (let peaks = between(2, 5); peaks > 1; peaks -= 1) {
    const x = between(0.1, 0.9);
    const height = between(0.35, 0.6);
    const width = height * between(0.7, 1.1);
    triangle(x, horizon - height, width, height, shade(pick([rock, grey, [92, 104, 128]])));
    triangle(x, horizon - height, width * 0.35, height * 0.35, shade(white));
  }
  anyGround(painter, horizon);
};
export const woods = (painter: Painter): void => {
  const { gradient, shade, between, pick } = painter;
  gradient(0, 1, shade(pick([forest, paleSky, forest])), shade(forest));
  for (let trees = 0; trees < 12; trees += 1) {
    const plant = pick([pine, pine, roundTree]);
    plant(painter, between(0, 1), between(0.6, 1), between(0.4, 0.8));
  }
};
export const tree = (painter: Painter): void => {
  const horizon = painter.between(0.5, 0.75);
  anySky(painter, horizon);
  painter.gradient(horizon, 1, painter.shade(grass), painter.shade(painter.pick([grass, forest, brown])));
  roundTree(painter, painter.between(0.25, 0.75), painter.between(0.75, 0.95), painter.between(0.45, 0.8));
};
export const meadow = (painter: Painter): void => {
  const { gradient, shade, between, pick, speckle } = painter;
  const horizon = between(0.25, 0.5);
  daySky(painter, horizon);
  gradient(horizon, 1, shade(grass), shade(pick([grass, forest])));
  if (painter.random() < 0.4) speckle(10, [horizon, 1], 0.04, [yellow, white, red]);
};
export const flowers = (painter: Painter): void => {
  const { gradient, shade, between, pick, disc, speckle } = painter;
  if (painter.random() < 0.4) {
    meadow(painter);
    speckle(Math.floor(between(30, 70)), [0.5, 1], 0.045, [red, pink, white, pick([yellow, purple])]);
    return;
  }
  gradient(0, 1, shade(pick([grass, forest, sky])), shade(pick([grass, forest])));
  const petals = pick([red, pink, yellow, purple, white, orange]);
  for (let index = between(2, 10); index > 1; index -= 1) {
    const x = between(0.1, 0.9);
    const y = between(0.3, 0.9);
    const size = between(0.07, 0.16);
    disc(x, y, size, shade(petals));
    disc(x, y, size * 0.35, shade(pick([yellow, brown])));
  }
};
export const desert = (painter: Painter): void => {
  const { gradient, shade, between, pick, triangle } = painter;
  const horizon = between(0.35, 0.55);
  gradient(0, horizon, shade(pick([sky, paleSky, sea])), shade(pick([paleSky, sand])));
  gradient(horizon, 1, shade(sand), shade(pick([sand, orange])));
  triangle(between(0, 1), horizon - 0.1, between(0.3, 0.6), 0.3, shade(pick([sand, [206, 160, 100]])));
};
export const starryNight = (painter: Painter): void => {
  const horizon = painter.between(0.6, 0.9);
  nightSky(painter, horizon);
  painter.gradient(0, horizon, painter.shade(night), painter.shade(painter.pick([night, [40, 52, 96], [58, 60, 88]])));
  painter.speckle(Math.floor(painter.between(2, 10)), [0, horizon], 0.03, [lamp, white]);
  painter.gradient(horizon, 1, painter.shade(black), painter.shade(painter.pick([black, night])));
  if (painter.random() < 0.6) {
    painter.disc(
      painter.between(0.15, 0.85),
      painter.between(0.1, 0.4),
      painter.between(0.04, 0.1),
      painter.shade(lamp),
    );
  }
};
export const fireworks = (painter: Painter): void => {
  painter.gradient(0, 1, painter.shade(painter.pick([night, black])), painter.shade(painter.pick([night, black])));
  if (painter.random() < 0.5) painter.speckle(Math.floor(painter.between(8, 30)), [0.8, 1], 0.03, [lamp, yellow]);
  for (let bursts = painter.between(2, 5); bursts > 1; bursts -= 1) {
    const colour = painter.shade(painter.pick([red, yellow, orange, pink, white, turquoise, purple]));
    const [x, y, size] = [painter.between(0.2, 0.8), painter.between(0.15, 0.6), painter.between(0.1, 0.25)];
    for (let spark = 0; spark < 22; spark += 1) {
      const [dx, dy] = [painter.between(-1, 1), painter.between(-1, 1)];
      if (dx * dx + dy * dy < 1) painter.box(x + dx * size, y + dy * size, 0.04, 0.04, colour);
    }
  }
};
export const street = (painter: Painter): void => {
  anySky(painter, 0.5);
  houses(painter, [[196, 172, 140], [170, 110, 90], cloud, sand, grey], asphalt);
  painter.gradient(painter.between(0.75, 0.88), 1, painter.shade(asphalt), painter.shade(asphalt));
  if (painter.random() < 0.5)
    painter.box(painter.between(0, 0.7), 0.82, 0.22, 0.09, painter.shade(painter.pick([red, white, sea])));
};
const cityNight = (painter: Painter): void => {
  nightSky(painter, 0.9);
  houses(painter, [night, asphalt, black], lamp);
  painter.gradient(0.9, 1, painter.shade(black), painter.shade(asphalt));
};
export const city = (painter: Painter): void => {
  if (painter.random() < 0.4) return cityNight(painter);
  anySky(painter, 0.9);
  houses(painter, [grey, cloud, rock, asphalt, [150, 164, 182]], painter.pick([paleSky, night, lamp]));
  painter.gradient(0.9, 1, painter.shade(asphalt), painter.shade(grey));
};
export const rain = (painter: Painter): void => {
  const { gradient, shade, between, pick, speckle } = painter;
  gradient(0, 1, shade(grey), shade(pick([grey, asphalt, [104, 112, 124]])));
  gradient(between(0.6, 0.8), 1, shade(pick([asphalt, rock])), shade(asphalt));
  speckle(Math.floor(between(6, 20)), [0, 1], 0.03, [cloud, [160, 166, 174]]);
};
export const paper = (painter: Painter): void => {
  const { gradient, shade, between, pick, box } = painter;
  gradient(0, 1, shade(pick([brown, grey, cloud, white, asphalt])), shade(pick([brown, grey, cloud])));
  const [left, top] = [between(0.02, 0.3), between(0, 0.12)];
  box(left, top, 1 - 2 * left, 1 - 2 * top, shade(white));
  for (let line = top + 0.1; line < 0.92 - top; line += between(0.07, 0.12)) {
    box(left + 0.07, line, (1 - 2 * left) * between(0.4, 0.85), 0.035, shade(pick([asphalt, grey])));
  }
};
const face = (painter: Painter): void => {
  const { disc, box, shade, between, pick, gradient } = painter;
  gradient(0, 1, shade(pick([cloud, grass, sky, brown, white])), shade(pick([cloud, grass, sky, brown, grey])));
  const [x, y, size] = [between(0.35, 0.65), between(0.35, 0.5), between(0.14, 0.26)];
  disc(x, y - size * 0.25, size * 1.2, shade(pick([brown, black, yellow, [90, 56, 36]])));
  box(x - size * 1.5, y + size * 1.2, size * 3, 1, shade(pick([sea, red, purple, white, black, grass, yellow])));
  disc(x, y, size, shade(skin));
};
export const anyNight = (painter: Painter): void => painter.pick([starryNight, cityNight, dark, fireworks])(painter);
export const people = (painter: Painter): void => {
  if (painter.random() < 0.5) return face(painter);
  anyPlace(painter);
  for (let count = painter.between(1, 5); count > 0; count -= 1) person(painter);
};
export const onlySky = (painter: Painter): void => {
  daySky(painter, 1);
  const { disc, between, shade } = painter;
  for (let clouds = between(0, 4); clouds > 1; clouds -= 1)
    disc(between(0, 1), between(0.1, 0.8), between(0.08, 0.2), shade(white));
  if (painter.random() < 0.5) anyGround(painter, between(0.8, 0.95));
};
export const bright = (painter: Painter): void => {
  painter.gradient(
    0,
    1,
    painter.shade(painter.pick([white, paleSky])),
    painter.shade(painter.pick([white, yellow, paleSky])),
  );
  painter.disc(
    painter.between(0.2, 0.8),
    painter.between(0.2, 0.8),
    0.2,
    painter.shade(painter.pick([yellow, white, sand])),
  );
};
export const dark = (painter: Painter): void => {
  const { gradient, shade, pick, box, between } = painter;
  gradient(0, 1, shade(pick([black, night])), shade(pick([black, asphalt, night])));
  box(between(0, 0.7), between(0.3, 0.8), between(0.1, 0.4), between(0.1, 0.3), shade(pick([asphalt, brown, night])));
};
export const autumn = (painter: Painter): void => {
  const { gradient, shade, pick, disc, between, box } = painter;
  gradient(0, 1, shade(pick([paleSky, sky, cloud, sand])), shade(pick([paleSky, cloud])));
  gradient(between(0.55, 0.75), 1, shade(pick([orange, brown, grass, rock])), shade(pick([brown, rock])));
  for (let crowns = between(6, 11); crowns > 0; crowns -= 1) {
    const [x, y] = [between(0, 1), between(0.1, 0.6)];
    box(x - 0.02, y, 0.05, 0.3, shade(brown));
    disc(x, y, between(0.1, 0.2), shade(pick([orange, red, yellow, [190, 100, 40]])));
  }
};
