/** Painted pictures with a caption each, for the self-test of a model. Plain arithmetic: the same pixels everywhere. */
import type { RgbImage } from "./types.ts";

type Colour = readonly [red: number, green: number, blue: number];
/** Colour at (x, y), both 0..1, x to the right and y down. */
type Paint = (x: number, y: number) => Colour;

export interface TestPicture {
  /** As the goldens of a manifest name it. */
  readonly name: string;
  /** What it shows; no other picture of the list fits it. */
  readonly caption: string;
  readonly image: RgbImage;
}

const WIDTH = 480;
const HEIGHT = 360;
const ASPECT = HEIGHT / WIDTH;

const WHITE: Colour = [250, 250, 250];
const BLACK: Colour = [12, 12, 12];

const inDisc = (x: number, y: number, centre: readonly [number, number], radius: number): boolean =>
  (x - centre[0]) ** 2 + ((y - centre[1]) * ASPECT) ** 2 < radius ** 2;

const hill: Paint = (x, y) => {
  if (inDisc(x, y, [0.2, 0.25], 0.08)) return [255, 230, 90];
  if (y > 0.9 - 0.5 * x ** 2) return [40 + 60 * x, 130 - 50 * y, 30];
  return [90 + 90 * y, 150 + 70 * y, 250 - 30 * x];
};

const sunset: Paint = (x, y) => {
  if (inDisc(x, y, [0.65, 0.52], 0.07) && y < 0.6) return [255, 220, 120];
  if (y < 0.6) return [250 - 60 * (0.6 - y), 120 - 110 * (0.6 - y) + 60 * y, 40 + 150 * (0.6 - y)];
  const glitter = Math.abs(x - 0.65) < 0.02 + 0.25 * (y - 0.6) && Math.floor(y * 40) % 2 === 0;
  return glitter ? [255, 190, 100] : [70 + 40 * (1 - y), 45, 80 - 30 * y];
};

const redCircle: Paint = (x, y) => (inDisc(x, y, [0.4, 0.55], 0.24) ? [220, 20, 30] : WHITE);

const blueSquare: Paint = (x, y) =>
  Math.abs(x - 0.56) < 0.2 && Math.abs(y - 0.45) < 0.2 / ASPECT ? [20, 50, 210] : WHITE;

const chessboard: Paint = (x, y) => ((Math.floor(x * 8) + Math.floor(y * 8)) % 2 === 0 ? WHITE : BLACK);

const STRIPES: readonly Colour[] = [
  [228, 3, 3],
  [255, 140, 0],
  [255, 237, 0],
  [0, 128, 38],
  [0, 77, 255],
  [117, 7, 135],
];
const rainbow: Paint = (_x, y) => STRIPES[Math.floor(y * STRIPES.length)] ?? BLACK;

const paint = (colourAt: Paint): RgbImage => {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let row = 0; row < HEIGHT; row += 1) {
    for (let column = 0; column < WIDTH; column += 1) {
      data.set(colourAt((column + 0.5) / WIDTH, (row + 0.5) / HEIGHT), (row * WIDTH + column) * 3);
    }
  }
  return { width: WIDTH, height: HEIGHT, data };
};

const PAINTS = [
  { name: "hill", caption: "a green hill under a blue sky", colourAt: hill },
  { name: "sunset", caption: "a sunset over the sea", colourAt: sunset },
  { name: "red-circle", caption: "a red circle on a white background", colourAt: redCircle },
  { name: "blue-square", caption: "a blue square on a white background", colourAt: blueSquare },
  { name: "chessboard", caption: "a black and white chessboard", colourAt: chessboard },
  { name: "rainbow", caption: "rainbow coloured stripes", colourAt: rainbow },
] as const;

/** 480 x 360 pixels each; the first one differs from each of its turned and mirrored copies. */
export const testPictures = (): readonly TestPicture[] =>
  PAINTS.map(({ name, caption, colourAt }) => ({ name, caption, image: paint(colourAt) }));
