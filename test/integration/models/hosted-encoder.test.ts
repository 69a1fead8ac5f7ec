import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { createHostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import { fillPlanes, normalisingTables } from "../../../models/embedding/image-tower.ts";
import { float32Tensor, int64Tensor } from "../../../models/embedding/onnx-graph.ts";
import type { OnnxGraph } from "../../../models/embedding/onnx-graph.ts";
import { probeDevice } from "../../../models/embedding/probe-device.ts";
import { ConfigError, InvalidInputError } from "../../../src/errors.ts";
import type { Logger } from "../../../src/logger.ts";
import { silentLogger } from "../../../src/logger.ts";
import { installRandomEncoder, TINY_VIT } from "../../support/encoders.ts";
import { cosine, createWorkspace, lengthOf, patternPixels, plainPixels } from "../../support/model-workspace.ts";

const SIZE = TINY_VIT.size;
const pixels = (seed: number): Uint8Array => patternPixels(SIZE, seed);

test("a picture's vector is the same alone and among neighbours", async () => {
  await using workspace = await createWorkspace();
  const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "fp32" });
  await using encoder = createHostedEncoder(model, { hosts: 1 });
  const alone = await encoder.embedImage(pixels(1));
  const [among] = await Promise.all([1, 2, 3, 4].map((seed) => encoder.embedImage(pixels(seed))));
  expect(lengthOf(alone)).toBeCloseTo(1, 5);
  expect(cosine(alone, among ?? alone)).toBeGreaterThan(0.999999);
  expect(cosine(alone, await encoder.embedImage(pixels(2)))).toBeLessThan(0.9999);
});

test("a dynamic int8 graph gives bit for bit the same vector among neighbours", async () => {
  await using workspace = await createWorkspace();
  const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "int8" });
  await using encoder = createHostedEncoder(model);
  const alone = await encoder.embedImage(pixels(1));
  const [among] = await Promise.all([1, 2, 3, 4].map((seed) => encoder.embedImage(pixels(seed))));
  expect(among).toEqual(alone);
});

test("int8 weights give nearly the vectors of fp32", async () => {
  await using workspace = await createWorkspace();
  const [exact, quantised] = await Promise.all(
    (["fp32", "int8"] as const).map(async (variant) => {
      const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant });
      await using encoder = createHostedEncoder(model);
      return await encoder.embedImage(pixels(7)); // the encoder lives until the vector is here
    }),
  );
  expect(cosine(exact ?? new Float32Array(), quantised ?? new Float32Array())).toBeGreaterThan(0.98);
});

test("the vector is the named output, not the mean of the last hidden state", async () => {
  await using workspace = await createWorkspace();
  const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "fp32" });
  await using encoder = createHostedEncoder(model);
  const picture = pixels(3);
  const vector = await encoder.embedImage(picture);
  const planes = Float32Array.from({ length: 3 * SIZE * SIZE }, (_, index) => {
    const [channel, place] = [Math.floor(index / (SIZE * SIZE)), index % (SIZE * SIZE)];
    return ((picture[place * 3 + channel] ?? 0) / 255 - 0.5) / 0.5;
  });
  const session = await InferenceSession.create(join(model.directory, "onnx/vision_model.onnx"));
  const outputs = await session.run({ pixel_values: new Tensor("float32", planes, [1, 3, SIZE, SIZE]) });
  const pooled = outputs["pooler_output"]?.data as Float32Array;
  const states = outputs["last_hidden_state"]?.data as Float32Array;
  const width = TINY_VIT.width;
  const meanState = Float32Array.from({ length: width }, (_, column) =>
    states.filter((__, index) => index % width === column).reduce((sum, value) => sum + value, 0),
  );
  expect(cosine(vector, pooled)).toBeGreaterThan(0.99999);
  expect(cosine(vector, meanState)).toBeLessThan(0.9);
  await session.release();
});

test("normalising equals the reference formula in every channel", () => {
  const [mean, std] = [
    [0.48145466, 0.4578275, 0.40821073],
    [0.26862954, 0.26130258, 0.27577711],
  ] as const;
  const picture = patternPixels(8, 5);
  const planes = new Float32Array(10 + picture.length);
  fillPlanes(picture, planes, { tables: normalisingTables(mean, std), offset: 10 });
  for (let index = 0; index < picture.length; index += 1) {
    const channel = index % 3;
    const expected = ((picture[index] ?? 0) / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1);
    expect(planes[10 + channel * 64 + Math.floor(index / 3)]).toBeCloseTo(expected, 5);
  }
});

/** Gives the mean of the normalised pixels per channel. */
const meansGraph: OnnxGraph = {
  name: "means",
  inputs: [{ name: "pixel_values", type: "float32", shape: ["images", 3, SIZE, SIZE] }],
  outputs: [{ name: "pooler_output", type: "float32", shape: ["images", 3] }],
  initializers: [int64Tensor("axes", [2, 3])],
  nodes: [
    { op: "ReduceMean", inputs: ["pixel_values", "axes"], outputs: ["pooler_output"], attributes: { keepdims: 0 } },
  ],
};

test("pixels reach the graph normalised, planes in the order red, green, blue", async () => {
  await using workspace = await createWorkspace();
  const shape = { ...TINY_VIT, width: 3 };
  const model = await installRandomEncoder(workspace.directory, { shape, variant: "fp32", visionGraph: meansGraph });
  await using encoder = createHostedEncoder(model);
  const vector = await encoder.embedImage(plainPixels(SIZE, [255, 128, 0]));
  const expected = Float32Array.of(1, (128 / 255 - 0.5) / 0.5, -1);
  expect(cosine(vector, expected)).toBeGreaterThan(0.999999);
});

test("a vector that is not finite is embed_failed, and the next picture works", async () => {
  await using workspace = await createWorkspace();
  const graph: OnnxGraph = {
    ...meansGraph,
    initializers: [...meansGraph.initializers, float32Tensor("one", [1], [1])],
    nodes: [
      { op: "ReduceMean", inputs: ["pixel_values", "axes"], outputs: ["means"], attributes: { keepdims: 0 } },
      { op: "Add", inputs: ["means", "one"], outputs: ["light"] },
      { op: "Log", inputs: ["light"], outputs: ["pooler_output"] },
    ],
  };
  const shape = { ...TINY_VIT, width: 3 };
  const model = await installRandomEncoder(workspace.directory, { shape, variant: "fp32", visionGraph: graph });
  await using encoder = createHostedEncoder(model);
  const [black, grey] = await Promise.allSettled([
    encoder.embedImage(plainPixels(SIZE, [0, 0, 0])),
    encoder.embedImage(plainPixels(SIZE, [90, 90, 90])),
  ]);
  expect(black).toMatchObject({ status: "rejected", reason: { failure: "embed_failed" } });
  expect(grey).toMatchObject({ status: "fulfilled" });
});

test("pixels of another size are refused before any host starts", async () => {
  await using workspace = await createWorkspace();
  const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "fp32" });
  await using encoder = createHostedEncoder(model);
  await expect(encoder.embedImage(new Uint8Array(3))).rejects.toThrow(InvalidInputError);
  expect(encoder.hostPids()).toEqual([]);
});

test.each([
  ["an output the graph does not have", { visionOutput: "image_embeds" }, "image_embeds"],
  ["an output that is no vector per image", { visionOutput: "last_hidden_state" }, "last_hidden_state"],
  ["a dimension the graph does not give", { visionGraph: meansGraph }, "64 values"],
])("%s is a ConfigError for every caller", async (_, change, message) => {
  await using workspace = await createWorkspace();
  const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "fp32", ...change });
  await using encoder = createHostedEncoder(model);
  const calls = await Promise.allSettled([encoder.embedImage(pixels(1)), encoder.embedImage(pixels(2))]);
  for (const call of calls) {
    const reason: unknown = call.status === "rejected" ? call.reason : undefined;
    expect(reason).toBeInstanceOf(ConfigError);
    expect(String(reason)).toContain(message);
  }
  await expect(encoder.embedImage(pixels(3))).rejects.toThrow(message);
});

test("texts come back in order, the same in a host and in this process", async () => {
  await using workspace = await createWorkspace();
  const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "fp32" });
  const texts = Array.from({ length: 70 }, (_, index) =>
    index % 2 === 0 ? "a photo of a dog" : `a red boat ${"s".repeat(index)}`,
  );
  await using hosted = createHostedEncoder(model);
  await using local = createHostedEncoder(model, { textInProcess: true });
  const [far, near] = await Promise.all([hosted.embedTexts(texts), local.embedTexts(texts)]);
  expect(far).toHaveLength(70);
  expect(near).toEqual(far);
  expect(local.hostPids()).toEqual([]);
  expect(cosine(far[0] ?? new Float32Array(), far[68] ?? new Float32Array())).toBeGreaterThan(0.999999);
  expect(await hosted.embedTexts([])).toEqual([]);
});

/** CoreML exists on macOS only, CUDA not in the package's library. */
const MISSING = process.platform === "darwin" ? "cuda" : "coreml";

describe("a device that is missing", () => {
  const collect = (): { readonly warnings: string[]; readonly logger: Logger } => {
    const warnings: string[] = [];
    return { warnings, logger: { ...silentLogger, warn: (line) => void warnings.push(line) } };
  };

  test("falls back to the CPU with one warning that says why, however many hosts there are", async () => {
    await using workspace = await createWorkspace();
    const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "fp32" });
    const { warnings, logger } = collect();
    await using encoder = createHostedEncoder(model, { device: MISSING, logger });
    await using onCpu = createHostedEncoder(model, { device: "cpu", logger });
    const vectors = await Promise.all([1, 2, 3].map((seed) => encoder.embedImage(pixels(seed))));
    await encoder.embedTexts(["a photo of a dog"]);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`CPU.*no ${MISSING}`))]);
    expect(cosine(vectors[0] ?? new Float32Array(), await onCpu.embedImage(pixels(1)))).toBeGreaterThan(0.999999);
  });

  test("warns for a text tower in this process too", async () => {
    await using workspace = await createWorkspace();
    const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "fp32" });
    const { warnings, logger } = collect();
    await using encoder = createHostedEncoder(model, { device: MISSING, logger, textInProcess: true });
    await encoder.embedTexts(["a photo of a dog"]);
    expect(warnings).toHaveLength(1);
  });
});

describe("the device in use", () => {
  test.each(["auto", "cpu"] as const)("%s is the CPU without a reason", async (device) => {
    expect(await probeDevice(device)).toEqual({ device: "cpu" });
  });

  test.runIf(process.platform === "linux" && process.arch === "x64")(
    "CUDA without its library is the CPU with the runtime's reason",
    async () => {
      const inUse = await probeDevice("cuda");
      if (inUse.device === "cuda") return; // this machine has it
      expect(inUse.fallback).toMatch(/^cuda could not be started: .+/);
    },
  );
});
