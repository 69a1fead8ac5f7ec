/** What a painted scene is. */
import type { Random } from "./random.ts";

export interface Canvas {
  /** Canvas units, see svg.ts. */
  readonly width: number;
  readonly height: number;
}

interface Painting {
  /** Gradient definitions. */
  readonly defines: string;
  readonly body: string;
}

/** Local hour the scene looks like. */
export type DayTime = "morning" | "noon" | "evening" | "night";

export interface Scene<Name extends string = string> {
  readonly name: Name;
  /** Words a person would search it by. */
  readonly words: readonly string[];
  readonly shape: "landscape" | "portrait";
  readonly dayTime: DayTime;
  /** Variation comes from `random` alone. */
  paint(random: Random, canvas: Canvas): Painting;
}

export const defineScene = <const Name extends string>(scene: Scene<Name>): Scene<Name> => scene;

export const LANDSCAPE: Canvas = { width: 1200, height: 800 };
export const PORTRAIT: Canvas = { width: 800, height: 1200 };
