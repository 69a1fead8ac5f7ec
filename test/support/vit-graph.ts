/** Vision transformers of real shapes with random weights, for benches and for tests of the hosts. */
import { bytesOf, float32Tensor, int64Tensor } from "../../models/embedding/onnx-graph.ts";
import type { OnnxGraph, OnnxNode, OnnxTensor } from "../../models/embedding/onnx-graph.ts";

export interface VitShape {
  readonly name: string;
  /** Pixels. */
  readonly size: number;
  readonly patch: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly mlp: number;
}

export const VIT_B_16: VitShape = {
  name: "vit-b-16",
  size: 224,
  patch: 16,
  width: 768,
  layers: 12,
  heads: 12,
  mlp: 3072,
};
export const VIT_B_32_256: VitShape = { ...VIT_B_16, name: "vit-b-32-256", size: 256, patch: 32 };
export const SMALL_VIT: VitShape = {
  name: "vit-small",
  size: 224,
  patch: 16,
  width: 256,
  layers: 10,
  heads: 4,
  mlp: 1024,
};
/** For tests: a few milliseconds an image. */
export const TINY_VIT: VitShape = { name: "vit-tiny", size: 64, patch: 16, width: 64, layers: 2, heads: 2, mlp: 128 };

export const VIT_INPUT = "pixel_values";
export const VIT_OUTPUT = "pooler_output";
/** A second output, so that taking the wrong one shows. */
export const VIT_STATES = "last_hidden_state";

const LAYER_NORM = { axis: -1, epsilon: { float: 1e-6 } };

const seedOf = (name: string): number =>
  Array.from(name).reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193), 0x811c9dc5) | 1;

/** Uniform in -limit..limit, by name: fp32 and int8 graphs get the same weights. */
const fillRandom = <Values extends Float32Array | Int8Array>(name: string, limit: number, values: Values): Values => {
  let state = seedOf(name);
  for (let index = 0; index < values.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[index] = (state / 2 ** 31) * limit;
  }
  return values;
};

/** Made while it is written: a model of 350 MB is never in memory as a whole. */
export const randomTensor = (name: string, shape: readonly number[], limit: number): OnnxTensor => {
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    name,
    type: "float32",
    shape,
    data: { bytes: count * 4, read: () => [bytesOf(fillRandom(name, limit, new Float32Array(count)))] },
  };
};

/**
 * Weights use 7 of 8 bits: processors without VNNI add pairs of products in 16 bits and would cut the largest off
 * (onnxruntime.ai/docs/performance/model-optimizations/quantization.html, "reduce_range").
 */
const INT8_LIMIT = 63;

const randomInt8Tensor = (name: string, shape: readonly number[]): OnnxTensor => {
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    name,
    type: "int8",
    shape,
    data: { bytes: count, read: () => [bytesOf(fillRandom(name, INT8_LIMIT, new Int8Array(count)))] },
  };
};

/** How products with weights are computed; int8 quantises activations per run. */
export type Products = "fp32" | "int8";

/** Collects nodes and weights while the network is laid out. */
class Layout {
  readonly nodes: OnnxNode[] = [];
  readonly weights: OnnxTensor[] = [];
  readonly #products: Products;

  constructor(products: Products) {
    this.#products = products;
  }

  add(op: string, inputs: readonly string[], output: string, more: Partial<OnnxNode> = {}): string {
    this.nodes.push({ op, inputs, outputs: [output], ...more });
    return output;
  }

  weight(tensor: OnnxTensor): string {
    this.weights.push(tensor);
    return tensor.name;
  }

  norm(input: string, name: string, width: number): string {
    const scale = this.weight(float32Tensor(`${name}.scale`, [width], new Float32Array(width).fill(1)));
    const bias = this.weight(float32Tensor(`${name}.bias`, [width], new Float32Array(width)));
    return this.add("LayerNormalization", [input, scale, bias], name, { attributes: LAYER_NORM });
  }

  linear(input: string, name: string, [from, to]: readonly [number, number]): string {
    const limit = Math.sqrt(3 / from) * 0.8;
    const bias = this.weight(randomTensor(`${name}.bias`, [to], 0.02));
    const weight = `${name}.weight`;
    if (this.#products === "fp32") {
      const product = this.add(
        "MatMul",
        [input, this.weight(randomTensor(weight, [from, to], limit))],
        `${name}.product`,
      );
      return this.add("Add", [product, bias], name);
    }
    const quantised = this.weight(randomInt8Tensor(weight, [from, to]));
    const scale = this.weight(
      float32Tensor(`${name}.weight_scale`, [to], new Float32Array(to).fill(limit / INT8_LIMIT)),
    );
    const inputs = [input, quantised, scale, "", bias];
    return this.add("DynamicQuantizeMatMul", inputs, name, { domain: "com.microsoft" });
  }

  attention(input: string, name: string, { width, heads }: VitShape): string {
    const split = (role: string, axes: readonly number[]): string => {
      const flat = this.linear(input, `${name}.${role}`, [width, width]);
      const shaped = this.add("Reshape", [flat, "head_shape"], `${flat}.heads`);
      return this.add("Transpose", [shaped], `${flat}.ready`, { attributes: { perm: axes } });
    };
    const scale = this.weight(float32Tensor(`${name}.scale`, [1], [1 / Math.sqrt(width / heads)]));
    const query = this.add("Mul", [split("query", [0, 2, 1, 3]), scale], `${name}.scaled`);
    const scores = this.add("MatMul", [query, split("key", [0, 2, 3, 1])], `${name}.scores`);
    const shares = this.add("Softmax", [scores], `${name}.shares`, { attributes: { axis: -1 } });
    const mixed = this.add("MatMul", [shares, split("value", [0, 2, 1, 3])], `${name}.mixed`);
    const back = this.add("Transpose", [mixed], `${name}.back`, { attributes: { perm: [0, 2, 1, 3] } });
    const joined = this.add("Reshape", [back, "token_shape"], `${name}.joined`);
    return this.linear(joined, `${name}.out`, [width, width]);
  }

  block(input: string, name: string, shape: VitShape): string {
    const { width, mlp } = shape;
    const attended = this.attention(this.norm(input, `${name}.norm1`, width), `${name}.attention`, shape);
    const middle = this.add("Add", [input, attended], `${name}.middle`);
    const wide = this.linear(this.norm(middle, `${name}.norm2`, width), `${name}.up`, [width, mlp]);
    const active = this.add("Gelu", [wide], `${name}.active`, { domain: "com.microsoft" });
    return this.add("Add", [middle, this.linear(active, `${name}.down`, [mlp, width])], `${name}.end`);
  }
}

/** Outputs as SigLIP's image tower: `pooler_output [images, width]` and `last_hidden_state [images, tokens, width]`. */
export const vitGraph = (shape: VitShape, products: Products): OnnxGraph => {
  const { size, patch, width, heads } = shape;
  const tokens = (size / patch) ** 2;
  const layout = new Layout(products);
  const pixels = 3 * patch * patch;
  const kernel = layout.weight(randomTensor("patches.weight", [width, 3, patch, patch], Math.sqrt(3 / pixels)));
  layout.weight(int64Tensor("head_shape", [0, 0, heads, width / heads]));
  layout.weight(int64Tensor("token_shape", [0, 0, width]));
  layout.weight(int64Tensor("flat_shape", [0, width, tokens]));
  layout.weight(int64Tensor("token_axis", [1]));
  const patches = layout.add("Conv", [VIT_INPUT, kernel], "patches", {
    attributes: { kernel_shape: [patch, patch], strides: [patch, patch] },
  });
  const flat = layout.add("Reshape", [patches, "flat_shape"], "patches.flat");
  const rows = layout.add("Transpose", [flat], "patches.rows", { attributes: { perm: [0, 2, 1] } });
  const places = layout.weight(randomTensor("places", [1, tokens, width], 0.5));
  let state = layout.add("Add", [rows, places], "embedded");
  for (let layer = 0; layer < shape.layers; layer += 1) state = layout.block(state, `layer${layer}`, shape);
  const states = layout.norm(state, VIT_STATES, width);
  const mean = layout.add("ReduceMean", [states, "token_axis"], "mean", { attributes: { keepdims: 0 } });
  layout.add("Identity", [layout.linear(mean, "head", [width, width])], VIT_OUTPUT);
  return {
    name: `${shape.name}-${products}`,
    inputs: [{ name: VIT_INPUT, type: "float32", shape: ["images", 3, size, size] }],
    outputs: [
      { name: VIT_STATES, type: "float32", shape: ["images", tokens, width] },
      { name: VIT_OUTPUT, type: "float32", shape: ["images", width] },
    ],
    initializers: layout.weights,
    nodes: layout.nodes,
  };
};
