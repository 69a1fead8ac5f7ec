import { expect, test } from "vitest";
import type { OnnxGraph } from "../../../models/embedding/onnx-graph.ts";
import { bytesOf, encodeOnnxModel, float32Tensor, int64Tensor } from "../../../models/embedding/onnx-graph.ts";

const graph = (data: OnnxGraph["initializers"][number]["data"]): OnnxGraph => ({
  name: "scale",
  inputs: [{ name: "x", type: "float32", shape: ["rows", 2] }],
  outputs: [{ name: "y", type: "float32", shape: ["rows", 2] }],
  initializers: [{ name: "factor", type: "float32", shape: [2], data }],
  nodes: [{ op: "Mul", inputs: ["x", "factor"], outputs: ["y"] }],
});

test("data that is made while it is written gives the same bytes", () => {
  const bytes = bytesOf(Float32Array.of(2, 3));
  const lazy = { bytes: 8, read: () => [bytes.subarray(0, 4), bytes.subarray(4)] };
  expect(encodeOnnxModel(graph(lazy))).toEqual(encodeOnnxModel(graph(bytes)));
});

test("an initializer of another size than its shape is refused by name", () => {
  expect(() => encodeOnnxModel(graph(new Uint8Array(4)))).toThrow("expected 8 bytes for initializer factor");
});

test("tensors are little-endian bytes without a copy", () => {
  const values = Float32Array.of(1, 2);
  expect(float32Tensor("a", [2], values).data).toEqual(new Uint8Array(values.buffer));
  expect(int64Tensor("b", [-1, 300]).data).toEqual(bytesOf(BigInt64Array.of(-1n, 300n)));
});
