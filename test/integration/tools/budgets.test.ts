/** No answer is longer than a model's context takes, however large the library and however long its texts are. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import { changesResultSchema } from "../../../tools/changes/changes-data.ts";
import { costsResultSchema } from "../../../tools/costs/costs-data.ts";
import { describeResultSchema } from "../../../tools/describe/described-data.ts";
import { duplicatesResultSchema } from "../../../tools/duplicates/duplicates-data.ts";
import { enrichmentResultSchema } from "../../../tools/enrichment/enrichment-data.ts";
import { searchResultSchema } from "../../../tools/search/search-data.ts";
import { statusSchema } from "../../../tools/status/status-data.ts";
import type { LargeLibrary } from "../../support/large-library.ts";
import { createLargeLibrary, WORDY_KEYWORD } from "../../support/large-library.ts";
import type { InProcessClient } from "../../support/mcp.ts";
import { connectInProcess } from "../../support/mcp.ts";
import { callData } from "../../support/tool-calls.ts";

const PHOTOS = 50_000;
/** Characters; a token is four of them. */
const HARD_CAP = 32_000;
/** Of an answer to a call without further wishes. */
const USUAL = 9_000;

let large: LargeLibrary;
let served: InProcessClient;
beforeAll(async () => {
  large = await createLargeLibrary(PHOTOS);
  served = await connectInProcess(large.library);
}, 300_000);
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await large[Symbol.asyncDispose]();
});

type Given = Readonly<Record<string, unknown>>;
const lengthOf = async (name: string, given: Given, schema: z.ZodType): Promise<number> =>
  JSON.stringify(await callData(served, name, { given, schema })).length;
const wordyIds = (count: number): readonly string[] => large.hashes.slice(-count);

test("the library is what it is meant to be", async () => {
  const { indexed, pending } = await callData(served, "get_status", { schema: statusSchema });
  expect({ indexed, pending }).toEqual({ indexed: PHOTOS, pending: 0 });
  const wordy = await callData(served, "search_by_embedding", {
    given: { text: WORDY_KEYWORD },
    schema: searchResultSchema,
  });
  expect(wordy.hits[0]?.caption?.length).toBeGreaterThan(100);
});

test.each<readonly [string, Given, z.ZodType]>([
  ["search_by_embedding", {}, searchResultSchema],
  ["search_by_embedding", { text: WORDY_KEYWORD }, searchResultSchema],
  ["search_by_embedding", { sort: "added", filters: { taken_from: "2012" } }, searchResultSchema],
  ["find_duplicates", {}, duplicatesResultSchema],
  ["changes_since", {}, changesResultSchema],
  ["get_costs", {}, costsResultSchema],
  ["get_status", {}, statusSchema],
])("%s %j is short", async (name, given, schema) => {
  expect(await lengthOf(name, given, schema)).toBeLessThan(USUAL);
});

test.each<readonly [string, Given, z.ZodType]>([
  ["search_by_embedding", { limit: 50, detail: "full" }, searchResultSchema],
  ["search_by_embedding", { limit: 50, detail: "full", text: WORDY_KEYWORD }, searchResultSchema],
  ["search_by_embedding", { limit: 50, sort: "oldest" }, searchResultSchema],
  ["find_duplicates", { mode: "exact", limit: 50 }, duplicatesResultSchema],
  ["find_duplicates", { mode: "near", limit: 50 }, duplicatesResultSchema],
  ["find_duplicates", { mode: "burst", limit: 50 }, duplicatesResultSchema],
  ["changes_since", { limit: 100 }, changesResultSchema],
])("the longest answer of %s %j stays below the cap", async (name, given, schema) => {
  expect(await lengthOf(name, given, schema)).toBeLessThanOrEqual(HARD_CAP);
});

test("twenty photos with long texts are described below the cap", async () => {
  const ids = wordyIds(20);
  expect(await lengthOf("describe", { ids: ids.slice(0, 3) }, describeResultSchema)).toBeLessThan(USUAL);
  expect(await lengthOf("describe", { ids, detail: "full" }, describeResultSchema)).toBeLessThanOrEqual(HARD_CAP);
});

test("fifty documents with all their versions stay below the cap", async () => {
  const given = { ids: wordyIds(50), history: true };
  const data = await callData(served, "get_enrichment", { given, schema: enrichmentResultSchema });
  expect(JSON.stringify(data).length).toBeLessThanOrEqual(HARD_CAP);
  expect(data.items).toHaveLength(50);
  expect(data.items.every(({ version }) => version === 4)).toBe(true);
});

test("pages go through the library without a photo twice", async () => {
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < 5; page += 1) {
    const given = { limit: 50, ...(cursor === undefined ? {} : { cursor }) };
    const {
      hits,
      total,
      next_cursor: next,
    } = await callData(served, "search_by_embedding", { given, schema: searchResultSchema });
    expect(total).toBe(PHOTOS);
    for (const { id } of hits) seen.add(id);
    cursor = next;
  }
  expect(seen.size).toBe(250);
});
