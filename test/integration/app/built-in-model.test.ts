/** Libraries whose model is the one that comes with photon. */
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BUILT_IN_MODEL_ID, builtInSource, readBuiltInManifest } from "../../../models/embedding/built-in-model.ts";
import { vectorKeyOf } from "../../../models/embedding/manifest.ts";
import { AUTO_ORDER } from "../../../models/embedding/manifests.ts";
import { ensureSampleEncoder } from "../../support/sample-encoder/sample-encoder.ts";
import type { Photon } from "../../../src/app.ts";
import { taggingSettingsOf } from "../../../src/app/process-api.ts";
import type { TestLibrary } from "../../support/library.ts";
import { createTestLibrary } from "../../support/library.ts";
import { activeKeyOf } from "../../support/model-library.ts";
import { createWorkspace } from "../../support/model-workspace.ts";
import { sourcesOf, writePhotos } from "../../support/photos.ts";

interface FreshLibrary extends TestLibrary {
  readonly modelDir: string;
}

/** No model is installed, no setting made. */
const createFreshLibrary = async (): Promise<FreshLibrary> => {
  const models = await createWorkspace();
  const modelDir = join(models.directory, "models");
  const library = await createTestLibrary({ config: "", environment: { PHOTON_GENERAL_MODEL_DIR: modelDir } });
  return {
    ...library,
    modelDir,
    [Symbol.asyncDispose]: async () => {
      await library[Symbol.asyncDispose]();
      await models[Symbol.asyncDispose]();
    },
  };
};

const { signal } = new AbortController();

const addPhotos = async (library: TestLibrary, photon: Photon): Promise<void> => {
  const names = await writePhotos(library.photos, { count: 3 });
  const settings = { thumbnail: undefined, embedding: true, tagging: undefined };
  const options = { store: true, force: false, parallel: 2, signal };
  for await (const outcome of photon.process(sourcesOf(library.photos, names), settings, options)) {
    expect(outcome).toMatchObject({ status: "done", failures: [] });
  }
  await photon.waitUntilIndexed(() => undefined, signal);
};

const builtInOf = async (photon: Photon) => (await photon.listModels()).find(({ id }) => id === BUILT_IN_MODEL_ID);

test("a library without any setting is searched with it, and says that it is basic", async () => {
  await using library = await createFreshLibrary();
  await using photon = await library.open();
  expect(await builtInOf(photon)).toMatchObject({ state: "built-in", active: false, basic: true, addedByUser: false });
  await addPhotos(library, photon);
  expect(await builtInOf(photon)).toMatchObject({ state: "built-in", active: true });
  expect((await photon.status()).model).toMatchObject({ modelId: BUILT_IN_MODEL_ID, basic: true, vectors: 3 });
  const request = { terms: [{ source: { kind: "text", text: "dog" }, weight: 1 }], mode: "vector" } as const;
  expect((await photon.search(request, signal)).model).toMatchObject({ modelId: BUILT_IN_MODEL_ID, basic: true });
});

test("a run that stores nothing, and a look at the vocabulary, leave nothing behind", async () => {
  await using library = await createFreshLibrary();
  await using photon = await library.open();
  const names = await writePhotos(library.photos, { count: 1 });
  const settings = { thumbnail: undefined, embedding: true, tagging: taggingSettingsOf(photon.config) };
  const options = { store: false, force: false, parallel: 2, signal };
  const outcomes: unknown[] = [];
  for await (const outcome of photon.process(sourcesOf(library.photos, names), settings, options))
    outcomes.push(outcome);
  expect(outcomes).toMatchObject([{ status: "done", failures: [] }]);
  expect((await photon.vocabulary()).model).toBe(BUILT_IN_MODEL_ID);
  expect([existsSync(library.modelDir), existsSync(library.home)]).toEqual([false, false]);
});

test("a better model that is installed later changes nothing by itself: it is offered", async () => {
  await using library = await createFreshLibrary();
  await using photon = await library.open();
  await addPhotos(library, photon);
  const { manifest, directory } = await ensureSampleEncoder(library.modelDir);
  const better = join(library.modelDir, AUTO_ORDER[0], manifest.revision);
  await cp(directory, better, { recursive: true, preserveTimestamps: true });
  await writeFile(join(better, "manifest.json"), JSON.stringify({ ...manifest, id: AUTO_ORDER[0] }));
  await photon.verifyModels({ deep: false, signal, onModel: () => undefined });
  expect(await photon.betterModel()).toBe(AUTO_ORDER[0]);
  await using later = await library.open();
  expect((await later.status()).model?.modelId).toBe(BUILT_IN_MODEL_ID);
});

test("it is neither removed nor downloaded, and checked with the others", async () => {
  await using library = await createFreshLibrary();
  await using photon = await library.open();
  const refusal = { code: "invalid-input", hint: expect.stringContaining("comes with photon") as string };
  const watching = { signal, onNote: () => undefined };
  await expect(photon.removeModel(BUILT_IN_MODEL_ID, undefined, watching)).rejects.toMatchObject(refusal);
  const request = { precision: undefined, from: undefined, baseUrls: [] };
  await expect(photon.offerDownload(BUILT_IN_MODEL_ID, request, { environment: {}, signal })).rejects.toMatchObject(
    refusal,
  );
  const verified = await photon.verifyModels({ deep: false, signal, onModel: () => undefined });
  expect(verified).toMatchObject([{ id: BUILT_IN_MODEL_ID, ok: true }]);
});

test("after an update of photon a library keeps the weights of its vectors until it is told to change", async () => {
  await using library = await createFreshLibrary();
  const manifest = await readBuiltInManifest();
  const earlier = { ...manifest, revision: "e".repeat(40) };
  const folder = join(library.modelDir, BUILT_IN_MODEL_ID, `${earlier.revision}-${earlier.variant}`);
  await mkdir(folder, { recursive: true });
  for (const { path } of manifest.files) {
    await writeFile(join(folder, path), await readFile(join(builtInSource(), path)));
  }
  await writeFile(join(folder, "manifest.json"), JSON.stringify(earlier));
  const vectorKey = vectorKeyOf(earlier);
  await using photon = await library.open();
  {
    await using catalogue = await library.catalogue();
    await catalogue.library.activateFirst({ vectorKey, modelId: earlier.id, dimension: earlier.dimension });
  }
  await addPhotos(library, photon);
  expect((await photon.status()).model).toMatchObject({ vectorKey, vectors: 3 });
  await photon.changeModel({ id: BUILT_IN_MODEL_ID }, { signal });
  expect(await activeKeyOf(library)).toBe(vectorKeyOf(manifest));
});

test("a library gives a notice once", async () => {
  await using library = await createFreshLibrary();
  await using photon = await library.open();
  expect(await photon.isFirstNotice("basic-model")).toBe(true);
  await addPhotos(library, photon);
  expect(await photon.isFirstNotice("basic-model")).toBe(true);
  expect(await photon.isFirstNotice("basic-model")).toBe(false);
});
