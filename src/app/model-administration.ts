/** Models as the administrative commands list them. */
import { listInstalledModels } from "../../models/embedding/installed-models.ts";
import type { InstalledModelStatus } from "../../models/embedding/installed-models.ts";
import { AUTO_ORDER, isSampleModel } from "../../models/embedding/manifests.ts";
import { ensureSampleEncoder } from "../../models/embedding/sample/sample-encoder.ts";
import type { AdministrationApi, ModelListing } from "../library/administration.ts";

export interface ModelAdministrationDeps {
  readonly modelDir: string;
  /** Model id of the library's active key; undefined without a library. */
  readonly activeModelId: () => Promise<string | undefined>;
}

const listingOf = (status: InstalledModelStatus, activeModelId: string | undefined): ModelListing => ({
  id: status.id,
  state: status.state,
  revision: status.revision,
  variant: status.manifest?.variant,
  directory: status.directory,
  bytes: status.bytes,
  licence: status.manifest?.licence.weights,
  languages: status.manifest?.languages.good ?? [],
  active: status.id === activeModelId,
  sample: isSampleModel(status.id),
  problem: status.problem,
});

const preference = ({ id }: InstalledModelStatus): number => {
  const position = AUTO_ORDER.findIndex((known) => known === id);
  return position === -1 ? AUTO_ORDER.length : position;
};

export const createModelAdministration = ({
  modelDir,
  activeModelId,
}: ModelAdministrationDeps): Pick<AdministrationApi, "listModels" | "installSampleModel"> => ({
  listModels: async () => {
    const active = await activeModelId();
    const installed = await listInstalledModels(modelDir);
    return installed.toSorted((a, b) => preference(a) - preference(b)).map((status) => listingOf(status, active));
  },
  installSampleModel: async () => (await ensureSampleEncoder(modelDir)).manifest.id,
});
