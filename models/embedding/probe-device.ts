/** Which device inference runs on here, found out with a graph of one node. */
import { openSession } from "./inference-session.ts";
import type { Device, DeviceInUse } from "./inference-session.ts";
import { encodeOnnxModel } from "./onnx-graph.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

const value = (name: string) => ({ name, type: "float32", shape: [1] }) as const;

const PROBE: OnnxGraph = {
  name: "probe",
  inputs: [value("given")],
  outputs: [value("taken")],
  initializers: [],
  nodes: [{ op: "Identity", inputs: ["given"], outputs: ["taken"] }],
};

export const probeDevice = async (device: Device): Promise<DeviceInUse> => {
  const { session, ...inUse } = await openSession(encodeOnnxModel(PROBE), { threads: 1, device });
  await session.release();
  return inUse;
};
