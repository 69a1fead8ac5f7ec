/** Models as the administrative commands list them: those on disk, then those that can be downloaded. */
import { listInstalledModels } from "../../models/embedding/installed-models.ts";
import type { InstalledModelStatus } from "../../models/embedding/installed-models.ts";
import { vectorKeyOf } from "../../models/embedding/manifest.ts";
import { AUTO_ORDER, isSampleModel, manifests } from "../../models/embedding/manifests.ts";
import type { ModelRecipe } from "../../models/embedding/model-recipe.ts";
import { filesOf, pinnedManifest, variantsOf } from "../../models/embedding/model-recipe.ts";
import { recipes } from "../../models/embedding/recipes.ts";
import { ensureSampleEncoder } from "../../models/embedding/sample/sample-encoder.ts";
import type { AdministrationApi, ModelListing } from "../library/administration.ts";

export interface ModelAdministrationDeps {
  readonly modelDir: string;
  /** Key this library is searched with; undefined without a library. */
  readonly activeVectorKey: () => Promise<string | undefined>;
}

const KNOWN_IDS: ReadonlySet<string> = new Set([...manifests, ...recipes].map(({ id }) => id));

const listingOf = (status: InstalledModelStatus, activeVectorKey: string | undefined): ModelListing => ({
  id: status.id,
  state: status.state,
  revision: status.revision,
  variant: status.variant,
  directory: status.directory,
  bytes: status.bytes,
  licence: status.manifest?.licence.weights,
  languages: status.manifest?.languages.good ?? [],
  active: status.manifest !== undefined && vectorKeyOf(status.manifest) === activeVectorKey,
  sample: isSampleModel(status.id),
  addedByUser: !KNOWN_IDS.has(status.id),
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
    active: false,
    sample: false,
    addedByUser: false,
    pinnedAtDownload: pinnedManifest(recipe, variant) === undefined,
    problem: undefined,
  };
};

const preference = ({ id }: ModelListing): number => {
  const position = AUTO_ORDER.findIndex((known) => known === id);
  return position === -1 ? AUTO_ORDER.length : position;
};

export const createModelAdministration = ({
  modelDir,
  activeVectorKey,
}: ModelAdministrationDeps): Pick<AdministrationApi, "listModels" | "installSampleModel"> => ({
  listModels: async () => {
    const active = await activeVectorKey();
    const onDisk = (await listInstalledModels(modelDir)).map((status) => listingOf(status, active));
    const others = recipes.filter(({ id }) => !onDisk.some((model) => model.id === id)).map(offerOf);
    return [...onDisk, ...others].toSorted((a, b) => preference(a) - preference(b));
  },
  installSampleModel: async () => (await ensureSampleEncoder(modelDir)).manifest.id,
});
