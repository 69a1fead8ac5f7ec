/** Models as the administrative commands list them: those on disk, the built-in one, those that can be downloaded. */
import { existsSync } from "node:fs";
import { builtInFolder, builtInSource, readBuiltInManifest } from "../../models/embedding/built-in-model.ts";
import { listInstalledModels } from "../../models/embedding/installed-models.ts";
import type { InstalledModelStatus } from "../../models/embedding/installed-models.ts";
import { vectorKeyOf } from "../../models/embedding/manifest.ts";
import { AUTO_ORDER, isBasicModel, manifests } from "../../models/embedding/manifests.ts";
import { figuresOf } from "../../models/embedding/model-figures.ts";
import type { ModelRecipe } from "../../models/embedding/model-recipe.ts";
import { filesOf, pinnedManifest, variantsOf } from "../../models/embedding/model-recipe.ts";
import { recipes } from "../../models/embedding/recipes.ts";
import type { AdministrationApi, ModelListing } from "../library/administration.ts";

export interface ModelAdministrationDeps {
  readonly modelDir: string;
  /** Key this library is searched with; undefined without a library. */
  readonly activeVectorKey: () => Promise<string | undefined>;
}

const KNOWN_IDS: ReadonlySet<string> = new Set([...manifests, ...recipes].map(({ id }) => id));
const isKnown = (id: string): boolean => KNOWN_IDS.has(id) || isBasicModel(id);

const listingOf = (status: InstalledModelStatus, activeVectorKey: string | undefined): ModelListing => ({
  id: status.id,
  state: status.state,
  revision: status.revision,
  variant: status.variant,
  directory: status.directory,
  bytes: status.bytes,
  licence: status.manifest?.licence.weights,
  languages: status.manifest?.languages.good ?? [],
  figures: figuresOf(status.id),
  active: status.manifest !== undefined && vectorKeyOf(status.manifest) === activeVectorKey,
  basic: isBasicModel(status.id),
  addedByUser: !isKnown(status.id),
  problem: status.problem,
});

const offerOf = (recipe: ModelRecipe): ModelListing => {
  const [variant = "int8"] = variantsOf(recipe);
  return {
    id: recipe.id,
    state: "not installed",
    revision: recipe.revision,
    variant,
    directory: undefined,
    bytes: filesOf(recipe, variant).reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    licence: recipe.licence.weights,
    languages: recipe.languages.good,
    figures: figuresOf(recipe.id),
    active: false,
    basic: false,
    addedByUser: false,
    pinnedAtDownload: pinnedManifest(recipe, variant) === undefined,
    problem: undefined,
  };
};

/** Always usable: a damaged copy is made again when it is needed. */
const listBuiltIn = async (modelDir: string): Promise<InstalledModelStatus> => {
  const manifest = await readBuiltInManifest();
  const { id, revision, variant, files } = manifest;
  const copy = builtInFolder(modelDir, manifest);
  return {
    id,
    revision,
    variant,
    manifest,
    directory: existsSync(copy) ? copy : builtInSource(),
    state: "verified",
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
};

const preference = ({ id }: ModelListing): number => {
  const position = AUTO_ORDER.findIndex((known) => known === id);
  return position === -1 ? AUTO_ORDER.length : position;
};

export const createModelAdministration = ({
  modelDir,
  activeVectorKey,
}: ModelAdministrationDeps): Pick<AdministrationApi, "listModels"> => ({
  listModels: async () => {
    const active = await activeVectorKey();
    const builtIn = await listBuiltIn(modelDir);
    const onDisk = (await listInstalledModels(modelDir))
      .filter(({ directory }) => directory !== builtIn.directory)
      .map((status) => listingOf(status, active));
    const others = recipes.filter(({ id }) => !onDisk.some((model) => model.id === id)).map(offerOf);
    const own: ModelListing = { ...listingOf(builtIn, active), state: "built-in" };
    return [...onDisk, ...others, own].toSorted((a, b) => preference(a) - preference(b));
  },
});
