/** `photon process --llm --budget`: what is not paid for waits, or has failed where somebody asked for that. */
import { expect, test } from "vitest";
import { runDescribing } from "../../support/describing-run.ts";
import { goodAnswers } from "../../support/enrichment.ts";
import { startPricedProvider } from "../../support/fake-providers/priced.ts";
import { createTestLibrary } from "../../support/library.ts";
import { writePhotos } from "../../support/photos.ts";
import { parseLines } from "../../support/records.ts";

const PHOTOS = 5;
const CONFIG = '[embedding]\nmodel = "generated-sample"\n[tagging]\nenabled = false\n';
const FAST = ["--no-embedding", "--no-thumbnail", "-f", "jsonl", "--llm", "openai"] as const;

const sql = async (path: string, text: string): Promise<readonly Record<string, unknown>[]> => {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(path);
  return database.prepare(text).all();
};

test.each([
  { what: "waits", words: [], code: 0, errors: false },
  { what: "has failed with --fail-fast", words: ["--fail-fast"], code: 3, errors: true },
])("a budget for a run: what is above it $what", async ({ words, code, errors }) => {
  await using provider = await startPricedProvider(goodAnswers["image_tag"]);
  await using library = await createTestLibrary({ config: CONFIG + provider.config() });
  await writePhotos(library.photos, { count: PHOTOS, longEdge: 24 });
  const budget = String(2.5 * provider.usdPerCall);
  const run = await runDescribing(library, [library.photos, ...FAST, "--budget", budget, ...words]);

  expect(run.code, run.stderr).toBe(code);
  const records = parseLines(run.stdout);
  const described = records.filter(({ type }) => type === "enrichment").length;
  expect(records.filter(({ type }) => type === "core")).toHaveLength(PHOTOS);
  expect(described).toBeGreaterThan(0);
  expect(described).toBeLessThan(PHOTOS);
  expect(provider.calls()).toBe(described);
  expect(records.filter(({ type }) => type === "error").map(({ code: reason }) => reason)).toEqual(
    errors ? Array.from({ length: PHOTOS - described }, () => "llm_budget") : [],
  );
  if (!errors) expect(run.stderr).toContain("the budget is used up; ");
  const told = await sql(library.cataloguePath, "select id from events where message_type = 'budget_exceeded'");
  expect(told).toHaveLength(1);
  expect(await sql(library.cataloguePath, "select reason from pauses")).toMatchObject([{ reason: "BUDGET" }]);
  const waiting = await sql(library.cataloguePath, "select state from jobs where state = 'available'");
  expect(waiting).toHaveLength(PHOTOS - described);

  const again = await runDescribing(library, [library.photos, ...FAST]); // without a limit of its own
  expect(again.code, again.stderr).toBe(0);
  expect(provider.calls()).toBe(PHOTOS); // nothing is paid twice
});
