/** `photon costs`, `photon llm ledger`, `photon llm clear-cache`: every form of them, on calls with known prices. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { DAY } from "../../../../src/clock.ts";
import { runHere } from "../../../support/command-line.ts";
import { goodAnswers } from "../../../support/enrichment.ts";
import type { EnrichmentLibrary } from "../../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../../support/enrichment-library.ts";
import type { PricedProvider } from "../../../support/fake-providers/priced.ts";
import { startPricedProvider } from "../../../support/fake-providers/priced.ts";
import { photoBytes } from "../../../support/photos.ts";

let provider: PricedProvider;
let library: EnrichmentLibrary;
let hashes: readonly string[];

const photon = async (...words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runHere(library, words);
  if (code !== 0) throw new Error(`photon ${words.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
};
const json = async <Value>(...words: readonly string[]): Promise<Value> =>
  JSON.parse(await photon(...words, "--json")) as Value; // what the command promises; the tests check what they use

interface Report {
  readonly by: string;
  readonly rows: readonly { readonly key: string; readonly calls: number; readonly cost_usd: number | null }[];
  readonly total_usd: number;
  readonly budget: readonly unknown[];
}

beforeAll(async () => {
  provider = await startPricedProvider(goodAnswers["image_tag"]);
  library = await createEnrichmentLibrary({ config: provider.config(5) });
  const one = await library.addPhoto("1.jpg", await photoBytes(1));
  const two = await library.addPhoto("2.jpg", await photoBytes(2));
  hashes = [one, two];
  await library.enqueue({ kind: "image_tag", scopeId: one }, { kind: "image_tag", scopeId: two });
  await library.work();
});
afterAll(async () => {
  await library?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

test.each([
  ["day", /^\d{4}-\d\d-\d\d$/],
  ["model", /^gpt-4o-mini$/],
  ["kind", /^image_tag$/],
  ["provider", /^openai/],
  ["execution", /^[0-9A-Z]{26}$/],
] as const)("costs by %s: one row, two calls, their price", async (by, key) => {
  const report = await json<Report>("costs", "--by", by);
  expect(report).toMatchObject({ by, rows: [{ key: expect.stringMatching(key), calls: 2 }] });
  expect(report.total_usd).toBeCloseTo(2 * provider.usdPerCall, 6);
  expect(report.rows[0]?.cost_usd).toBeCloseTo(report.total_usd, 6);
  const text = await photon("costs", "--by", by);
  expect(text).toMatch(new RegExp(`^${by} +calls +failed +tokens in +out .* cost`));
  expect(text).toContain("3,000"); // tokens of two calls
  expect(text).toMatch(/^Together 0\.048 USD\.\nbudget today: 0\.048 USD of 5\.00 USD\n$/m);
});

test("costs of a day, with a table for models and one for kinds; days are those of UTC when asked for", async () => {
  const today = new Date().toISOString().slice(0, 10);
  const text = await photon("costs", "--daily", "--utc");
  expect(text).toMatch(new RegExp(`^${today} \\(UTC\\): 0\\.048 USD\\.\nmodel +calls`));
  expect(text).toMatch(/^kind +calls.*\nimage_tag +2 /m);
  expect(await json("costs", "--daily", "--utc")).toMatchObject({ day: today, time_zone: "UTC" });
  const other = await photon("costs", "--daily", "--utc", "--since", "2020-02-03");
  expect(other).toMatch(/^2020-02-03 \(UTC\): 0 USD\.\nNo calls of language models\.\n/);
});

test("a time without calls has no rows, and says so", async () => {
  const yesterday = new Date(Date.now() - DAY).toISOString().slice(0, 10);
  expect(await json("costs", "--since", "2020", "--until", yesterday, "--utc")).toMatchObject({
    rows: [],
    total_usd: 0,
  });
  expect(await photon("costs", "--since", "2020", "--until", yesterday, "--utc")).toMatch(
    /^No calls of language models in this time\.\n/,
  );
});

test.each([
  [["costs", "--daily", "--by", "model"], "Expected --daily without --by"],
  [["costs", "--by", "colour"], "Expected one of"],
  [["costs", "--since", "soon"], "since"],
] as const)("%j is wrong usage", async (words, message) => {
  const { code, stdout, stderr } = await runHere(library, words);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
});

test("the ledger has a row for each request, of one photo when asked for, in a table or as lines of JSON", async () => {
  const [one = ""] = hashes;
  const text = await photon("llm", "ledger");
  expect(text).toMatch(/^sent +what for +photo +to +picture +data +outcome\n/);
  expect(text.trim().split("\n")).toHaveLength(3);
  expect(text).toContain(`enrich    ${one.slice(0, 12)}  openai at 127.0.0.1`);
  const rows = (await photon("llm", "ledger", "--photo", one.slice(0, 12), "--json")).trim().split("\n");
  expect(rows.map((row) => JSON.parse(row) as unknown)).toMatchObject([
    {
      purpose: "enrich",
      photo: one,
      provider: "openai",
      loopback: true,
      outcome: "ok",
      fields: expect.arrayContaining(["image"]),
    },
  ]);
  const later = await runHere(library, ["llm", "ledger", "--since", "2999"]);
  expect([later.code, later.stdout, later.stderr]).toEqual([0, "", "Nothing was sent.\n"]);
  const unknown = await runHere(library, ["llm", "ledger", "--photo", "0123456789ab"]);
  expect([unknown.code, unknown.stdout, unknown.stderr]).toEqual([0, "", "Nothing was sent.\n"]);
});

test("kept answers are forgotten, documents stay", async () => {
  expect(await json("llm", "clear-cache")).toEqual({ removed: 2 });
  const again = await runHere(library, ["llm", "clear-cache"]);
  expect([again.code, again.stdout, again.stderr]).toEqual([0, "", "0 kept answers removed.\n"]);
  for (const hash of hashes) expect(await library.stateOf(hash)).toBe("CONFIRMED");
});
