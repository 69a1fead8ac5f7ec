import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ModelManifest } from "../../../models/embedding/manifest.ts";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import { encodeOnnxModel } from "../../../models/embedding/onnx-graph.ts";
import { selfTest } from "../../../models/embedding/self-test.ts";
import type { SelfTestDeps, SelfTestReport } from "../../../models/embedding/self-test.ts";
import { selfTestDeps } from "../../../src/app/self-test-deps.ts";
import { systemClock } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import { silentLogger } from "../../../src/logger.ts";
import { prepareModelInput } from "../../../src/photo/model-input.ts";
import { loadSharp } from "../../../src/photo/load-sharp.ts";
import { imageTower, withMeanOfStates } from "../../support/model-folders/graphs.ts";
import { FOLDER_KINDS, installModelFolder, modelFolder } from "../../support/model-folders/model-folder.ts";
import type { ModelFolder } from "../../support/model-folders/model-folder.ts";
import { createWorkspace } from "../../support/model-workspace.ts";

const NOWHERE = join(import.meta.dirname, "no-such-folder");
const { config } = loadConfig({ environment: { PHOTON_HOME: NOWHERE }, workingDirectory: NOWHERE });

const defaults = selfTestDeps(config, { logger: silentLogger, clock: systemClock });
/** Painted once for all tests. */
const pictures = defaults.pictures();

const deps = (change: Partial<SelfTestDeps> = {}): SelfTestDeps => ({
  ...defaults,
  pictures: () => pictures,
  ...change,
});
const run = (model: InstalledModel, change: Partial<SelfTestDeps> = {}): Promise<SelfTestReport> =>
  selfTest(model, deps(change), new AbortController().signal);

const statuses = ({ checks }: SelfTestReport): object =>
  Object.fromEntries(checks.map(({ name, status }) => [name, status]));

const ALL_PASSED = {
  "token ids": "passed",
  vectors: "passed",
  different: "passed",
  repeatable: "passed",
  orientation: "passed",
  pairs: "passed",
};

/** Goldens as a maintainer records them: from the report of a model that is known to be right. */
const record = ({ pairs }: SelfTestReport, tolerance = 0.01): ModelManifest["golden"]["pairs"] =>
  pairs.map((pair) => ({ ...pair, tolerance }));

const DOGS = {
  siglip: [3, 4, 5, 3, 6, 1],
  siglip2: [261, 361, 360, 322, 456, 1],
  clip: [669, 353, 537, 534, 353, 592, 670],
} as const;

describe.each(FOLDER_KINDS)("a model of the type of %s", (kind) => {
  test("without goldens is held to what needs none", async () => {
    await using workspace = await createWorkspace();
    const report = await run(await installModelFolder(workspace.directory, modelFolder(kind)));
    expect(report.problems).toEqual([]);
    expect(statuses(report)).toEqual({ ...ALL_PASSED, "token ids": "skipped", pairs: "skipped" });
    expect(report).toMatchObject({ passed: true, millisecondsPerImage: expect.any(Number) as number });
    expect(report.pairs).toHaveLength(36);
  });

  test("with goldens of its own passes everything", async () => {
    await using workspace = await createWorkspace();
    const folder = modelFolder(kind);
    const model = await installModelFolder(workspace.directory, folder);
    const golden = { texts: [{ text: "a photo of a dog", ids: DOGS[kind] }], pairs: record(await run(model)) };
    const report = await run({ ...model, manifest: { ...model.manifest, golden } });
    expect(report.problems).toEqual([]);
    expect(statuses(report)).toEqual(ALL_PASSED);
  });
});

const withVision = (folder: ModelFolder, bytes: Uint8Array): ModelFolder => ({
  ...folder,
  files: { ...folder.files, "onnx/vision_model.onnx": bytes },
});

describe("goldens fail", () => {
  const folder = modelFolder("siglip");
  const { recipe } = folder;
  const shape = { name: "siglip-64", size: 64, patch: 16, width: 64, layers: 2, heads: 2, mlp: 128 };
  const graph = imageTower(shape, "fp32", recipe.output.vision);

  const goldenOf = async (directory: string): Promise<ModelManifest["golden"]> => ({
    texts: [{ text: "a photo of a dog", ids: DOGS.siglip }],
    pairs: record(await run(await installModelFolder(directory, folder))),
  });

  test("when the vector is the mean of last_hidden_state instead of the pooled output", async () => {
    await using workspace = await createWorkspace();
    const golden = await goldenOf(workspace.directory);
    const wrong = withVision(folder, encodeOnnxModel(withMeanOfStates(graph, recipe.output.vision)));
    const model = await installModelFolder(workspace.directory, wrong, { manifest: { id: "wrong", golden } });
    const report = await run(model);
    expect(statuses(report)).toEqual({ ...ALL_PASSED, pairs: "failed" });
    expect(report.problems.join(" ")).toMatch(/Expected logit .* for hill/);
  });

  test.each([
    ["padding", { padId: 0 }, ["token ids", "pairs"]],
    ["length", { length: 63 }, ["token ids", "vectors"]],
  ])("when a text rule is wrong: %s", async (_, rule, failed) => {
    await using workspace = await createWorkspace();
    const { pairs } = await goldenOf(workspace.directory);
    const golden = { texts: [{ text: "A photo of a DOG", ids: DOGS.siglip }], pairs };
    const model = await installModelFolder(workspace.directory, folder);
    const report = await run({ ...model, manifest: { ...model.manifest, golden, text: { ...recipe.text, ...rule } } });
    expect(report.passed).toBe(false);
    const names = report.checks.filter(({ status }) => status === "failed").map(({ name }) => name);
    expect(names.length > 0 && names.every((name) => failed.includes(name))).toBe(true);
  });

  test("when texts are not lower-cased for a tokenizer that does not do it", async () => {
    await using workspace = await createWorkspace();
    const model = await installModelFolder(workspace.directory, modelFolder("siglip2"));
    const { text } = model.manifest;
    const golden = { texts: [{ text: "A photo of a DOG", ids: DOGS.siglip2 }], pairs: [] };
    const right = await run({ ...model, manifest: { ...model.manifest, golden } });
    const wrong = await run({ ...model, manifest: { ...model.manifest, golden, text: { ...text, lowerCase: false } } });
    expect([right, wrong].map(({ passed }) => passed)).toEqual([true, false]);
    expect(statuses(wrong)).toMatchObject({ "token ids": "failed" });
  });

  test("when the pictures are normalised otherwise", async () => {
    await using workspace = await createWorkspace();
    const golden = await goldenOf(workspace.directory);
    const model = await installModelFolder(workspace.directory, folder);
    const image = { ...model.manifest.image, mean: [0.2, 0.2, 0.2], std: [0.25, 0.25, 0.25] };
    const report = await run({ ...model, manifest: { ...model.manifest, golden, image } });
    expect(statuses(report)).toMatchObject({ "token ids": "passed", pairs: "failed" });
  });

  test("when another text is ranked first, whatever the tolerance", async () => {
    await using workspace = await createWorkspace();
    const model = await installModelFolder(workspace.directory, folder);
    const pairs = record(await run(model), 1000);
    const [first, ...others] = pairs.filter(({ image }) => image === "hill").toSorted((a, b) => a.logit - b.logit);
    const raised = { image: "hill", text: first?.text ?? "", logit: 100, tolerance: 1000 };
    const golden = { texts: [], pairs: [raised, ...others] };
    const report = await run({ ...model, manifest: { ...model.manifest, golden } });
    expect(report.problems).toEqual([
      expect.stringContaining(`Expected "${raised.text}" as the best of 6 texts for hill`),
    ]);
  });
});

describe("without goldens fails", () => {
  test("a decode that ignores the orientation", async () => {
    await using workspace = await createWorkspace();
    const model = await installModelFolder(workspace.directory, modelFolder("siglip2"));
    const sharp = await loadSharp();
    const report = await run(model, {
      readPixels: async (file, spec) => {
        const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
        return prepareModelInput({ data, width: info.width, height: info.height }, spec);
      },
    });
    expect(statuses(report)).toEqual({
      ...ALL_PASSED,
      "token ids": "skipped",
      pairs: "skipped",
      orientation: "failed",
    });
    expect(report.problems.join(" ")).toContain("orientation 6");
  });

  test("an image tower that gives NaN", async () => {
    await using workspace = await createWorkspace();
    const folder = modelFolder("siglip");
    const { nodes, ...graph } = imageTower(
      { name: "siglip-64", size: 64, patch: 16, width: 64, layers: 2, heads: 2, mlp: 128 },
      "fp32",
      "pooler_output",
    );
    const broken = nodes.flatMap((node) =>
      node.outputs[0] === "pooler_output"
        ? [
            { op: "Sub", inputs: [node.inputs[0] ?? "", node.inputs[0] ?? ""], outputs: ["zero"] },
            { op: "Div", inputs: ["zero", "zero"], outputs: ["pooler_output"] },
          ]
        : [node],
    );
    const model = await installModelFolder(
      workspace.directory,
      withVision(folder, encodeOnnxModel({ ...graph, nodes: broken })),
    );
    const report = await run(model);
    expect(report).toMatchObject({ passed: false, millisecondsPerImage: undefined });
    expect(report.problems.join(" ")).toContain("could not be embedded");
  });

  test("an image tower that ignores its picture", async () => {
    await using workspace = await createWorkspace();
    const folder = modelFolder("siglip");
    const model = await installModelFolder(workspace.directory, folder);
    const grey = new Uint8Array(64 * 64 * 3).fill(100);
    const report = await run(model, { readPixels: () => Promise.resolve(grey) });
    expect(statuses(report)).toMatchObject({ different: "failed" });
    expect(report.problems.join(" ")).toContain("hill and sunset");
  });

  test("a graph that does not fit its manifest", async () => {
    await using workspace = await createWorkspace();
    const folder = modelFolder("clip");
    const model = await installModelFolder(workspace.directory, folder);
    const output = { vision: "pooler_output", text: "text_embeds" };
    const report = await run({ ...model, manifest: { ...model.manifest, output } });
    expect(report.problems).toEqual([expect.stringContaining("pooler_output")]);
  });
});

test("an abort ends it as an abort", async () => {
  await using workspace = await createWorkspace();
  const model = await installModelFolder(workspace.directory, modelFolder("siglip"));
  const signal = AbortSignal.abort();
  await expect(selfTest(model, deps(), signal)).rejects.toMatchObject({ name: "AbortError" });
});
