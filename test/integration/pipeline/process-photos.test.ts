import { copyFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import type { ProcessOutcome } from "../../../src/pipeline/outcome.ts";
import { placeOf } from "../../support/catalogues.ts";
import { sourceOf, sourcesOf, writePhotos } from "../../support/photos.ts";
import type { TestPipeline } from "../../support/pipeline.ts";
import { createTestPipeline } from "../../support/pipeline.ts";

let pipeline: TestPipeline;
beforeEach(async () => {
  pipeline = await createTestPipeline();
});
afterEach(async () => await pipeline[Symbol.asyncDispose]());

test.for([
  ["an abort", new DOMException("stop", "AbortError")],
  ["an abort for a reason of the caller's own", new Error("the lid was closed")],
] as const)("%s while a file of another process is awaited still reports what was started", async ([, reason]) => {
  const names = await writePhotos(pipeline.photos, { count: 2 });
  await using other = await openCatalogue({ path: pipeline.catalogue.path });
  const { id } = await other.roots.visit(Buffer.from(pipeline.photos));
  await other.files.claim([placeOf(id, names[1] ?? "")]);
  const decoding = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const abort = new AbortController();
  const outcomes: ProcessOutcome[] = [];
  const running = (async () => {
    const run = pipeline.run(sourcesOf(pipeline.photos, names), {
      signal: abort.signal,
      beforeStage: async (stage) => {
        if (stage !== "decode") return;
        decoding.resolve();
        await aborted.promise;
      },
    });
    for await (const outcome of run) outcomes.push(outcome);
  })();
  await decoding.promise;
  abort.abort(reason);
  aborted.resolve();
  await running;
  expect(outcomes.map(({ index, status }) => [index, status])).toEqual([[0, "done"]]);
});

test("a copy is judged by itself, though the photo beside it is one the consumer has", async () => {
  const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
  await pipeline.process([name]);
  const copies = ["copy-1.jpg", "copy-2.jpg"];
  for (const copy of copies) await copyFile(join(pipeline.photos, name), join(pipeline.photos, copy));
  await utimes(join(pipeline.photos, name), 1, 1); // no longer known without reading it
  const { outcomes } = await pipeline.process([name, ...copies], {
    skip: ({ absolutePath }) => absolutePath.toString().endsWith(name),
  });
  expect(outcomes.map(({ status }) => status)).toEqual(["unchanged", "done", "done"]);
});

test("naming a copy of a forgotten photo brings it back, though a walk meets another copy first", async () => {
  const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
  const { outcomes: first } = await pipeline.process([name]);
  const hash = first[0]?.status === "done" ? first[0].photo.contentHash : "";
  await pipeline.catalogue.administration.forget([hash]);
  for (const copy of ["a.jpg", "b.jpg"]) await copyFile(join(pipeline.photos, name), join(pipeline.photos, copy));
  async function* sources() {
    yield await Promise.resolve(sourceOf(pipeline.photos, "a.jpg"));
    yield await Promise.resolve(sourceOf(pipeline.photos, "b.jpg", true));
  }
  const outcomes: ProcessOutcome[] = [];
  for await (const outcome of pipeline.run(sources())) outcomes.push(outcome);
  const named = outcomes.find(({ index }) => index === 1);
  expect(named?.status).toBe("done");
  const found = await pipeline.catalogue.search.summaries([hash]);
  expect(found.map(({ contentHash }) => contentHash)).toEqual([hash]);
});
