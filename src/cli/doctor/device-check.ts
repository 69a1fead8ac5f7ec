/** Where inference runs. */
import type { InferenceDevice } from "../../app/inference-device.ts";
import type { DoctorCheck, Finding } from "./check.ts";

const NAMES: Readonly<Record<string, string>> = { cpu: "the CPU", cuda: "CUDA", coreml: "CoreML", dml: "DirectML" };
const nameOf = (device: string): string => NAMES[device] ?? device;

const HOW_TO_GET: Readonly<Record<string, string>> = {
  cuda: "CUDA needs 64-bit Linux, an NVIDIA driver with CUDA 12 and cuDNN 9, and ONNX Runtime's CUDA library, which `node node_modules/onnxruntime-node/script/install.js` fetches",
  coreml: "CoreML needs macOS",
  dml: "DirectML needs Windows",
};

export const deviceFinding = ({ wanted, inUse, reason }: InferenceDevice): Finding => {
  if (reason === undefined)
    return { status: "ok", message: `Models run on ${nameOf(inUse)} (embedding.device = "${wanted}").` };
  const how = HOW_TO_GET[wanted];
  return {
    status: "warn",
    message: `embedding.device = "${wanted}" cannot be used, models run on ${nameOf(inUse)}. ${reason}`,
    repair: how === undefined ? "Set embedding.device to auto." : `${how}. Or set embedding.device to auto.`,
  };
};

export const deviceCheck: DoctorCheck = {
  name: "device",
  title: "Inference",
  async run({ config }) {
    const { findInferenceDevice } = await import("../../app/inference-device.ts");
    return deviceFinding(await findInferenceDevice(config));
  },
};
