/** Files edited in place: a new photo that takes over what people did to the one before. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DocumentWrite } from "../../../src/catalogue/document-repository.ts";
import { photoBytes, writePhotos } from "../../support/photos.ts";
import type { TestPipeline } from "../../support/pipeline.ts";
import { createScriptedModel, createTestPipeline, photosOf } from "../../support/pipeline.ts";

let pipeline: TestPipeline;
let name: string;
let before: string;
beforeEach(async () => {
  pipeline = await createTestPipeline();
  [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
  before = (await processed()).contentHash;
});
afterEach(async () => await pipeline[Symbol.asyncDispose]());

const { vectorKey } = createScriptedModel().encoder;
const processed = async () => {
  const { outcomes, ran } = await pipeline.process([name]);
  const [photo] = photosOf(outcomes);
  if (photo === undefined) throw new Error("the photo was not processed");
  return { contentHash: photo.contentHash, ran, photo };
};

/** The XMP packet that programs write titles and keywords into; the picture stays as it is. */
const withTitle = (jpeg: Buffer, title: string): Buffer => {
  const packet = Buffer.from(
    `http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">${title}</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`,
  );
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(packet.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, packet, jpeg.subarray(2)]);
};
const editMetadata = async (): Promise<void> => {
  const path = join(pipeline.photos, name);
  await writeFile(path, withTitle(await readFile(path), "A new title"));
};
const editPicture = async (): Promise<void> => writeFile(join(pipeline.photos, name), await photoBytes(99));

const describePhoto = async (step: "edit" | "prefilter", title: string): Promise<void> => {
  const executionId = await pipeline.catalogue.executions.start({
    command: "review",
    kinds: ["image_tag"],
    filter: {},
  });
  const reading = { title, description: `${title}, described.`, sourceType: "PHOTO" } as const;
  const changes = [
    { change: "set-photo-reading", reading } as const,
    { change: "replace-llm-tags", tags: ["pier"] } as const,
  ];
  const write: DocumentWrite & { readonly createdByStep: typeof step } = {
    content: JSON.stringify({ title }),
    createdByStep: step,
    executionId,
    promptVersion: 1,
    promptHash: "",
    model: step === "edit" ? "user" : "a model",
    autoConfirm: true,
    ready: changes,
    confirmed: changes,
  };
  const key = { scopeId: before, documentType: "image_tag", kind: "image_tag" };
  await pipeline.catalogue.documents.writeVersion(key, write);
};
const historyOf = (scopeId: string) => pipeline.catalogue.documents.history({ scopeId, documentType: "image_tag" });
const descriptionOf = async (hash: string): Promise<string | undefined> =>
  (await pipeline.catalogue.search.summaries([hash]))[0]?.described?.title;

describe("when only metadata was edited", () => {
  test("the metadata is read and no model runs: the vector is that of the same picture", async () => {
    await editMetadata();
    const { contentHash, ran, photo } = await processed();
    expect(contentHash).not.toBe(before);
    expect(photo.metadata.title).toBe("A new title");
    expect(ran).toMatchObject({ metadata: 1, decode: 1 });
    expect(ran.embed).toBeUndefined();
    const vectors = await pipeline.catalogue.photos.vectors([before, contentHash], vectorKey);
    expect(vectors.get(contentHash)).toEqual(vectors.get(before));
    expect(photo.tags).toEqual([{ name: "colours", confidence: 0.5 }]);
    expect((await processed()).ran).toEqual({}); // and it is current
  });

  test("what a model said of the picture is said of the new photo, with a word on where it comes from", async () => {
    await describePhoto("prefilter", "Boats");
    await editMetadata();
    const { contentHash } = await processed();
    expect(await descriptionOf(contentHash)).toBe("Boats");
    expect(await historyOf(contentHash)).toMatchObject([
      { version: 1, model: "a model", metadata: { taken_over_from: before } },
    ]);
  });

  test("a run that makes everything anew embeds it", async () => {
    await editMetadata();
    const { ran } = await pipeline.process([name], { force: true });
    expect(ran.embed).toBe(1);
  });
});

describe("when the picture was edited", () => {
  test("it is embedded, and what a model said of the old picture stays with that", async () => {
    await describePhoto("prefilter", "Boats");
    await editPicture();
    const { contentHash, ran } = await processed();
    expect(ran.embed).toBe(1);
    expect(await descriptionOf(contentHash)).toBeUndefined();
    expect(await historyOf(before)).toHaveLength(1);
  });

  test("what people wrote goes over", async () => {
    await describePhoto("edit", "Grandpa's boat");
    await editPicture();
    const { contentHash } = await processed();
    expect(await descriptionOf(contentHash)).toBe("Grandpa's boat");
    expect(
      await pipeline.catalogue.documents.enrichment({ scopeId: contentHash, documentType: "image_tag" }),
    ).toMatchObject({
      state: "CONFIRMED",
      model: "user",
    });
  });

  test("decisions about tags and albums go over, and the old photo keeps its own", async () => {
    const { tags, albums } = pipeline.catalogue;
    await tags.decide({ contentHashes: [before], name: "Regatta", action: "add" });
    await tags.decide({ contentHashes: [before], name: "colours", action: "remove" });
    const album = await albums.create("Summer");
    await albums.add(album, [before]);
    await editPicture();
    const { contentHash } = await processed();
    const shown = await tags.shown([before, contentHash]);
    for (const hash of [before, contentHash]) expect(shown.get(hash)?.map((tag) => tag.name)).toEqual(["Regatta"]);
    expect(await albums.photos(album)).toEqual([contentHash]); // the old one lies nowhere any more
    await writeFile(join(pipeline.photos, "old.jpg"), await photoBytes(1));
    await pipeline.process(["old.jpg"]);
    expect(await albums.photos(album)).toEqual([before, contentHash]);
  });

  test("an edit that is taken back leads to the photo it was, with what was decided meanwhile", async () => {
    const path = join(pipeline.photos, name);
    const original = await readFile(path);
    await editPicture();
    const edited = await processed();
    await pipeline.catalogue.tags.decide({ contentHashes: [edited.contentHash], name: "Harbour", action: "add" });
    await writeFile(path, original);
    const back = await processed();
    expect(back.contentHash).toBe(before);
    expect(back.ran.embed).toBeUndefined();
    expect((await pipeline.catalogue.tags.shown([before])).get(before)?.map((tag) => tag.name)).toContain("Harbour");
  });
});
