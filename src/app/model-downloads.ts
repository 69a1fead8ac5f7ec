/** Offers of models to download: pinned ones, recipes, and exports people name. */
import { resolve } from "node:path";
import { BUILT_IN_MODEL_ID } from "../../models/embedding/built-in-model.ts";
import { fileUrl, parseBaseUrl, shownUrl } from "../../models/embedding/download/base-url.ts";
import type { DownloadPlan } from "../../models/embedding/download/download-plan.ts";
import { pinRecipe, planDownload } from "../../models/embedding/download/download-plan.ts";
import { draftRecipe } from "../../models/embedding/download/export-recipe.ts";
import type { ModelSource } from "../../models/embedding/download/file-source.ts";
import type { HubAccess } from "../../models/embedding/download/hub-repository.ts";
import { checkProxies, createHttpClient } from "../../models/embedding/download/http-client.ts";
import { inspectExport } from "../../models/embedding/download/inspect-export.ts";
import type { InstallDeps } from "../../models/embedding/download/install-model.ts";
import type { Judge } from "../../models/embedding/download/judge-model.ts";
import { installModel } from "../../models/embedding/download/install-model.ts";
import type { InstalledModelStatus } from "../../models/embedding/installed-models.ts";
import { listInstalledModels } from "../../models/embedding/installed-models.ts";
import type { ModelVariant } from "../../models/embedding/manifest.ts";
import type { ModelRecipe } from "../../models/embedding/model-recipe.ts";
import { pinnedManifest, recipeOfManifest, variantsOf } from "../../models/embedding/model-recipe.ts";
import { recipes as knownRecipes } from "../../models/embedding/recipes.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { nearestName } from "../config.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import type { DownloadOffer, DownloadRequest, ModelApi, NetworkAccess } from "./model-api.ts";

export interface ModelDownloadsDeps {
  readonly config: Config;
  readonly clock: Clock;
  /** Relative folders start here. */
  readonly workingDirectory: string;
  readonly judge: Judge;
  /** Models that can be downloaded by id; unset = those photon knows. */
  readonly recipes?: readonly ModelRecipe[];
}

interface Reach {
  readonly access: HubAccess;
  readonly baseUrls: readonly URL[];
  readonly source: ModelSource;
}

const REPOSITORY = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/** An added model that is installed: what was stored at its first download binds from then on. */
const installedRecipe = async (
  modelDir: string,
  id: string,
  isWanted: (status: InstalledModelStatus) => boolean,
): Promise<ModelRecipe | undefined> => {
  const statuses = await listInstalledModels(modelDir);
  const found = statuses.find((status) => status.id === id && status.manifest !== undefined && isWanted(status));
  return found?.manifest === undefined ? undefined : recipeOfManifest(found.manifest);
};

const refuseBuiltIn = (id: string): void => {
  if (id !== BUILT_IN_MODEL_ID) return;
  throw new InvalidInputError(`Expected a model that can be downloaded for ID, received ${id}.`, {
    hint: `It comes with photon. Run \`photon models use ${id}\` to change a library to it.`,
  });
};

const refuseUnknown = (recipes: readonly ModelRecipe[], id: string): never => {
  const ids = recipes.map((candidate) => candidate.id);
  const nearest = nearestName(id, ids);
  throw new NotFoundError(`Expected a model photon knows for ID, received ${id}.`, {
    hint: `${nearest === undefined ? "" : `Did you mean ${nearest}? `}Known are ${ids.join(", ")}; any other export is installed by \`photon models add <owner>/<name>\`.`,
  });
};

const chosenVariant = (recipe: ModelRecipe, wanted: ModelVariant | undefined): ModelVariant => {
  const variants = variantsOf(recipe);
  const [variant] = wanted === undefined ? variants : variants.filter((candidate) => candidate === wanted);
  if (variant !== undefined) return variant;
  throw new InvalidInputError(`Expected one of ${variants.join(", ")} for --precision, received ${wanted}.`, {
    hint: `These are the precisions ${recipe.id} is published in.`,
  });
};

const reachOf = (
  { config, workingDirectory }: ModelDownloadsDeps,
  { baseUrls: given, from }: DownloadRequest,
  { environment, signal }: NetworkAccess,
): Reach => {
  checkProxies(environment);
  const configured = parseBaseUrl(config.models.base_url);
  const baseUrls = given.length === 0 ? [configured] : given.map(parseBaseUrl);
  const [baseUrl = configured] = baseUrls;
  const http = createHttpClient({ environment, baseUrl });
  const source: ModelSource =
    from === undefined ? { kind: "servers", baseUrls } : { kind: "folder", directory: resolve(workingDirectory, from) };
  return { access: { http, baseUrl, signal }, baseUrls, source };
};

const isInstalled = async (modelDir: string, { directory }: DownloadPlan): Promise<boolean> =>
  (await listInstalledModels(modelDir)).some((status) => status.directory === directory && status.state === "verified");

const offerOf = async (
  deps: ModelDownloadsDeps,
  plan: DownloadPlan,
  { access, baseUrls, source }: Reach,
  adjust?: InstallDeps["adjust"],
): Promise<DownloadOffer> => {
  const { config, clock, judge, recipes = knownRecipes } = deps;
  const { model_dir: modelDir } = config.general;
  const { recipe, variant, revision, directory, isPinned: pinned, totalBytes, remainingBytes } = plan;
  const urlsOf = (path: string): readonly string[] =>
    baseUrls.map((base) => shownUrl(fileUrl(base, recipe.repo, revision, path)));
  const installDeps: InstallDeps = {
    modelDir,
    source,
    clock,
    judge,
    http: access.http,
    random: Math.random,
    ...(adjust === undefined ? {} : { adjust }),
  };
  return {
    id: recipe.id,
    variant,
    repo: recipe.repo,
    revision,
    licence: recipe.licence.weights,
    source: recipe.licence.source,
    pinned,
    addedByUser: !recipes.some(({ id }) => id === recipe.id),
    installed: await isInstalled(modelDir, plan),
    from: source.kind === "folder" ? [source.directory] : source.baseUrls.map(({ host }) => host),
    directory,
    files: plan.files.map(({ path, bytes, sha256, blake3 }) => ({ path, bytes, sha256, blake3, urls: urlsOf(path) })),
    totalBytes,
    remainingBytes,
    start: (watch) => installModel(plan, installDeps, watch),
  };
};

const planOf = async (
  modelDir: string,
  recipe: ModelRecipe,
  precision: ModelVariant | undefined,
  access: HubAccess,
): Promise<DownloadPlan> => {
  const variant = chosenVariant(recipe, precision);
  return planDownload(modelDir, { recipe, variant }, await pinRecipe(recipe, variant, access));
};

/** What photon knows binds; else what the first download stored; else what the recipe leaves open is asked for. */
const recipeFor = async (
  modelDir: string,
  recipes: readonly ModelRecipe[],
  id: string,
  precision: ModelVariant | undefined,
): Promise<ModelRecipe> => {
  const known = recipes.find((candidate) => candidate.id === id);
  const wanted = known === undefined ? precision : chosenVariant(known, precision);
  if (known !== undefined && wanted !== undefined && pinnedManifest(known, wanted) !== undefined) return known;
  const stored = await installedRecipe(modelDir, id, ({ variant }) => variant === (wanted ?? variant));
  return stored ?? known ?? refuseUnknown(recipes, id);
};

/** @throws InvalidInputError unless it is a repository photon may add */
const checkRepository = (repo: string, recipes: readonly ModelRecipe[]): void => {
  if (!REPOSITORY.test(repo)) {
    throw new InvalidInputError(`Expected <owner>/<name> for REPO, received ${repo}.`, {
      hint: "Take the last two parts of the model's address: https://huggingface.co/Xenova/clip-vit-base-patch16 is Xenova/clip-vit-base-patch16.",
    });
  }
  const known = recipes.find((recipe) => recipe.repo === repo);
  if (known !== undefined) {
    throw new InvalidInputError(`Expected a repository photon does not know for REPO, received ${repo}.`, {
      hint: `Run \`photon models download ${known.id}\`, which checks it against known hashes.`,
    });
  }
};

export const createModelDownloads = (deps: ModelDownloadsDeps): Pick<ModelApi, "offerDownload" | "offerExport"> => {
  const { config, recipes = knownRecipes } = deps;
  const { model_dir: modelDir } = config.general;
  return {
    offerDownload: async (id, request, network) => {
      refuseBuiltIn(id);
      const recipe = await recipeFor(modelDir, recipes, id, request.precision);
      const reach = reachOf(deps, request, network);
      return offerOf(deps, await planOf(modelDir, recipe, request.precision, reach.access), reach);
    },
    offerExport: async (repo, request, network) => {
      checkRepository(repo, recipes);
      const reach = reachOf(deps, request, network);
      const drafted = await draftRecipe(reach.access, repo, exportId(repo, recipes));
      const variant = chosenVariant(drafted, request.precision);
      const stored = await installedRecipe(
        modelDir,
        drafted.id,
        (status) => status.variant === variant && status.revision === drafted.revision,
      );
      const plan = await planOf(modelDir, stored ?? drafted, variant, reach.access);
      return offerOf(deps, plan, reach, stored === undefined ? inspectExport : undefined);
    },
  };
};

/** The name, or owner and name where photon knows another model of that name. */
const exportId = (repo: string, recipes: readonly ModelRecipe[]): string => {
  const [owner = "", name = ""] = repo.toLowerCase().replaceAll("_", "-").split("/");
  return recipes.some(({ id }) => id === name) ? `${owner}.${name}` : name;
};
