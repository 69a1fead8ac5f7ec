/** The vocabulary as the settings of now make it: its terms, and what would change for the library. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import { composeVocabulary } from "../../models/embedding/vocabularies.ts";
import type { ComposedVocabulary } from "../../models/embedding/vocabularies.ts";
import type { VocabularyEntry } from "../../models/embedding/vocabulary.ts";
import { promptsOf } from "../../models/embedding/vocabulary.ts";
import { readBankTerms } from "../../models/embedding/vocabulary/bank-terms.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { SECOND } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import { stageKeyOf } from "../pipeline/stage-plan.ts";
import { tag as tagStage } from "../pipeline/stages/tag.ts";
import type { Inference } from "./inference.ts";
import { BANK_FOLDER } from "./inference.ts";
import type { LibraryModel } from "./library-model.ts";
import { taggingSettingsOf } from "./process-api.ts";

export interface VocabularyListing {
  /** Whose words bound the vocabulary; undefined when none is installed: then it is whole. */
  readonly model: string | undefined;
  readonly terms: readonly VocabularyEntry[];
}

export interface RetagCost {
  /** Photos whose tags are not current. */
  readonly photos: number;
  /** Prompts that have to be encoded first; 0 when the label bank is there. */
  readonly prompts: number;
  /** For the prompts, from a sample encoded just now; undefined when there is nothing to encode. */
  readonly promptSeconds: number | undefined;
}

export interface VocabularyPreview {
  readonly model: string | undefined;
  readonly terms: number;
  readonly categories: Readonly<Record<string, number>>;
  /** Beside the vocabulary of the last tags; undefined when the library has none yet or its label bank is gone. */
  readonly changes: { readonly added: readonly string[]; readonly removed: readonly string[] } | undefined;
  readonly blocked: readonly string[];
  /** Words of the block list that block nothing. */
  readonly blockedWithoutEffect: readonly string[];
  /** Names the model does not know. */
  readonly unknown: readonly string[];
  /** Files of the user that tagging.vocabulary.sets does not name. */
  readonly unusedSets: readonly string[];
  /** undefined without a library that has vectors. */
  readonly cost: RetagCost | undefined;
}

export interface VocabularyApi {
  readonly vocabulary: () => Promise<VocabularyListing>;
  /** Writes nothing. */
  readonly previewVocabulary: (options: { readonly signal: AbortSignal }) => Promise<VocabularyPreview>;
}

export interface VocabularyDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly catalogue: () => Promise<Catalogue>;
  /** File of the catalogue; a preview makes none. */
  readonly cataloguePath: string;
  readonly model: LibraryModel;
  readonly inference: Inference;
}

const SAMPLE_PROMPTS = 64;

const namesOf = (terms: readonly VocabularyEntry[]): readonly string[] => terms.map(({ name }) => name);

/** An id is `<set>/<name>`. */
const nameOfId = (id: string): string => id.slice(id.indexOf("/") + 1);

const countCategories = (terms: readonly VocabularyEntry[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { category } of terms) counts[category] = (counts[category] ?? 0) + 1;
  return counts;
};

const bankTerms = (
  { config }: VocabularyDeps,
  { directory }: InstalledModel,
  key: string,
): Promise<readonly string[] | undefined> =>
  readBankTerms([join(directory, BANK_FOLDER), join(config.general.data_dir, BANK_FOLDER)], key);

const changesOf = async (
  deps: VocabularyDeps,
  installed: InstalledModel,
  terms: readonly VocabularyEntry[],
): Promise<VocabularyPreview["changes"]> => {
  const key = await (await deps.catalogue()).tags.latestBankKey(installed.vectorKey);
  const before = key === undefined ? undefined : await bankTerms(deps, installed, key);
  if (before === undefined) return undefined;
  const [old, now] = [new Set(before), new Set(terms.map(({ id }) => id))];
  return {
    added: namesOf(terms.filter(({ id }) => !old.has(id))),
    removed: before.filter((id) => !now.has(id)).map(nameOfId),
  };
};

/** The first run pays for loading the text tower; it is not counted. */
const secondsFor = async (
  { inference, clock }: VocabularyDeps,
  installed: InstalledModel,
  { prompts, signal }: { readonly prompts: readonly string[]; readonly signal: AbortSignal },
): Promise<number> => {
  const encoder = inference.encoderOf(installed);
  const sample = prompts.slice(0, SAMPLE_PROMPTS);
  await encoder.embedTexts(sample.slice(0, 1), { signal });
  const start = clock.now();
  await encoder.embedTexts(sample, { signal });
  return ((clock.now() - start) / SECOND / sample.length) * prompts.length;
};

/** @returns undefined when there is nothing to tag with */
const costOf = async (
  deps: VocabularyDeps,
  installed: InstalledModel,
  { terms, signal }: { readonly terms: readonly VocabularyEntry[]; readonly signal: AbortSignal },
): Promise<RetagCost | undefined> => {
  const tagger = await deps.inference.taggerOf(installed, taggingSettingsOf(deps.config));
  if (tagger === undefined) return undefined;
  const photos = await (
    await deps.catalogue()
  ).tags.countStale({
    vectorKey: installed.vectorKey,
    stageKey: stageKeyOf(tagStage, tagger.resultKey),
    untaggedOnly: false,
  });
  const isEncoded = (await bankTerms(deps, installed, tagger.bankKey)) !== undefined;
  if (isEncoded) return { photos, prompts: 0, promptSeconds: undefined };
  const prompts = terms.flatMap(promptsOf);
  return { photos, prompts: prompts.length, promptSeconds: await secondsFor(deps, installed, { prompts, signal }) };
};

export const createVocabularyApi = (deps: VocabularyDeps): VocabularyApi => {
  const { config, logger, model } = deps;
  const libraryModel = async (): Promise<InstalledModel | undefined> =>
    existsSync(deps.cataloguePath) ? model.installed() : undefined;
  const compose = (installed: InstalledModel | undefined): Promise<ComposedVocabulary> =>
    composeVocabulary(installed, { ...config.tagging.vocabulary, logger });

  return {
    vocabulary: async () => {
      const installed = (await libraryModel()) ?? (await model.configured());
      return { model: installed?.manifest.id, terms: (await compose(installed)).entries };
    },
    previewVocabulary: async ({ signal }) => {
      const inUse = await libraryModel();
      const installed = inUse ?? (await model.configured());
      const { entries: terms, blocked, unknown, ...rest } = await compose(installed);
      return {
        model: installed?.manifest.id,
        terms: terms.length,
        categories: countCategories(terms),
        changes: inUse === undefined ? undefined : await changesOf(deps, inUse, terms),
        blocked: namesOf(blocked),
        unknown: namesOf(unknown),
        ...rest,
        cost: inUse === undefined ? undefined : await costOf(deps, inUse, { terms, signal }),
      };
    },
  };
};
