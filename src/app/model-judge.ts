/** The self-test of a model as downloads and checks run it. */
import { createHostedEncoder } from "../../models/embedding/hosted-encoder.ts";
import type { InstallDeps } from "../../models/embedding/download/install-model.ts";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import type { Config } from "../config.ts";
import { PhotonError } from "../errors.ts";
import type { Logger } from "../logger.ts";

const GREY = 128;
const NORM_TOLERANCE = 1e-3;

const lengthProblem = (what: string, vector: Float32Array | undefined): readonly string[] => {
  const length = Math.hypot(...(vector ?? []));
  return Math.abs(length - 1) <= NORM_TOLERANCE ? [] : [`The vector of ${what} has length ${length} instead of 1.`];
};

/** Runs both towers once. */
const runTowers = async (
  model: InstalledModel,
  config: Config,
  logger: Logger,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const { device } = config.embedding;
  await using encoder = createHostedEncoder(model, { logger, device, embedTimeoutMs: config.limits.embed_timeout_ms });
  const { size } = model.manifest.image;
  const [text] = await encoder.embedTexts(["a photo of a dog"], { signal });
  const image = await encoder.embedImage(new Uint8Array(size * size * 3).fill(GREY), { signal });
  return [...lengthProblem("a text", text), ...lengthProblem("a picture", image)];
};

export const createModelJudge =
  (config: Config, logger: Logger): InstallDeps["judge"] =>
  async (model, signal) => {
    try {
      return await runTowers(model, config, logger, signal);
    } catch (error) {
      if (error instanceof PhotonError) return [error.message];
      throw error;
    }
  };
