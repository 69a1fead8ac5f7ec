/** What comes between a change of the model and its end: stops, other processes, lost files, new photos. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { indexAndCatalogue } from "../../support/library.ts";
import type { ModelLibrary } from "../../support/model-library.ts";
import {
  activeKeyOf,
  changeModel,
  createProcessedLibrary,
  modelFolderOf,
  processPhotos,
  vectorsOf,
} from "../../support/model-library.ts";
import { sourceOf, writePhotos } from "../../support/photos.ts";

const never = new AbortController().signal;
const colours = {
  terms: [{ source: { kind: "text", text: "a photo of a boat" }, weight: 1 }],
  includeWeak: true,
} as const;

const expectIndexed = async (library: ModelLibrary): Promise<void> => {
  const { index, catalogue, marks } = await indexAndCatalogue(library);
  expect(index).toEqual(catalogue);
  expect(marks).toBe(0);
};

test("photos that come while it runs are embedded before the switch", async () => {
  await using library = await createProcessedLibrary();
  const more = (await writePhotos(join(library.photos, "more"), { count: 5, seed: 500 })).map((name) =>
    join("more", name),
  );
  await using other = await library.open();
  await using photon = await library.open();
  let adding: Promise<unknown> | undefined;
  const report = await photon.changeModel(
    { id: library.second.manifest.id },
    {
      signal: never,
      onProgress: () => {
        adding ??= processPhotos(library, other, more);
      },
    },
  );
  await adding;
  expect(report.switched).toBe(true);
  expect((await vectorsOf(library, library.second)).size).toBe(29);
  await expectIndexed(library);
});

test("a run of process that outlives the switch embeds what it added with the new model", async () => {
  await using library = await createProcessedLibrary();
  const more = (await writePhotos(join(library.photos, "more"), { count: 4, seed: 500 })).map((name) =>
    join("more", name),
  );
  await using other = await library.open();
  const settings = { thumbnail: undefined, embedding: true, tagging: undefined };
  const started = Promise.withResolvers<void>();
  const switched = Promise.withResolvers<void>();
  async function* slowly() {
    yield sourceOf(library.photos, more[0] ?? "");
    started.resolve();
    await switched.promise;
    for (const name of more.slice(1)) yield sourceOf(library.photos, name);
  }
  const running = (async () => {
    const options = { store: true, force: false, parallel: 2, signal: never };
    for await (const outcome of other.process(slowly(), settings, options)) expect(outcome.status).toBe("done");
  })();
  await started.promise;
  await changeModel(library, library.second.manifest.id);
  switched.resolve();
  await running;
  expect((await vectorsOf(library, library.second)).size).toBe(28);
  await other.waitUntilIndexed(() => undefined, never);
  await expectIndexed(library);
});

test("a stop leaves the model in use, and the next call goes on where it stopped", async () => {
  await using library = await createProcessedLibrary({ count: 60 });
  const stop = new AbortController();
  await using photon = await library.open();
  const stopped = photon.changeModel(
    { id: library.second.manifest.id },
    {
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done >= 10) stop.abort();
      },
    },
  );
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  expect(await activeKeyOf(library)).toBe(library.first.vectorKey);
  const stored = (await vectorsOf(library, library.second)).size;
  expect(stored).toBeGreaterThanOrEqual(10);
  expect(stored).toBeLessThan(60);
  expect(await photon.modelChange()).toMatchObject({ running: false, done: stored, total: 60 });
  const report = await changeModel(library, library.second.manifest.id);
  expect(report).toMatchObject({ switched: true, embedded: 60 - stored });
});

test("stopped while the index table is filled, it fills the table anew", async () => {
  await using library = await createProcessedLibrary();
  const stop = new AbortController();
  await using photon = await library.open();
  const stopped = photon.changeModel(
    { id: library.second.manifest.id },
    {
      signal: stop.signal,
      onProgress: ({ phase }) => {
        if (phase === "indexing") stop.abort();
      },
    },
  );
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  expect(await activeKeyOf(library)).toBe(library.first.vectorKey);
  expect(await changeModel(library, library.second.manifest.id)).toMatchObject({ switched: true, embedded: 0 });
  await expectIndexed(library);
});

test("a change that is cancelled from elsewhere stops and leaves the model in use", async () => {
  await using library = await createProcessedLibrary({ count: 60 });
  await using other = await library.open();
  expect(await other.cancelModelChange()).toEqual([]); // its catalogue is open now
  await using photon = await library.open();
  let cancelling: Promise<unknown> | undefined;
  const running = photon.changeModel(
    { id: library.second.manifest.id },
    {
      signal: never,
      onProgress: () => {
        cancelling ??= other.cancelModelChange();
      },
    },
  );
  await expect(running).rejects.toMatchObject({ message: expect.stringContaining("cancelled") as string });
  expect(await cancelling).toEqual([{ modelId: library.second.manifest.id, vectorKey: library.second.vectorKey }]);
  expect(await activeKeyOf(library)).toBe(library.first.vectorKey);
  expect(await other.modelChange()).toBeUndefined();
  expect(await other.cancelModelChange()).toEqual([]);
});

test("two changes at once: the second is told who is at it", async () => {
  await using library = await createProcessedLibrary();
  await using other = await library.open();
  await using photon = await library.open();
  let second: Promise<unknown> | undefined;
  await photon.changeModel(
    { id: library.second.manifest.id },
    {
      signal: never,
      onProgress: () => {
        second ??= other
          .changeModel({ id: library.second.manifest.id }, { signal: never })
          .catch((error: unknown) => error);
      },
    },
  );
  expect(await second).toMatchObject({
    code: "storage",
    message: expect.stringContaining(`:${process.pid}) is changing the model`) as string,
  });
});

test("a model whose files vanish on the way is never switched to", async () => {
  await using library = await createProcessedLibrary({ count: 60 });
  await using photon = await library.open();
  let removing: Promise<void> | undefined;
  const running = photon.changeModel(
    { id: library.second.manifest.id },
    {
      signal: never,
      onProgress: () => {
        removing ??= rm(modelFolderOf(library, library.second), { recursive: true });
      },
    },
  );
  await expect(running).rejects.toMatchObject({ code: "not-found" });
  expect(await activeKeyOf(library)).toBe(library.first.vectorKey);
  const reply = await photon.search({ ...colours, limit: 60 }, never);
  expect(reply).toMatchObject({ model: { vectorKey: library.first.vectorKey }, hits: { length: 60 } });
});

test("many photos on a disk that is not there keep the model in use, unless they are given up", async () => {
  await using library = await createProcessedLibrary({ count: 30 });
  for (const name of library.names.slice(0, 15)) await rm(join(library.photos, name));
  await using photon = await library.open();
  await expect(photon.changeModel({ id: library.second.manifest.id }, { signal: never })).rejects.toMatchObject({
    message: expect.stringContaining("15 of them could not be") as string,
    hint: expect.stringContaining("--accept-missing") as string,
  });
  expect(await activeKeyOf(library)).toBe(library.first.vectorKey);
  const report = await photon.changeModel({ id: library.second.manifest.id }, { signal: never, acceptMissing: true });
  expect(report).toMatchObject({ switched: true, notEmbedded: { length: 15 } });
});
