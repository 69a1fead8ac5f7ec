/** What search and show read of the documents of photos. */
import { expect, test } from "vitest";
import type { DocumentWrite } from "../../../src/catalogue/document-repository.ts";
import type { TestCatalogue } from "../../support/catalogues.ts";
import { createTestCatalogue, storePhoto, visitRoot } from "../../support/catalogues.ts";
import { hashOf } from "../../support/memory-library.ts";

const hash = hashOf("a");
/** The last one stands for the kind itself: what a model that photon asked has written. */
type Step = "edit" | "annotate" | "restore" | "prefilter";

const describePhoto = async (
  { catalogue }: TestCatalogue,
  given: Partial<DocumentWrite> & { readonly createdByStep?: Step } = {},
): Promise<void> => {
  const executionId = await catalogue.executions.start({ command: "enrich", kinds: ["image_tag"], filter: {} });
  const ready = [
    {
      change: "set-photo-reading",
      reading: { title: "Two boats", description: "A red and a blue boat at a pier.", sourceType: "PHOTO" },
    },
    { change: "replace-llm-tags", tags: ["boat", "Pier"] },
  ] as const;
  await catalogue.documents.writeVersion(
    { scopeId: hash, documentType: "image_tag", kind: "image_tag" },
    {
      content: "{}",
      executionId,
      promptVersion: 1,
      promptHash: "",
      model: "some-model",
      autoConfirm: false,
      ready,
      confirmed: [],
      createdByStep: "edit",
      ...given,
    },
  );
};

const library = async (): Promise<TestCatalogue> => {
  const opened = await createTestCatalogue();
  await storePhoto(opened.catalogue, { rootId: await visitRoot(opened.catalogue), name: "a.jpg", content: "a" });
  return opened;
};

test("a photo that nobody described is not enriched", async () => {
  await using opened = await library();
  const [photo] = await opened.catalogue.search.summaries([hash]);
  expect(photo).toMatchObject({ enriched: false });
  expect(photo).not.toHaveProperty("described");
  expect((await opened.catalogue.index.rowsFor([hash], ""))[0]?.enriched).toBe(false);
});

test("title, description and tags are shown with their source", async () => {
  await using opened = await library();
  await describePhoto(opened, { createdByStep: "prefilter", autoConfirm: true });
  const [photo] = await opened.catalogue.search.summaries([hash]);
  expect(photo).toMatchObject({
    enriched: true,
    tags: ["boat", "Pier"],
    described: {
      source: "llm",
      title: "Two boats",
      description: "A red and a blue boat at a pier.",
      tags: ["boat", "Pier"],
      sourceType: "PHOTO",
      model: "some-model",
      confirmed: true,
    },
  });
  expect(photo).not.toHaveProperty("title"); // that is the file's own
});

test.each([
  ["an assistant's", { createdByStep: "annotate", model: "some-assistant" }, "assistant"],
  ["a person's change", { createdByStep: "edit", model: "user" }, "user"],
  ["a person's version brought back", { createdByStep: "restore", model: "user" }, "user"],
  ["a model's version brought back", { createdByStep: "restore", model: "some-model" }, "llm"],
] as const)("%s is shown as such", async (_what, given, source) => {
  await using opened = await library();
  await describePhoto(opened, given);
  const [photo] = await opened.catalogue.search.summaries([hash]);
  expect(photo?.described?.source).toBe(source);
});

test("they are part of the search by words and by tag", async () => {
  await using opened = await library();
  await describePhoto(opened);
  const [row] = await opened.catalogue.index.rowsFor([hash], "");
  expect(row).toMatchObject({ enriched: true, tags: ["boat", "pier"] });
  for (const words of ["Two boats", "A red and a blue boat at a pier."]) expect(row?.text).toContain(words);
});

test("what nobody has confirmed yet says so", async () => {
  await using opened = await library();
  await describePhoto(opened, { createdByStep: "annotate" });
  const [photo] = await opened.catalogue.search.summaries([hash]);
  expect(photo?.described?.confirmed).toBe(false);
});

test("a tag that a person refused is not told as the model's", async () => {
  await using opened = await library();
  await describePhoto(opened);
  await opened.catalogue.tags.decide({ contentHashes: [hash], name: "boat", action: "remove" });
  const [photo] = await opened.catalogue.search.summaries([hash]);
  expect(photo?.described?.tags).toEqual(["Pier"]);
});

test("a look that found nothing is no description", async () => {
  await using opened = await library();
  await describePhoto(opened, { ready: [] });
  const [photo] = await opened.catalogue.search.summaries([hash]);
  expect(photo?.enriched).toBe(false);
  expect((await opened.catalogue.index.rowsFor([hash], ""))[0]?.enriched).toBe(false);
});

test("details add story and translations", async () => {
  await using opened = await library();
  await describePhoto(opened, {
    ready: [
      { change: "set-profile", profile: { tagline: "At rest", story: "Two boats wait." } },
      { change: "set-translation", language: "es", fields: { title: "Dos barcos" } },
    ],
  });
  expect(await opened.catalogue.search.details(hash)).toMatchObject({
    story: { tagline: "At rest" },
    translations: { es: { title: "Dos barcos" } },
  });
});

test("records of photos hold no tag of a language model", async () => {
  await using opened = await library();
  await describePhoto(opened);
  expect((await opened.catalogue.photos.tags([hash])).get(hash) ?? []).toEqual([]);
});
