/** What the self-test of a model needs of photon: painted pictures, the decode of photos, the settings of encoders. */
import type { SelfTestDeps, SelfTestPicture } from "../../models/embedding/self-test.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import { prepareModelInput } from "../photo/model-input.ts";
import { encodeOriented, ORIENTATIONS } from "../photo/stored-orientation.ts";
import { testPictures } from "../photo/test-pictures.ts";
import { decodePhoto } from "../pipeline/decode/decode-photo.ts";
import { decodeLimitsOf } from "./process-api.ts";

/** Turned copies of the first picture only: one scene shows whether orientations are applied. */
const paintPictures = (): Promise<readonly SelfTestPicture[]> =>
  Promise.all(
    testPictures().map(async ({ name, caption, image }, index) => {
      const orientations = index === 0 ? ORIENTATIONS : [ORIENTATIONS[0]];
      const files = await Promise.all(orientations.map((orientation) => encodeOriented(image, orientation)));
      return { name, caption, files };
    }),
  );

export const selfTestDeps = (config: Config, { logger, clock }: { logger: Logger; clock: Clock }): SelfTestDeps => ({
  pictures: paintPictures,
  readPixels: async (file, modelInput, signal) => {
    const options = { needs: { thumbnailSize: 0, modelInput }, limits: decodeLimitsOf(config), signal };
    return prepareModelInput(await decodePhoto(file, "jpeg", options), modelInput);
  },
  encoder: { logger, hosts: 1, device: config.embedding.device, embedTimeoutMs: config.limits.embed_timeout_ms },
  clock,
});
