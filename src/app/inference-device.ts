/** Which device inference runs on with this configuration. */
import { probeDevice } from "../../models/embedding/probe-device.ts";
import type { Config } from "../config.ts";

export interface InferenceDevice {
  /** `embedding.device` */
  readonly wanted: Config["embedding"]["device"];
  readonly inUse: string;
  /** Why the wanted one is not in use, a full sentence. */
  readonly reason: string | undefined;
}

export const findInferenceDevice = async ({ embedding }: Config): Promise<InferenceDevice> => {
  const { device, fallback } = await probeDevice(embedding.device);
  return { wanted: embedding.device, inUse: device, reason: fallback };
};
