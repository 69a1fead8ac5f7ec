/**
 * Records what the quality gate expects of the weights in models/photon-mini/weights, and paints the scenes that are
 * missing. To be run after new weights: `node test/support/photon-mini/record-expectations.ts`. Weights that find too
 * little are not recorded.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { ensureBuiltInModel } from "../../../models/embedding/built-in-model.ts";
import { paintScene } from "../../../src/sample-library/paint-scene.ts";
import { sceneNamed } from "../../../src/sample-library/scenes.ts";
import { EXPECTATIONS_FILE, expectationsOf, foundQueries, LEAST_FOUND_SHARE, measureCosines } from "./gate.ts";
import { GATE_EDGE, GATE_SEED, gateScenes, sceneFile } from "./gate-scenes.ts";

const JPEG_QUALITY = 82;

for (const { scene } of gateScenes) {
  const path = sceneFile(scene);
  if (existsSync(path)) continue;
  await mkdir(dirname(path), { recursive: true });
  const { width, height, data } = await paintScene(sceneNamed(scene), { seed: GATE_SEED, size: GATE_EDGE });
  await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: JPEG_QUALITY })
    .toFile(path);
}

const folder = await mkdtemp(join(tmpdir(), "photon-mini-"));
try {
  const model = await ensureBuiltInModel(folder);
  const cosines = await measureCosines(model);
  const found = foundQueries(cosines);
  console.log(`${found.length} of ${gateScenes.length} queries find their scene first: ${found.join(", ")}`);
  for (const [own, { query }] of gateScenes.entries()) {
    const ranked = gateScenes
      .map(({ scene }, index) => ({ scene, value: cosines[own]?.[index] ?? Number.NaN }))
      .toSorted((left, right) => right.value - left.value);
    const best = ranked.slice(0, 3).map(({ scene, value }) => `${scene} ${value.toFixed(3)}`);
    if (!found.includes(query)) console.log(`  ${query}: ${best.join(", ")}`);
  }
  if (foundQueries(cosines, 0).length < LEAST_FOUND_SHARE * gateScenes.length) {
    throw new Error(`Expected weights that find ${LEAST_FOUND_SHARE * 100} % of the scenes, received ${found.length}.`);
  }
  const expectations = expectationsOf(model.manifest.revision, cosines);
  await writeFile(EXPECTATIONS_FILE, `${JSON.stringify(expectations, undefined, 1)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
