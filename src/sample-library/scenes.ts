/** Registry of the painted scenes. */
import type { Scene } from "./scene.ts";
import { cityNight, fireworks, rainyWindow, redCar } from "./scenes/city.ts";
import { beach, harbour, lighthouse, sunset } from "./scenes/coast.ts";
import { birthdayCake, food, portrait } from "./scenes/home.ts";
import { autumnAlley, desert, flowerMeadow, forest, snowyMountains } from "./scenes/land.ts";
import { balloons, starryTent } from "./scenes/outdoors.ts";
import { receipt, screenshot } from "./scenes/papers.ts";
import { cat, dog } from "./scenes/pets.ts";

export const SCENES = [
  beach,
  sunset,
  harbour,
  lighthouse,
  snowyMountains,
  forest,
  flowerMeadow,
  desert,
  autumnAlley,
  starryTent,
  balloons,
  cityNight,
  redCar,
  rainyWindow,
  fireworks,
  portrait,
  food,
  birthdayCake,
  cat,
  dog,
  receipt,
  screenshot,
] as const satisfies readonly Scene[];
export type SceneName = (typeof SCENES)[number]["name"];

export const sceneNamed = (name: SceneName): Scene => {
  const scene = SCENES.find((candidate) => candidate.name === name);
  // SceneName is derived from SCENES: a name without a scene does not compile.
  return scene ?? SCENES[0];
};
