import { appendFile, copyFile, mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listInstalledModels, openInstalledModel } from "../../../models/embedding/installed-models.ts";
import { resolveModel } from "../../../models/embedding/resolve-model.ts";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import { AUTO_ORDER } from "../../../models/embedding/manifests.ts";
import { generatedSample } from "../../support/sample-encoder/manifest.ts";
import { ensureSampleEncoder } from "../../support/sample-encoder/sample-encoder.ts";
import { ConfigError, NotFoundError } from "../../../src/errors.ts";
import { installRandomEncoder, TINY_VIT } from "../../support/encoders.ts";
import { createWorkspace } from "../../support/model-workspace.ts";

/** The sample encoder's files under another id. */
const installAs = async (modelDir: string, sample: InstalledModel, id: string): Promise<void> => {
  const directory = join(modelDir, id, sample.manifest.revision);
  await mkdir(directory, { recursive: true });
  for (const { path } of sample.manifest.files) await copyFile(join(sample.directory, path), join(directory, path));
  await writeFile(join(directory, "manifest.json"), JSON.stringify({ ...sample.manifest, id }));
};

test("the sample encoder is installed once and verified", async () => {
  await using workspace = await createWorkspace();
  const first = await ensureSampleEncoder(workspace.directory);
  const graph = join(first.directory, "vision.onnx");
  const { ino } = await stat(graph);
  const again = await ensureSampleEncoder(workspace.directory);
  expect(again).toEqual(first);
  expect((await stat(graph)).ino).toBe(ino);
  expect(await listInstalledModels(workspace.directory)).toMatchObject([
    { id: generatedSample.id, revision: generatedSample.revision, state: "verified" },
  ]);
});

test("processes that install the sample encoder at once all get it", async () => {
  await using workspace = await createWorkspace();
  const models = await Promise.all([1, 2, 3].map(() => ensureSampleEncoder(workspace.directory)));
  expect(new Set(models.map((model) => model.vectorKey)).size).toBe(1);
  expect(await listInstalledModels(workspace.directory)).toHaveLength(1);
});

test("a damaged sample encoder is made again", async () => {
  await using workspace = await createWorkspace();
  const { directory } = await ensureSampleEncoder(workspace.directory);
  await writeFile(join(directory, "text.onnx"), "damaged");
  await ensureSampleEncoder(workspace.directory);
  expect((await listInstalledModels(workspace.directory))[0]?.state).toBe("verified");
});

test("auto takes the first verified model of the order and never the sample encoder", async () => {
  await using workspace = await createWorkspace();
  const sample = await ensureSampleEncoder(workspace.directory);
  expect((await resolveModel(workspace.directory, "auto")).manifest.id).toBe(AUTO_ORDER.at(-1));
  await installAs(workspace.directory, sample, AUTO_ORDER[4]);
  await installAs(workspace.directory, sample, AUTO_ORDER[0]);
  expect((await resolveModel(workspace.directory, "auto"))?.manifest.id).toBe(AUTO_ORDER[0]);
});

test("auto passes by a model with a wrong hash", async () => {
  await using workspace = await createWorkspace();
  const sample = await ensureSampleEncoder(workspace.directory);
  await installAs(workspace.directory, sample, AUTO_ORDER[0]);
  await installAs(workspace.directory, sample, AUTO_ORDER[1]);
  const path = join(workspace.directory, AUTO_ORDER[0], sample.manifest.revision, "text.onnx");
  const bytes = await readFile(path);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await writeFile(path, bytes);
  expect((await resolveModel(workspace.directory, "auto"))?.manifest.id).toBe(AUTO_ORDER[1]);
});

test("a model that is not installed is named, with the command that lists models", async () => {
  await using workspace = await createWorkspace();
  const failure = resolveModel(join(workspace.directory, "nowhere"), "siglip2-base-patch16-224");
  await expect(failure).rejects.toThrow(NotFoundError);
  await expect(failure).rejects.toMatchObject({ hint: expect.stringContaining("photon models list") as string });
});

test("a file of another size makes the model partial, and opening it says which", async () => {
  await using workspace = await createWorkspace();
  const { directory } = await ensureSampleEncoder(workspace.directory);
  await appendFile(join(directory, "vision.onnx"), "x");
  expect((await listInstalledModels(workspace.directory))[0]).toMatchObject({ state: "partial" });
  await expect(openInstalledModel(directory)).rejects.toThrow("vision.onnx");
});

test("a file with new time and same bytes is hashed again and stays usable", async () => {
  await using workspace = await createWorkspace();
  const { directory } = await ensureSampleEncoder(workspace.directory);
  await utimes(join(directory, "vision.onnx"), 1, 1);
  expect((await listInstalledModels(workspace.directory))[0]?.state).toBe("unverified");
  await openInstalledModel(directory);
  expect((await listInstalledModels(workspace.directory))[0]?.state).toBe("verified");
});

test("the text tower of another model is refused", async () => {
  await using workspace = await createWorkspace();
  const sample = await ensureSampleEncoder(workspace.directory);
  const other = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "fp32" });
  await copyFile(join(other.directory, "onnx/text_model.onnx"), join(sample.directory, "text.onnx"));
  await expect(openInstalledModel(sample.directory)).rejects.toThrow(ConfigError);
});

test("a folder with a broken manifest is listed as damaged and does not hide the others", async () => {
  await using workspace = await createWorkspace();
  await ensureSampleEncoder(workspace.directory);
  const broken = join(workspace.directory, "broken", "0".repeat(40));
  await mkdir(broken, { recursive: true });
  await writeFile(join(broken, "manifest.json"), "{");
  const states = (await listInstalledModels(workspace.directory)).map(({ id, state }) => `${id} ${state}`);
  expect(states).toEqual(["broken damaged", `${generatedSample.id} verified`]);
});

test("a calibration of another vector key is not used", async () => {
  await using workspace = await createWorkspace();
  const { directory, calibration } = await ensureSampleEncoder(workspace.directory);
  const path = join(directory, "calibration.json");
  const fit = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  expect(calibration.id).toBe(fit["id"]);
  await writeFile(path, JSON.stringify({ ...fit, vectorKey: "another@00000000/fp32/p1" }));
  expect((await openInstalledModel(directory)).calibration.id).toMatch(/prior$/);
  await rm(path);
  expect((await openInstalledModel(directory)).calibration.id).toMatch(/prior$/);
});
