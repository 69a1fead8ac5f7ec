/** `photon enrich` before anything is sent: the forecast, the question, the preview. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
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

const ASKS_FIRST = "[llm.confirm_above]\nphotos = 1\n";

beforeAll(async () => {
  provider = await startPricedProvider(goodAnswers["image_tag"]);
});
beforeEach(async () => {
  await library?.[Symbol.asyncDispose]();
  library = await createEnrichmentLibrary({ config: provider.config() + ASKS_FIRST });
  hashes = [await library.addPhoto("1.jpg", await photoBytes(1)), await library.addPhoto("2.jpg", await photoBytes(2))];
});
afterAll(async () => {
  await library?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

const nothingHappened = async (callsBefore: number): Promise<void> => {
  expect(provider.calls()).toBe(callsBefore);
  for (const table of ["jobs", "llm_call_logs", "privacy_ledger"]) {
    expect(await library.sql(`select count(*) as rows from ${table}`)).toEqual([{ rows: 0 }]);
  }
};

test("where nobody can be asked, many photos are not sent: the forecast, a hint, exit 2", async () => {
  const before = provider.calls();
  const { code, stdout, stderr } = await runHere(library, ["enrich"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("2 × image_tag by openai/gpt-4o-mini at 127.0.0.1");
  expect(stderr).toMatch(/about [\d.]+ USD, ±50 % \(price from the settings\)/);
  expect(stderr).toContain("leaves this machine: the picture as a small JPEG without metadata");
  expect(stderr).toMatch(/error: Expected --yes where nobody can be asked.*\nhint: Add --yes/);
  await nothingHappened(before);
});

test("with --yes it goes on; one photo needs no question", async () => {
  const before = provider.calls();
  const all = await runHere(library, ["enrich", "--yes", "--now", "--json"]);
  expect(all.code, all.stderr).toBe(0);
  expect(JSON.parse(all.stdout)).toMatchObject({
    success: true,
    processed_count: 2,
    failed_count: 0,
    total_processed: 2,
    success_rate: 100,
    cost_usd: expect.closeTo(2 * provider.usdPerCall, 6),
  });
  const one = await runHere(library, ["enrich", (hashes[0] ?? "").slice(0, 12), "--force", "--now", "--json"]);
  expect(one.code, one.stderr).toBe(0);
  expect(provider.calls()).toBe(before + 3);
});

test("--dry-run tells what would be sent and paid, --payload writes it; nothing is queued or sent", async () => {
  const before = provider.calls();
  const folder = join(library.folder, "preview");
  const { code, stdout, stderr } = await runHere(library, ["enrich", "--dry-run", "--payload", "preview"]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^2 × image_tag by openai\/gpt-4o-mini at 127\.0\.0\.1:\d+\n[^]*Together 2 items, about/);
  expect(stderr).toBe("2 requests written into preview; nothing was sent.\n");
  const ids = hashes.map((hash) => hash.slice(0, 12));
  const names = ids.flatMap((id) => [`${id}-image_tag.jpg`, `${id}-image_tag.json`]);
  expect((await readdir(folder)).toSorted()).toEqual(names.toSorted());
  const jpeg = await readFile(join(folder, `${ids[0]}-image_tag.jpg`));
  expect(jpeg.subarray(0, 2).toString("hex")).toBe("ffd8");
  await nothingHappened(before);
  const asJson = await runHere(library, ["enrich", "--dry-run", "--json"]);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ items: 2, lines: [{ kind: "image_tag" }] });
});

test.each([
  [["enrich", "--payload", "x"], "--dry-run"],
  [["enrich", "--force", "--outdated"], "--force or --outdated"],
  [["enrich", "--now", "--no-wait"], "--now or --no-wait"],
  [["enrich", "-b", "26"], "25"],
] as const)("%j is wrong usage", async (words, message) => {
  const { code, stderr } = await runHere(library, words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
