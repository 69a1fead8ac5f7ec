import { expect, test } from "vitest";
import { claimOne, createTestCatalogue, storePhoto, visitRoot } from "../../support/catalogues.ts";
import { unit } from "../../support/memory-library.ts";

const OWN = "own";
const OTHER = "other";

test("vectors come in pages, each once, without those of other models and of photos whose files are gone", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  const store = (number: number, vectorKey: string): Promise<string> =>
    storePhoto(
      catalogue,
      { rootId, name: `${vectorKey}${number}.jpg`, content: `${vectorKey}${number}` },
      { embedding: { vectorKey, vector: unit([1, number]) } },
    );
  for (let number = 0; number < 5; number += 1) await store(number, OWN);
  await store(9, OTHER);
  await store(8, OWN);
  const gone = await claimOne(catalogue, rootId, `${OWN}8.jpg`);
  const failure = { reason: "not_found", message: "", reasonKey: "", stat: undefined } as const;
  await catalogue.files.quarantine([{ claim: gone, ...failure }]);
  const pages: (readonly Float32Array[])[] = [];
  for await (const page of catalogue.photos.vectorPages(OWN, 2)) pages.push(page);
  expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
  const found = pages.flat().map((vector) => Math.round((vector[1] ?? 0) / (vector[0] ?? 1)));
  expect(found.toSorted((left, right) => left - right)).toEqual([0, 1, 2, 3, 4]);
});
