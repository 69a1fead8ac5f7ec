/** Photos that are processed while their label bank is being made: stored at once, tagged from their vectors later. */
import { rm } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { retag } from "../../../src/pipeline/retag.ts";
import type { RetagReport } from "../../../src/pipeline/retag.ts";
import { stageKeyOf } from "../../../src/pipeline/stage-plan.ts";
import { tag } from "../../../src/pipeline/stages/tag.ts";
import { TAG_RUN } from "../../support/catalogues.ts";
import { writePhotos } from "../../support/photos.ts";
import type { TestPipeline } from "../../support/pipeline.ts";
import { createScriptedModel, createTestPipeline, photosOf } from "../../support/pipeline.ts";

let pipeline: TestPipeline;
beforeEach(async () => {
  pipeline = await createTestPipeline();
});
afterEach(async () => await pipeline[Symbol.asyncDispose]());

const model = createScriptedModel();
const waiting = { ...model, tagger: { ...model.tagger, tag: async () => undefined } };
const { vectorKey } = model.encoder;

const tagWaiting = (): Promise<RetagReport> =>
  retag(
    {
      tags: pipeline.catalogue.tags,
      tagger: {
        tagAll: async (vectors) =>
          Array.from({ length: vectors.length / model.encoder.dimension }, () => [{ name: "later", confidence: 0.8 }]),
      },
      run: { ...TAG_RUN, vectorKey },
      stale: { vectorKey, stageKey: stageKeyOf(tag, model.tagger.resultKey), untaggedOnly: true },
    },
    { dryRun: false, signal: new AbortController().signal },
  );

test("they have no tags, then those of their vectors, though their files are gone by then", async () => {
  const names = await writePhotos(pipeline.photos, { count: 3 });
  const first = await pipeline.process(names, { model: waiting });
  expect(photosOf(first.outcomes).map(({ tags }) => tags)).toEqual([[], [], []]);
  await rm(pipeline.photos, { recursive: true });
  expect(await tagWaiting()).toEqual({ photos: 3, changed: 3, gained: [{ name: "later", photos: 3 }], lost: [] });
  const hashes = photosOf(first.outcomes).map(({ contentHash }) => contentHash);
  const shown = await pipeline.catalogue.tags.shown(hashes);
  expect(hashes.map((hash) => shown.get(hash)?.map(({ name }) => name))).toEqual([["later"], ["later"], ["later"]]);
});

test("the next run tags them itself, without decoding or embedding again", async () => {
  const names = await writePhotos(pipeline.photos, { count: 2 });
  await pipeline.process(names, { model: waiting });
  const second = await pipeline.process(names, { model });
  expect(second.ran).toEqual({ tag: 2 });
  expect(photosOf(second.outcomes)[0]?.tags).toEqual([{ name: "colours", confidence: 0.5 }]);
});

test("photos that were tagged under other settings are left to retag", async () => {
  const names = await writePhotos(pipeline.photos, { count: 2 });
  await pipeline.process(names, { model: { ...model, tagger: { ...model.tagger, resultKey: "older" } } });
  expect(await tagWaiting()).toMatchObject({ photos: 0 });
});
