/** The model that comes with photon, as a folder among the installed ones. */
import { existsSync } from "node:fs";
import { copyFile, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  BUILT_IN_MODEL_ID,
  builtInSource,
  ensureBuiltInIsThere,
  ensureBuiltInModel,
  openBuiltInModel,
  readBuiltInManifest,
} from "../../../models/embedding/built-in-model.ts";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import { listInstalledModels } from "../../../models/embedding/installed-models.ts";
import { vectorKeyOf } from "../../../models/embedding/manifest.ts";
import { AUTO_ORDER } from "../../../models/embedding/manifests.ts";
import { resolveModel, resolveModelInPlace } from "../../../models/embedding/resolve-model.ts";
import { ensureSampleEncoder } from "../../support/sample-encoder/sample-encoder.ts";
import { ConfigError, StorageError } from "../../../src/errors.ts";
import { filesBelow } from "../../support/library.ts";
import { createWorkspace } from "../../support/model-workspace.ts";

const MAX_GRAPH_BYTES = 12_000_000;

/** The sample encoder's files under another id. */
const installAs = async (modelDir: string, { manifest, directory }: InstalledModel, id: string): Promise<void> => {
  const target = join(modelDir, id, manifest.revision);
  await mkdir(target, { recursive: true });
  for (const { path } of manifest.files) await copyFile(join(directory, path), join(target, path));
  await writeFile(join(target, "manifest.json"), JSON.stringify({ ...manifest, id }));
};

test("the package holds whole weights of at most 12 MB under a licence of our own", async () => {
  const { id, files, licence, dimension } = await readBuiltInManifest();
  expect([id, licence.weights, dimension]).toEqual([BUILT_IN_MODEL_ID, "MIT", 256]);
  const graphs = files.filter(({ role }) => role !== "tokenizer");
  expect(graphs.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(MAX_GRAPH_BYTES);
});

test("it is copied once, checked, and listed as installed", async () => {
  await using workspace = await createWorkspace();
  const first = await ensureBuiltInModel(workspace.directory);
  const { ino } = await stat(join(first.directory, "vision.onnx"));
  expect(await ensureBuiltInModel(workspace.directory)).toEqual(first);
  expect((await stat(join(first.directory, "vision.onnx"))).ino).toBe(ino);
  expect(first.vectorKey).toBe(vectorKeyOf(await readBuiltInManifest()));
  expect(await listInstalledModels(workspace.directory)).toMatchObject([{ id: BUILT_IN_MODEL_ID, state: "verified" }]);
});

test("its own calibration is used, not the prior of the checkpoint", async () => {
  await using workspace = await createWorkspace();
  const { calibration } = await ensureBuiltInModel(workspace.directory);
  expect(calibration.id).not.toContain("/prior");
});

test("processes that need it at once all get it", async () => {
  await using workspace = await createWorkspace();
  const models = await Promise.all([1, 2, 3].map(() => ensureBuiltInModel(workspace.directory)));
  expect(new Set(models.map(({ directory }) => directory)).size).toBe(1);
  expect(await listInstalledModels(workspace.directory)).toHaveLength(1);
});

test("a damaged copy is made again for whoever uses it, and left for whoever checks it", async () => {
  await using workspace = await createWorkspace();
  const { directory } = await ensureBuiltInModel(workspace.directory);
  await writeFile(join(directory, "text.onnx"), "damaged");
  await ensureBuiltInIsThere(workspace.directory);
  expect((await listInstalledModels(workspace.directory))[0]?.state).toBe("partial");
  await ensureBuiltInModel(workspace.directory);
  expect((await listInstalledModels(workspace.directory))[0]?.state).toBe("verified");
});

test("what was measured with the weights follows the package", async () => {
  await using workspace = await createWorkspace();
  const { directory, calibration } = await ensureBuiltInModel(workspace.directory);
  await writeFile(join(directory, "calibration.json"), "{}");
  expect((await ensureBuiltInModel(workspace.directory)).calibration).toEqual(calibration);
});

test("a folder that cannot hold models is named with what to do", async () => {
  await using workspace = await createWorkspace();
  const file = join(workspace.directory, "models");
  await writeFile(file, "not a folder");
  const failure = ensureBuiltInModel(file);
  await expect(failure).rejects.toThrow(StorageError);
  await expect(failure).rejects.toMatchObject({ hint: expect.stringContaining("general.model_dir") as string });
});

test("auto takes it when nothing better is installed, and anything preferred before it", async () => {
  await using workspace = await createWorkspace();
  const sample = await ensureSampleEncoder(workspace.directory);
  expect((await resolveModel(workspace.directory, "auto")).manifest.id).toBe(BUILT_IN_MODEL_ID);
  await installAs(workspace.directory, sample, AUTO_ORDER[4]);
  expect((await resolveModel(workspace.directory, "auto")).manifest.id).toBe(AUTO_ORDER[4]);
  expect((await resolveModel(workspace.directory, BUILT_IN_MODEL_ID)).manifest.id).toBe(BUILT_IN_MODEL_ID);
});

test("what keeps no vectors uses it where the package has it: nothing is written there or among the models", async () => {
  await using workspace = await createWorkspace();
  const before = await filesBelow(builtInSource());
  const modelDir = join(workspace.directory, "models");
  const inPlace = await resolveModelInPlace(modelDir, "auto");
  expect(inPlace.directory).toBe(builtInSource());
  expect(await resolveModelInPlace(modelDir, BUILT_IN_MODEL_ID)).toEqual(inPlace);
  expect(existsSync(modelDir)).toBe(false);
  expect(await filesBelow(builtInSource())).toEqual(before);
  const copied = await ensureBuiltInModel(modelDir);
  expect(inPlace).toEqual({ ...copied, directory: inPlace.directory });
});

test("an installed model is preferred to it in place too", async () => {
  await using workspace = await createWorkspace();
  await installAs(workspace.directory, await ensureSampleEncoder(workspace.directory), AUTO_ORDER[4]);
  expect((await resolveModelInPlace(workspace.directory, "auto")).manifest.id).toBe(AUTO_ORDER[4]);
});

test("a copy whose self-test failed is not used", async () => {
  await using workspace = await createWorkspace();
  const { directory, vectorKey } = await ensureBuiltInModel(workspace.directory);
  const result = { vectorKey, passed: false, problems: ["It is a teapot."], time: 0 };
  await writeFile(join(directory, "self-test.json"), JSON.stringify(result));
  await expect(resolveModel(workspace.directory, "auto")).rejects.toThrow(ConfigError);
  await expect(openBuiltInModel(workspace.directory)).rejects.toThrow("It is a teapot.");
});
