/**
 * Writes ONNX models (protobuf messages of onnx.proto3, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 * Only what photon generates: one graph, dense initializers as raw data, no subgraphs. Large tensors are written
 * piece by piece, so a model of hundreds of megabytes is never held in memory.
 */
import { open } from "node:fs/promises";

/** Values of TensorProto.DataType. */
const ELEMENT_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;
const ELEMENT_BYTES = { float32: 4, uint8: 1, int8: 1, int32: 4, int64: 8 } as const;
type ElementType = keyof typeof ELEMENT_TYPES;

/** Little-endian bytes that are made when they are written. */
interface LazyBytes {
  readonly bytes: number;
  readonly read: () => Iterable<Uint8Array>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Row-major, little-endian. */
  readonly data: Uint8Array | LazyBytes;
}

type OnnxAttribute = number | { readonly float: number } | string | readonly number[];

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** A plain number is an int attribute, a list is ints. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Left out for ai.onnx. */
  readonly domain?: "com.microsoft";
}

/** Input or output; a string in the shape is a dimension known at run time only. */
interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

const IR_VERSION = 9;
const OPSET_VERSION = 18;
const MICROSOFT_OPSET_VERSION = 1;
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
/** Values of AttributeProto.AttributeType. */
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** An encoded message: pieces in order and their total size. */
interface Message {
  readonly bytes: number;
  readonly parts: readonly (Uint8Array | LazyBytes)[];
}

const sizeOf = (part: Uint8Array | LazyBytes): number => (part instanceof Uint8Array ? part.byteLength : part.bytes);
const join = (messages: readonly Message[]): Message => ({
  bytes: messages.reduce((sum, message) => sum + message.bytes, 0),
  parts: messages.flatMap((message) => message.parts),
});
const raw = (part: Uint8Array | LazyBytes): Message => ({ bytes: sizeOf(part), parts: [part] });

const varint = (value: number): number[] => {
  if (value < 0) return negativeVarint(value);
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
};

/** Negative int64 values take ten bytes: two's complement in groups of seven bits. */
const negativeVarint = (value: number): number[] => {
  const bits = BigInt.asUintN(64, BigInt(value));
  return Array.from({ length: 10 }, (_, index) => {
    const group = Number((bits >> BigInt(7 * index)) & 0x7fn);
    return index < 9 ? group + 0x80 : group;
  });
};

const int = (field: number, value: number): Message =>
  raw(Uint8Array.from([...varint(field * 8 + VARINT), ...varint(value)]));
const float = (field: number, value: number): Message =>
  raw(Uint8Array.from([...varint(field * 8 + FIXED_32), ...new Uint8Array(Float32Array.of(value).buffer)]));
const nested = (field: number, message: Message): Message =>
  join([raw(Uint8Array.from([...varint(field * 8 + LENGTH_DELIMITED), ...varint(message.bytes)])), message]);
const text = (field: number, value: string): Message => nested(field, raw(new TextEncoder().encode(value)));

const attributeProto = (name: string, value: OnnxAttribute): Message => {
  const head = text(1, name);
  if (typeof value === "number") return join([head, int(3, value), int(20, ATTRIBUTE.int)]);
  if (typeof value === "string") return join([head, text(4, value), int(20, ATTRIBUTE.string)]);
  if ("float" in value) return join([head, float(2, value.float), int(20, ATTRIBUTE.float)]);
  return join([head, ...value.map((item) => int(8, item)), int(20, ATTRIBUTE.ints)]);
};

const nodeProto = (node: OnnxNode, index: number): Message =>
  join([
    ...node.inputs.map((name) => text(1, name)),
    ...node.outputs.map((name) => text(2, name)),
    text(3, `${node.op}_${index}`),
    text(4, node.op),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => nested(5, attributeProto(name, value))),
    ...(node.domain === undefined ? [] : [text(7, node.domain)]),
  ]);

const tensorProto = (tensor: OnnxTensor): Message => {
  const expected = tensor.shape.reduce((product, size) => product * size, ELEMENT_BYTES[tensor.type]);
  if (sizeOf(tensor.data) !== expected) {
    throw new RangeError(
      `expected ${expected} bytes for initializer ${tensor.name}, received ${sizeOf(tensor.data)} bytes`,
    );
  }
  return join([
    ...tensor.shape.map((size) => int(1, size)),
    int(2, ELEMENT_TYPES[tensor.type]),
    text(8, tensor.name),
    nested(9, raw(tensor.data)),
  ]);
};

const valueInfoProto = (value: OnnxValue): Message => {
  const dimensions = value.shape.map((size) => nested(1, typeof size === "number" ? int(1, size) : text(2, size)));
  const tensorType = join([int(1, ELEMENT_TYPES[value.type]), nested(2, join(dimensions))]);
  return join([text(1, value.name), nested(2, nested(1, tensorType))]);
};

const opset = (domain: string, version: number): Message => join([text(1, domain), int(2, version)]);

const modelProto = (graph: OnnxGraph): Message => {
  const graphProto = join([
    ...graph.nodes.map((node, index) => nested(1, nodeProto(node, index))),
    text(2, graph.name),
    ...graph.initializers.map((tensor) => nested(5, tensorProto(tensor))),
    ...graph.inputs.map((value) => nested(11, valueInfoProto(value))),
    ...graph.outputs.map((value) => nested(12, valueInfoProto(value))),
  ]);
  return join([
    int(1, IR_VERSION),
    text(2, "photon"),
    nested(7, graphProto),
    nested(8, opset("", OPSET_VERSION)),
    nested(8, opset("com.microsoft", MICROSOFT_OPSET_VERSION)),
  ]);
};

function* pieces(message: Message): Generator<Uint8Array> {
  for (const part of message.parts) {
    if (part instanceof Uint8Array) yield part;
    else yield* part.read();
  }
}

/** The whole model as bytes; for graphs that are small. */
export const encodeOnnxModel = (graph: OnnxGraph): Uint8Array => Buffer.concat([...pieces(modelProto(graph))]);

const WRITE_BYTES = 4 * 1024 * 1024;

/** Streams the model to a new file and syncs it. Small pieces are gathered before they are written. */
export const writeOnnxModel = async (path: string, graph: OnnxGraph): Promise<void> => {
  await using file = await open(path, "w");
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  const flush = async (): Promise<void> => {
    await file.writeFile(Buffer.concat(gathered));
    gathered = [];
    gatheredBytes = 0;
  };
  for (const piece of pieces(modelProto(graph))) {
    gathered.push(piece);
    gatheredBytes += piece.byteLength;
    if (gatheredBytes >= WRITE_BYTES) await flush();
  }
  await flush();
  await file.sync();
};

/** Bytes of a typed array, without copying. */
export const bytesOf = (values: Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export const float32Tensor = (
  name: string,
  shape: readonly number[],
  values: Float32Array | readonly number[],
): OnnxTensor => ({
  name,
  type: "float32",
  shape,
  data: bytesOf(values instanceof Float32Array ? values : Float32Array.from(values)),
});

export const int64Tensor = (name: string, values: readonly number[]): OnnxTensor => ({
  name,
  type: "int64",
  shape: [values.length],
  data: bytesOf(BigInt64Array.from(values, (value) => BigInt(value))),
});
