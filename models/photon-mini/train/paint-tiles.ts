/**
 * Paints scenes of the sample library as training tiles, in the layout of the other sets: sheets of square tiles and an
 * index. Maintainer's tool: `node paint-tiles.ts <data folder> [tiles per scene]` writes `<data folder>/painted`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { paintScene } from "../../../src/sample-library/paint-scene.ts";
import { SCENES } from "../../../src/sample-library/scenes.ts";

const EDGE = 96;
const COLUMNS = 20;
/** Painted larger and shrunk, as photos are. */
const PAINTED_SIZE = 288;
/** Seeds of the sample library are small numbers: none of its pictures is a training tile. */
const FIRST_SEED = 1_000_000;
const VAL_SHARE = 0.1;

const [data = "", count = "160"] = process.argv.slice(2);
const perScene = Number(count);

const paintTile = async (scene: (typeof SCENES)[number], seed: number): Promise<Buffer> => {
  const { width, height, data: pixels } = await paintScene(scene, { seed, size: PAINTED_SIZE });
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(EDGE, EDGE, { fit: "fill" })
    .raw()
    .toBuffer();
};

const writeSheet = async (file: string, tiles: readonly Buffer[]): Promise<void> => {
  const rows = Math.ceil(tiles.length / COLUMNS);
  const composite = tiles.map((input, position) => ({
    input,
    raw: { width: EDGE, height: EDGE, channels: 3 as const },
    left: (position % COLUMNS) * EDGE,
    top: Math.floor(position / COLUMNS) * EDGE,
  }));
  await sharp({ create: { width: COLUMNS * EDGE, height: rows * EDGE, channels: 3, background: "black" } })
    .composite(composite)
    .jpeg({ quality: 90 })
    .toFile(join(data, file));
};

const index: Record<"train" | "val", object[]> = { train: [], val: [] };
for (const split of ["train", "val"] as const) await mkdir(join(data, "painted", split), { recursive: true });
for (const [position, scene] of SCENES.entries()) {
  const firstSeed = FIRST_SEED + position * perScene;
  const tiles: Buffer[] = [];
  for (let seed = firstSeed; seed < firstSeed + perScene; seed += 1) tiles.push(await paintTile(scene, seed));
  const held = Math.ceil(perScene * VAL_SHARE);
  for (const [split, part] of [
    ["train", tiles.slice(held)],
    ["val", tiles.slice(0, held)],
  ] as const) {
    const file = `painted/${split}/${scene.name}.jpg`;
    await writeSheet(file, part);
    index[split].push({ file, label: scene.name, tile: EDGE, columns: COLUMNS, count: part.length });
  }
  console.log(`${scene.name}: ${tiles.length} tiles (${scene.words.join(", ")})`);
}
await writeFile(join(data, "painted", "index.json"), JSON.stringify(index));
