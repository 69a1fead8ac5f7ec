/** ONNX Runtime sessions as photon wants them: few threads, no spinning, checked against the manifest. */
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { ConfigError } from "../../src/errors.ts";
import { loadOnnxRuntime } from "./onnx-runtime.ts";

const DEVICES = ["auto", "cpu", "cuda", "coreml", "dml"] as const;
export type Device = (typeof DEVICES)[number];

export interface SessionSettings {
  /** Threads inside one operator. */
  readonly threads: number;
  readonly device: Device;
}

export interface GraphFile extends SessionSettings {
  /** Absolute path of the graph. */
  readonly path: string;
}

export interface DeviceInUse {
  /** `cpu` when the wanted one cannot be used. */
  readonly device: Exclude<Device, "auto">;
  /** Why the wanted device is not the one in use, a full sentence; undefined when it is. */
  readonly fallback?: string;
}

export interface OpenSession extends DeviceInUse {
  readonly session: InferenceSession;
}

/** Errors come as exceptions and are told in our words; the runtime would print them a second time. */
const FATAL = 4;

const sessionOptions = (threads: number, provider: string): InferenceSession.SessionOptions => ({
  executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
  logSeverityLevel: FATAL,
  // Spinning threads halve the rate as soon as something else wants the core.
  extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
});

/** Devices the installed ONNX Runtime was built for; their drivers may be missing all the same. */
const supportedDevices = async (): Promise<readonly string[]> => {
  const { listSupportedBackends } = await loadOnnxRuntime();
  return listSupportedBackends().map(({ name }) => name);
};

/** @returns the session, or why there is none */
const tryDevice = async (
  device: Exclude<Device, "auto" | "cpu">,
  create: (provider: string) => Promise<InferenceSession>,
): Promise<InferenceSession | string> => {
  const supported = await supportedDevices();
  if (!supported.includes(device)) {
    return `The ONNX Runtime installed here has no ${device}, only ${supported.join(", ")}.`;
  }
  try {
    return await create(device);
  } catch (error) {
    return `${device} could not be started: ${error instanceof Error ? error.message : String(error)}.`;
  }
};

/**
 * Creates a session once; creating and releasing them again and again leaks. Falls back to the CPU.
 * @param graph absolute path of a graph, or its bytes
 */
export const openSession = async (
  graph: string | Uint8Array,
  { threads, device }: SessionSettings,
): Promise<OpenSession> => {
  const { InferenceSession: Session, env } = await loadOnnxRuntime();
  env.logLevel = "fatal";
  const createOn = (provider: string): Promise<InferenceSession> =>
    typeof graph === "string"
      ? Session.create(graph, sessionOptions(threads, provider))
      : Session.create(graph, sessionOptions(threads, provider));
  if (device === "auto" || device === "cpu") return { session: await createOn("cpu"), device: "cpu" };
  const opened = await tryDevice(device, createOn);
  if (typeof opened !== "string") return { session: opened, device };
  return { session: await createOn("cpu"), device: "cpu", fallback: opened };
};

export interface GraphContract {
  readonly inputs: Readonly<Record<string, "float32" | "int64">>;
  readonly output: string;
  /** Size of the output's last dimension. */
  readonly dimension: number;
}

type TensorFacts = InferenceSession.ValueMetadata | undefined;

const describe = (names: readonly string[]): string => names.join(", ");

/** @throws ConfigError when the graph lacks a name, takes another type or gives another dimension than its manifest says */
export const checkGraph = (session: InferenceSession, path: string, contract: GraphContract): void => {
  const wrong = (expected: string, received: string): ConfigError =>
    new ConfigError(`expected ${expected} for the graph ${path}, received ${received}`, {
      hint: "Manifest and weights do not belong together: install the model again.",
    });
  const inputs = new Map<string, TensorFacts>(session.inputMetadata.map((facts) => [facts.name, facts]));
  for (const [name, type] of Object.entries(contract.inputs)) {
    const facts = inputs.get(name);
    if (facts?.isTensor !== true) throw wrong(`an input ${name}`, `inputs ${describe(session.inputNames)}`);
    if (facts.type !== type) throw wrong(`${type} values for input ${name}`, facts.type);
  }
  const unfed = session.inputNames.filter((name) => contract.inputs[name] === undefined);
  if (unfed.length > 0) throw wrong(`only the inputs ${describe(Object.keys(contract.inputs))}`, describe(unfed));
  const output = session.outputMetadata.find((facts) => facts.name === contract.output);
  if (output?.isTensor !== true)
    throw wrong(`an output ${contract.output}`, `outputs ${describe(session.outputNames)}`);
  const dimension = output.shape.at(-1);
  if (output.shape.length !== 2 || (typeof dimension === "number" && dimension !== contract.dimension)) {
    throw wrong(`vectors of ${contract.dimension} values in ${contract.output}`, `shape [${output.shape.join(", ")}]`);
  }
};

/** Rows of a two-dimensional float output, copied out of the runtime's memory. @throws ConfigError on another size */
export const rowsOf = (tensor: Tensor | undefined, rows: number, dimension: number): readonly Float32Array[] => {
  const data = tensor?.data;
  if (!(data instanceof Float32Array) || data.length !== rows * dimension) {
    throw new ConfigError(
      `expected ${rows} vectors of ${dimension} values from the graph, received ${data?.length ?? 0} values`,
      { hint: "Manifest and weights do not belong together: install the model again." },
    );
  }
  return Array.from({ length: rows }, (_, row) => data.slice(row * dimension, (row + 1) * dimension));
};

/** In place. False when the vector holds NaN or Infinity or has no length. */
export const normalise = (vector: Float32Array): boolean => {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  if (!Number.isFinite(length) || length === 0) return false;
  for (let index = 0; index < vector.length; index += 1) vector[index] = (vector[index] ?? 0) / length;
  return true;
};
