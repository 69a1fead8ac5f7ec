/** What the quality gate of photon-mini shows it and asks it: one painted scene of each kind, one query for each. */
import { join } from "node:path";
import { SCENES } from "../../../src/sample-library/scenes.ts";
import type { SceneName } from "../../../src/sample-library/scenes.ts";
import { REPOSITORY } from "../run-program.ts";

export const GATE_FOLDER = join(REPOSITORY, "test/fixtures/photon-mini");

/** Between the small seeds of the sample library and those of the training, which start at a million. */
export const GATE_SEED = 500_000;
export const GATE_EDGE = 224;

export const sceneFile = (scene: SceneName): string => join(GATE_FOLDER, "scenes", `${scene}.jpg`);

/** The words of each query fit its scene and no other one as well. */
const QUERIES: Readonly<Record<SceneName, string>> = {
  beach: "a beach",
  sunset: "sunset over the sea",
  harbour: "boats in a harbour",
  lighthouse: "lighthouse",
  "snowy-mountains": "snowy mountains",
  forest: "a forest",
  "flower-meadow": "flowers in a meadow",
  desert: "desert",
  "autumn-alley": "autumn trees",
  "camping-night": "tent at night",
  "hot-air-balloons": "hot air balloons",
  "city-night": "city at night",
  "red-car": "red car",
  "rainy-window": "rain on a window",
  fireworks: "fireworks",
  portrait: "portrait of a person",
  food: "a plate of food",
  "birthday-cake": "birthday cake",
  cat: "cat",
  dog: "dog",
  receipt: "receipt",
  screenshot: "screenshot",
};

export const gateScenes: readonly { readonly scene: SceneName; readonly query: string }[] = SCENES.map(({ name }) => ({
  scene: name,
  query: QUERIES[name],
}));
