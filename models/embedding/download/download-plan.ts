/** What a download will fetch, from where, and how much of it is here already: shown before the first byte. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { InvalidInputError, systemCode } from "../../../src/errors.ts";
import type { ModelFile, ModelManifest, ModelVariant } from "../manifest.ts";
import { folderNameOf } from "../model-folder.ts";
import type { ModelRecipe } from "../model-recipe.ts";
import { filesOf, isCheckpointScore, pinnedManifest } from "../model-recipe.ts";
import { fetchScore } from "./checkpoint-score.ts";
import type { Repository } from "./hub-repository.ts";
import type { HubAccess } from "./hub-repository.ts";
import { describeRepository } from "./hub-repository.ts";
import { partBytes } from "./part-file.ts";

/** A file to fetch; what is set is binding. */
export type PlannedFile = Pick<ModelFile, "role" | "path"> & {
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
  readonly blake3?: string | undefined;
};

export interface DownloadPlan {
  readonly recipe: ModelRecipe;
  readonly variant: ModelVariant;
  readonly revision: string;
  readonly score: ModelManifest["score"];
  /** True when every byte was known beforehand; else the first download decides what the model is. */
  readonly isPinned: boolean;
  readonly files: readonly PlannedFile[];
  /** Absolute. */
  readonly directory: string;
  /** Of all files whose size is known. */
  readonly totalBytes: number;
  /** Not yet here. */
  readonly remainingBytes: number;
}

const bytesHere = async (directory: string, file: PlannedFile): Promise<number> => {
  try {
    return (await stat(join(directory, file.path))).size;
  } catch (error) {
    if (systemCode(error) !== "ENOENT" && systemCode(error) !== "ENOTDIR") throw error;
    return partBytes(join(directory, file.path));
  }
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

type Pins = Pick<DownloadPlan, "revision" | "score" | "isPinned" | "files">;

/** Facts of the repository fill the holes of the recipe; what the recipe knows stays. */
const withRepository = (recipe: ModelRecipe, variant: ModelVariant, repository: Repository): readonly PlannedFile[] =>
  filesOf(recipe, variant).map((file) => {
    const found = repository.files.get(file.path);
    if (found === undefined) {
      throw new InvalidInputError(`Expected ${file.path} in ${recipe.repo}, received a repository without it.`, {
        hint: `Choose another precision with --precision, or look at the files of ${recipe.repo}.`,
      });
    }
    return { ...file, bytes: file.bytes ?? found.bytes, sha256: file.sha256 ?? found.sha256 };
  });

/** Asks the hub for what the recipe leaves open; a pinned model asks nobody. */
export const pinRecipe = async (recipe: ModelRecipe, variant: ModelVariant, access: HubAccess): Promise<Pins> => {
  const pinned = pinnedManifest(recipe, variant);
  if (pinned !== undefined) {
    return { revision: pinned.revision, score: pinned.score, isPinned: true, files: pinned.files };
  }
  const repository = await describeRepository(access, recipe.repo, recipe.revision ?? "main");
  const score = isCheckpointScore(recipe.score) ? await fetchScore(access, recipe.score) : recipe.score;
  const files = withRepository(recipe, variant, repository);
  return { revision: recipe.revision ?? repository.revision, score, isPinned: false, files };
};

export const planDownload = async (
  modelDir: string,
  { recipe, variant }: Pick<DownloadPlan, "recipe" | "variant">,
  pins: Pins,
): Promise<DownloadPlan> => {
  const directory = join(modelDir, recipe.id, folderNameOf({ revision: pins.revision, variant }));
  const here = await Promise.all(pins.files.map((file) => bytesHere(directory, file)));
  const totalBytes = sum(pins.files.map(({ bytes = 0 }) => bytes));
  const remaining = pins.files.map(({ bytes = 0 }, index) => Math.max(0, bytes - (here[index] ?? 0)));
  return { recipe, variant, ...pins, directory, totalBytes, remainingBytes: sum(remaining) };
};
