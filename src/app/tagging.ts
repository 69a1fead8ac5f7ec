/** Tags apart from processing photos: what people decide, and stored vectors tagged anew. */
import { randomUUID } from "node:crypto";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import type { HostedTagger } from "../../models/embedding/tagger.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Config } from "../config.ts";
import { ConfigError } from "../errors.ts";
import type { TagDecisions } from "../library/tag-decisions.ts";
import { createTagDecisions } from "../library/tag-decisions.ts";
import type { TaggingProgress } from "../pipeline/outcome.ts";
import type { RetagOptions, RetagReport } from "../pipeline/retag.ts";
import { retag } from "../pipeline/retag.ts";
import { stageKeyOf } from "../pipeline/stage-plan.ts";
import { tag as tagStage } from "../pipeline/stages/tag.ts";
import { shownIds } from "../search/photo-ids.ts";
import { resolvePhoto } from "../search/show-photo.ts";
import type { Inference } from "./inference.ts";
import type { LibraryIndex } from "./library-index.ts";
import type { LibraryModel } from "./library-model.ts";
import { taggingSettingsOf } from "./process-api.ts";

export interface RetagRequest extends Pick<RetagOptions, "dryRun" | "signal"> {
  readonly onProgress?: (progress: TaggingProgress) => void;
}

export interface TaggingApi extends TagDecisions {
  /** Tags of stored vectors whose vocabulary, prompts, calibration or thresholds changed. Reads no photo. */
  readonly retag: (request: RetagRequest) => Promise<RetagReport>;
  /** The same for photos that have no tags yet because a run did not wait for its label bank. Nothing to do = nothing done. */
  readonly tagWaiting: (request: Omit<RetagRequest, "dryRun">) => Promise<number>;
}

export interface TaggingDeps {
  readonly config: Config;
  readonly catalogue: () => Promise<Catalogue>;
  readonly model: LibraryModel;
  readonly inference: Inference;
  readonly index: LibraryIndex;
}

interface ReadyTagger {
  readonly installed: InstalledModel;
  readonly tagger: HostedTagger;
}

const openTagger = async ({ config, model, inference }: TaggingDeps): Promise<ReadyTagger> => {
  const installed = await model.installed();
  if (installed === undefined) {
    throw new ConfigError("Expected a library with an installed embedding model, received none.", {
      hint: '"photon models list" shows which models are installed; tags come from the vectors of "photon process".',
    });
  }
  const tagger = await inference.taggerOf(installed, taggingSettingsOf(config));
  if (tagger !== undefined) return { installed, tagger };
  throw new ConfigError("Expected a vocabulary with terms in tagging.vocabulary.sets, received none.", {
    hint: "Name a set that exists: photon retag --set visual, or your own file in the folder tagging.vocabulary.dir.",
  });
};

const retagLibrary = async (
  deps: TaggingDeps,
  { dryRun, signal, onProgress }: RetagRequest,
  untaggedOnly: boolean,
): Promise<RetagReport> => {
  const { installed, tagger } = await openTagger(deps);
  const report = (phase: TaggingProgress["phase"]) => (progress: { done: number; total: number }) =>
    onProgress?.({ phase, ...progress });
  await tagger.prepare({ signal, onProgress: report("bank") });
  const { vectorKey } = installed;
  const { bankKey, calibrationId } = tagger;
  const result = await retag(
    {
      tags: (await deps.catalogue()).tags,
      tagger,
      run: { token: randomUUID(), vectorKey, bankKey, calibrationId },
      stale: { vectorKey, stageKey: stageKeyOf(tagStage, tagger.resultKey), untaggedOnly },
    },
    { dryRun, signal, onProgress: report("tags") },
  );
  if (!dryRun && result.changed > 0) deps.index.notify();
  return result;
};

export const createTaggingApi = (deps: TaggingDeps): TaggingApi => {
  const decisions = async (): Promise<TagDecisions> => {
    const { tags, search } = await deps.catalogue();
    return createTagDecisions({ tags, resolve: (photo) => resolvePhoto(search, photo), shownIds });
  };
  const notified = async <Result>(change: Promise<Result>): Promise<Result> => {
    const result = await change;
    deps.index.notify();
    return result;
  };
  return {
    addTag: async (photos, name) => notified((await decisions()).addTag(photos, name)),
    removeTag: async (photos, name) => notified((await decisions()).removeTag(photos, name)),
    tagsOf: async (photo) => (await decisions()).tagsOf(photo),
    undoTagRun: async (run) => notified((await decisions()).undoTagRun(run)),
    retag: (request) => retagLibrary(deps, request, false),
    tagWaiting: async (request) =>
      deps.inference.photosWaitForTags() ? (await retagLibrary(deps, { ...request, dryRun: false }, true)).photos : 0,
  };
};
