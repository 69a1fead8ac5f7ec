/** What a model costs by its size: images per second and memory of one encoder host. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureBuiltInModel } from "../models/embedding/built-in-model.ts";
import { installRandomEncoder, SMALL_VIT, VIT_B_16 } from "../test/support/encoders.ts";
import type { VitShape } from "../test/support/encoders.ts";
import type { Bench, BenchResult } from "./support/bench.ts";
import type { TowerFigures } from "./support/tower-probe.ts";

const PROBE = join(import.meta.dirname, "support/tower-probe.ts");
const at = (size: number): VitShape => ({ ...VIT_B_16, name: `vit-b-16-${size}`, size });

const measure = async (directory: string, seconds: number): Promise<TowerFigures> => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROBE, directory, String(seconds)]);
  return JSON.parse(stdout) as TowerFigures; // the probe's own
};

export const modelSizesBench: Bench = {
  name: "model-sizes",
  about:
    "One encoder host with one thread, one image at a time: photon-mini, and graphs of the shape of SigLIP and CLIP with random weights (ViT-B/16 at 224, 256 and 384 pixels). photon runs two such hosts on two cores.",
  async run({ quick, directory, log }) {
    const models = join(directory, "model-sizes");
    const shapes = quick ? [SMALL_VIT] : [at(224), at(256), at(384)];
    const wanted = shapes.flatMap((shape) => (["int8", "fp32"] as const).map((variant) => ({ shape, variant })));
    const seconds = quick ? 1 : 10;
    const results: BenchResult[] = [];
    const add = (name: string, { imagesPerSecond, loadSeconds, memoryMib }: TowerFigures): void => {
      log(`${name}: ${imagesPerSecond.toFixed(1)} images/s, ${memoryMib.toFixed(0)} MiB`);
      results.push(
        { metric: name, value: imagesPerSecond, unit: "images/s" },
        { metric: `${name}: loading`, value: loadSeconds, unit: "s" },
        { metric: `${name}: memory`, value: memoryMib, unit: "MiB" },
      );
    };
    add("photon-mini", await measure((await ensureBuiltInModel(models)).directory, seconds));
    for (const { shape, variant } of wanted) {
      const model = await installRandomEncoder(models, { shape, variant });
      add(`${shape.name} ${variant}`, await measure(model.directory, seconds));
    }
    return results;
  },
};
