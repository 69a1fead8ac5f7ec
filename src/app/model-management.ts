/** Everything that is asked of models on disk, in one object. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { AdministrationApi } from "../library/administration.ts";
import type { Logger } from "../logger.ts";
import type { LibraryModel } from "./library-model.ts";
import { createModelAdministration } from "./model-administration.ts";
import type { ModelApi } from "./model-api.ts";
import { createModelChecks } from "./model-checks.ts";
import { createModelDownloads } from "./model-downloads.ts";
import { createModelJudge } from "./model-judge.ts";

interface ModelManagementDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly workingDirectory: string;
  readonly catalogue: () => Promise<Catalogue>;
  readonly model: LibraryModel;
  readonly hasLibrary: () => boolean;
}

export const createModelManagement = ({
  config,
  clock,
  logger,
  workingDirectory,
  catalogue,
  model,
  hasLibrary,
}: ModelManagementDeps): ModelApi & Pick<AdministrationApi, "listModels"> => {
  const { model_dir: modelDir } = config.general;
  const judge = createModelJudge(config, { logger, clock });
  return {
    ...createModelAdministration({
      modelDir,
      activeVectorKey: async () => (hasLibrary() ? (await model.activeKey())?.vectorKey : undefined),
    }),
    ...createModelDownloads({ config, clock, workingDirectory, judge }),
    ...createModelChecks({
      modelDir,
      vectorKeys: async () => (hasLibrary() ? (await catalogue()).vectorKeys.list() : []),
      judge,
    }),
  };
};
