/** The set `visual`: what a camera can see, in everyday words. Its terms stand in `visual/*.txt`; see term-lines.ts. */
import { readFile } from "node:fs/promises";
import { assetPath } from "../package-root.ts";
import type { VocabularyEntry } from "../vocabulary.ts";
import { parseTermLines } from "./term-lines.ts";
import { toEntries } from "./term-set.ts";

export const VISUAL_FOLDER = "models/embedding/vocabulary/visual";

/** In the order of the bank's rows. */
export const VISUAL_FILES = [
  "people",
  "mammals",
  "birds",
  "reptiles-fish-insects",
  "plants",
  "nature-places",
  "city-places",
  "buildings",
  "indoor-places",
  "vehicles",
  "household",
  "kitchen-tableware",
  "clothing",
  "electronics-tools",
  "leisure",
  "signs-office",
  "dishes",
  "baking-sweets",
  "produce",
  "drinks",
  "activities",
  "events",
  "scenes",
  "weather",
  "time",
  "season",
  "colour",
  "style",
  "mood",
  "composition",
  "documents",
] as const;

export const readVisualVocabulary = async (): Promise<readonly VocabularyEntry[]> => {
  const files = await Promise.all(
    VISUAL_FILES.map(async (name) =>
      parseTermLines(await readFile(assetPath(`${VISUAL_FOLDER}/${name}.txt`), "utf8"), `${name}.txt`),
    ),
  );
  return toEntries("visual", files.flat());
};
