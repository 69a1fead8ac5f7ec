/** Small towers with the names and shapes of published exports. */
import { float32Tensor, int64Tensor } from "../../../models/embedding/onnx-graph.ts";
import type { OnnxGraph } from "../../../models/embedding/onnx-graph.ts";
import { randomTensor, VIT_OUTPUT, VIT_STATES, vitGraph } from "../vit-graph.ts";
import type { Products, VitShape } from "../vit-graph.ts";

/** Another name for an output. */
const renamed = (graph: OnnxGraph, from: string, to: string): OnnxGraph => {
  const name = (value: string): string => (value === from ? to : value);
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(name), outputs: node.outputs.map(name) })),
    outputs: graph.outputs.map((value) => ({ ...value, name: name(value.name) })),
  };
};

/** `output [images, width]` beside `last_hidden_state [images, tokens, width]`. */
export const imageTower = (shape: VitShape, products: Products, output: string): OnnxGraph =>
  renamed(vitGraph(shape, products), VIT_OUTPUT, output);

/** The same graph, but its vector is the mean of the last hidden state: the wrong vector that looks right. */
export const withMeanOfStates = (graph: OnnxGraph, output: string): OnnxGraph => ({
  ...graph,
  nodes: graph.nodes.map((node) =>
    node.outputs[0] === output
      ? { op: "ReduceMean", inputs: [VIT_STATES, "token_axis"], outputs: [output], attributes: { keepdims: 0 } }
      : node,
  ),
});

export interface TextShape {
  readonly vocabulary: number;
  readonly length: number;
  readonly width: number;
}

/** Every token and its place count, padding too, as in the real towers. */
export const textTower = ({ vocabulary, length, width }: TextShape, output: string): OnnxGraph => ({
  name: "text",
  inputs: [{ name: "input_ids", type: "int64", shape: ["texts", "tokens"] }],
  outputs: [
    { name: VIT_STATES, type: "float32", shape: ["texts", "tokens", width] },
    { name: output, type: "float32", shape: ["texts", width] },
  ],
  initializers: [
    randomTensor("words", [vocabulary, width], 1),
    randomTensor("places", [1, length, width], 0.5),
    randomTensor("head", [width, width], Math.sqrt(3 / width)),
    float32Tensor("norm.scale", [width], new Float32Array(width).fill(1)),
    float32Tensor("norm.bias", [width], new Float32Array(width)),
    int64Tensor("token_axis", [1]),
  ],
  nodes: [
    { op: "Gather", inputs: ["words", "input_ids"], outputs: ["vectors"] },
    { op: "Add", inputs: ["vectors", "places"], outputs: ["placed"] },
    {
      op: "LayerNormalization",
      inputs: ["placed", "norm.scale", "norm.bias"],
      outputs: [VIT_STATES],
      attributes: { axis: -1, epsilon: { float: 1e-6 } },
    },
    { op: "ReduceMean", inputs: [VIT_STATES, "token_axis"], outputs: ["mean"], attributes: { keepdims: 0 } },
    { op: "MatMul", inputs: ["mean", "head"], outputs: [output] },
  ],
});
