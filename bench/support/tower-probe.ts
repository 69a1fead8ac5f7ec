/** A process of its own for one image tower: `node tower-probe.ts FOLDER SECONDS` prints what it measured as JSON. */
import { join } from "node:path";
import { openInstalledModel } from "../../models/embedding/installed-models.ts";
import { openImageTower } from "../../models/embedding/image-tower.ts";
import { fileOfRole } from "../../models/embedding/manifest.ts";
import { createRandom } from "../../src/sample-library/random.ts";

export interface TowerFigures {
  readonly imagesPerSecond: number;
  readonly loadSeconds: number;
  /** Resident in the process after the last image, beyond what it had before the model was opened. */
  readonly memoryMib: number;
}

const MIB = 1024 * 1024;

const [directory = "", length = "5"] = process.argv.slice(2);
const { manifest } = await openInstalledModel(directory);
const { image, dimension } = manifest;
const before = process.memoryUsage().rss;
const path = join(directory, fileOfRole(manifest, "vision").path);
const loadStart = performance.now();
const tower = await openImageTower({
  threads: 1,
  device: "cpu",
  path,
  image,
  dimension,
  output: manifest.output.vision,
});
const loadSeconds = (performance.now() - loadStart) / 1000;
const random = createRandom(1);
const pixels = Uint8Array.from({ length: image.size * image.size * 3 }, () => random.integer(0, 255));
await tower.run([pixels]);
let images = 0;
const start = performance.now();
const end = start + Number(length) * 1000;
while (performance.now() < end) {
  await tower.run([pixels]);
  images += 1;
}
const figures: TowerFigures = {
  imagesPerSecond: (images * 1000) / (performance.now() - start),
  loadSeconds,
  memoryMib: (process.memoryUsage().rss - before) / MIB,
};
process.stdout.write(JSON.stringify(figures));
