/**
 * ONNX Runtime, loaded at first use. Its builds report usage to their maker over the network unless this variable says
 * otherwise while they load (core/platform/posix/telemetry.cc); nothing leaves the machine unasked, so it is set here.
 */
import type * as OnnxRuntime from "onnxruntime-node";

export const loadOnnxRuntime = async (): Promise<typeof OnnxRuntime> => {
  process.env["ORT_DISABLE_TELEMETRY"] = "1";
  return import("onnxruntime-node");
};
