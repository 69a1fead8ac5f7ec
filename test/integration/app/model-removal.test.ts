import { expect, test } from "vitest";
import { createModelLibrary, processPhotos } from "../../support/model-library.ts";

const access = { signal: new AbortController().signal, onNote: () => undefined };

test("the model a library is searched with is not removed, another one is", async () => {
  await using library = await createModelLibrary({ count: 2 });
  await using photon = await library.open();
  await processPhotos(library, photon);
  const { id } = library.first.manifest;
  await expect(photon.removeModel(id, undefined, access)).rejects.toMatchObject({
    code: "invalid-input",
    hint: expect.stringContaining("photon models use") as string,
  });
  const other = library.second.manifest.id;
  expect(await photon.removeModel(other, undefined, access)).toMatchObject([{ directory: library.second.directory }]);
  const left = (await photon.listModels()).filter(({ state }) => state === "verified");
  expect(left).toMatchObject([{ id, active: true }]);
});

test("a model the library is changing to is not removed", async () => {
  await using library = await createModelLibrary({ count: 2 });
  await using photon = await library.open();
  await processPhotos(library, photon);
  const { manifest, vectorKey } = library.second;
  {
    await using catalogue = await library.catalogue();
    await catalogue.vectorKeys.startBuilding({ vectorKey, modelId: manifest.id, dimension: manifest.dimension });
  }
  await expect(photon.removeModel(manifest.id, undefined, access)).rejects.toMatchObject({
    hint: expect.stringContaining("is changing to it") as string,
  });
});
