import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bookCall, createCallJournal } from "../../../src/app/enrichment/journal.ts";
import { createCostsApi } from "../../../src/app/enrichment/costs-api.ts";
import type { CostsApi } from "../../../src/app/enrichment/costs-api.ts";
import { forecast } from "../../../src/app/enrichment/forecast.ts";
import type { CostRow, LedgerRow } from "../../../src/catalogue/call-log.ts";
import { DAY } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import { kinds } from "../../../src/enrichment/kinds.ts";
import type { TestCatalogue } from "../../support/catalogues.ts";
import { createTestCatalogue } from "../../support/catalogues.ts";
import { journalDeps, plannedCall, priced, subjectOf } from "../../support/calls.ts";
import { kindOf, replyOf } from "../../support/enrichment.ts";

interface Made {
  readonly latencyMs?: number;
  readonly kind?: string;
  readonly model?: string;
  readonly code?: string;
  readonly scopeId?: string;
  readonly key?: string;
}

let number = 0;
const make = async ({ catalogue, clock }: TestCatalogue, made: Made = {}): Promise<void> => {
  number += 1;
  const { latencyMs = 100, kind = "image_tag", model = "gpt-4o-mini", code, scopeId = "a".repeat(64) } = made;
  const deps = journalDeps(catalogue, clock);
  const subject = subjectOf({ stepId: kind, scopeId, photo: { contentHash: scopeId } });
  const planned = plannedCall({ key: made.key ?? `key ${number}`, model: { ...priced, modelId: model } });
  const usage = { input: 1000, cacheRead: 400, cacheWrite: 0, output: 100 };
  const reply = replyOf("{}", { latencyMs, usage });
  const begun = await createCallJournal(deps, subject).begin(planned);
  await begun.end(
    code === undefined
      ? { reply, accepted: true, repaired: false, failure: null }
      : { reply: null, failure: { class: "unavailable", code, status: 500 } },
  );
};

const costsOf = async (
  { catalogue, clock, folder }: TestCatalogue,
  settings: Record<string, string> = {},
): Promise<CostsApi> => {
  const configPath = join(folder, "config.toml");
  await writeFile(configPath, "");
  const environment = { PHOTON_HOME: folder, ...settings };
  const { config } = loadConfig({ environment, configPath, workingDirectory: folder });
  return createCostsApi({ config, clock, catalogue: () => Promise.resolve(catalogue), hasLibrary: () => true });
};

const allOf = async (rows: AsyncIterable<LedgerRow>): Promise<readonly LedgerRow[]> => {
  const all: LedgerRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
};

test("a report counts calls, tokens, costs, latencies and hits, and unknown prices apart", async () => {
  await using library = await createTestCatalogue();
  for (let latencyMs = 1; latencyMs <= 20; latencyMs += 1) await make(library, { latencyMs, key: `own ${latencyMs}` });
  await make(library, { key: "own 1" }); // out of the cache
  await make(library, { code: "LLM_API_ERROR" });
  await make(library, { model: "nobody/knows-this", kind: "translate" });
  const costs = await costsOf(library);

  const { rows, totalUsd, unpricedCalls } = await costs.report({ by: "model", utc: true });

  expect(rows).toEqual([
    {
      key: "gpt-4o-mini",
      calls: 21,
      failed: 1,
      inputTokens: 20_000,
      outputTokens: 2000,
      cacheReadTokens: 8000,
      cacheWriteTokens: 0,
      costUsd: 0.0036,
      unpricedCalls: 0,
      meanLatencyMs: 10.5,
      p95LatencyMs: 19,
      cacheHits: 1,
      providerCacheRate: 0.4,
      failureRate: 1 / 21,
    },
    expect.objectContaining({ key: "nobody/knows-this", calls: 1, costUsd: null, unpricedCalls: 1 }),
  ]);
  expect({ totalUsd, unpricedCalls }).toEqual({ totalUsd: 0.0036, unpricedCalls: 1 });
  const keys = async (by: "kind" | "provider" | "execution") =>
    (await costs.report({ by, utc: true })).rows.map(({ key, calls }) => [key, calls]);
  expect(await keys("kind")).toEqual([
    ["image_tag", 21],
    ["translate", 1],
  ]);
  expect(await keys("provider")).toEqual([["openai", 22]]);
  expect(await keys("execution")).toEqual([["run", 22]]);
});

test("days have their own rows; a range takes its days whole", async () => {
  await using library = await createTestCatalogue(); // 14 November 2023, 22:13:20 UTC
  await make(library);
  library.clock.advance(DAY);
  await make(library);
  await make(library);
  const costs = await costsOf(library);
  const days = async (range: { since?: string; until?: string }) =>
    (await costs.report({ by: "day", utc: true, ...range })).rows.map(({ key, calls }) => [key, calls]);
  expect(await days({})).toEqual([
    ["2023-11-14", 1],
    ["2023-11-15", 2],
  ]);
  expect(await days({ until: "2023-11-14" })).toEqual([["2023-11-14", 1]]);
  expect(await days({ since: "2023-11-15" })).toEqual([["2023-11-15", 2]]);
  expect(await days({ since: "2023-11", until: "2023-11" })).toHaveLength(2);
  expect(await days({ since: "2023-11-16" }).catch((error: Error) => error.message)).toContain("before --until");
  const daily = await costs.daily({ day: "2023-11-15", utc: true });
  expect(daily).toMatchObject({ day: "2023-11-15", timeZone: "UTC", totalUsd: 0.00036, byKind: [{ calls: 2 }] });
});

test("a call belongs to the period in which it began, the end of the one before excluded", async () => {
  await using library = await createTestCatalogue();
  await make(library);
  const start = library.clock.now();
  const periods = [
    { key: "before", from: start - DAY, to: start },
    { key: "at", from: start, to: start + 1 },
  ];
  const range = { from: 0, to: start + DAY };
  const rows: readonly CostRow[] = await library.catalogue.calls.costs({ by: "period", ...range, periods });
  expect(rows.map(({ key }) => key)).toEqual(["at"]);
});

test("reports tell what the budget has left, and can be switched off", async () => {
  await using library = await createTestCatalogue();
  await make(library);
  const costs = await costsOf(library, { PHOTON_LLM_BUDGET_DAILY_USD: "2", PHOTON_LLM_BUDGET_TOTAL_USD: "5" });
  expect((await costs.report({ by: "day", utc: true })).budget).toEqual([
    expect.objectContaining({ limit: "daily", limitUsd: 2, usedUsd: 0.00018 }),
    { limit: "total", limitUsd: 5, usedUsd: 0.00018, until: null },
  ]);
  const off = await costsOf(library, { PHOTON_LLM_FEATURES_METRICS: "false" });
  await expect(off.report({ by: "day", utc: true })).rejects.toThrow("llm.features.metrics");
});

test("the ledger is read in order, of one photo or since a day", async () => {
  await using library = await createTestCatalogue();
  await make(library, { scopeId: "a".repeat(64) });
  await make(library, { scopeId: "b".repeat(64) });
  library.clock.advance(2 * DAY);
  await make(library, { scopeId: "b".repeat(64), code: "LLM_API_ERROR" });
  const costs = await costsOf(library);
  expect((await allOf(costs.ledger({}))).map(({ photo }) => photo?.[0])).toEqual(["a", "b", "b"]);
  expect((await allOf(costs.ledger({ photo: "B".repeat(12) }))).map(({ outcome }) => outcome)).toEqual([
    "ok",
    "LLM_API_ERROR",
  ]);
  expect(await allOf(costs.ledger({ since: "2023-11-16" }))).toHaveLength(1);
  await expect(allOf(costs.ledger({ photo: "beach" }))).rejects.toThrow("photo id");
});

test("clearing the cache makes the next call a call again", async () => {
  await using library = await createTestCatalogue();
  await make(library, { key: "same" });
  const costs = await costsOf(library);
  expect(await costs.clearCache()).toBe(1);
  await make(library, { key: "same" });
  expect(await library.sql("select sum(cached) as hits, count(*) as requests from llm_call_logs")).toEqual([
    { hits: 0, requests: 2 },
  ]);
});

const forecastDeps = (library: TestCatalogue): Parameters<typeof forecast>[0] => {
  const { targets, prices } = journalDeps(library.catalogue, library.clock);
  const configured = (name: string) => ({ kind: kindOf(name), language: "en" });
  return {
    calls: library.catalogue.calls,
    targets: {
      ...targets,
      chainOf: (route: string) => (route === "none" ? [] : [targets.model(priced.providerKey, priced.modelId)]),
      provider: () => ({ host: "api.openai.com" }),
    } as never, // only what a forecast reads
    kinds: { get: configured } as never, // as above
    settings: { image: { max_edge: 1024, quality: 80 }, send_fields: ["tags", "capture_month"] },
    prices,
  };
};

test("a forecast goes by rule, then by own calls once there are 20", async () => {
  await using library = await createTestCatalogue();
  const deps = forecastDeps(library);
  const ask = () => forecast(deps, { counts: [{ kind: "image_tag", route: "vision", items: 10 }], heldBack: 3 });
  for (let call = 0; call < 19; call += 1) await make(library);
  const first = await ask();
  expect(first).toMatchObject({ items: 10, outputTokens: 2500, heldBack: 3, accuracyPercent: 50, unpricedItems: 0 });
  expect(first.lines[0]).toMatchObject({
    basis: "rule",
    priceSource: "exact",
    sends: ["image", "tags", "capture_month"],
    target: { provider: "openai", model: "gpt-4o-mini", host: "api.openai.com", leavesMachine: true, isBatch: false },
  });
  expect(first.inputTokens).toBeGreaterThan(10 * 1036); // the picture alone
  await make(library);
  expect(await ask()).toMatchObject({
    inputTokens: 10_000,
    outputTokens: 1000,
    usd: 0.0021,
    lines: [{ basis: "own_calls" }],
  });
});

test("a forecast can be made for every kind, and without anybody to ask", async () => {
  await using library = await createTestCatalogue();
  const deps = forecastDeps(library);
  const counts = kinds.map(({ kind }) => ({ kind, route: "vision", items: 1 }));
  const { lines } = await forecast(deps, { counts, heldBack: 0 });
  expect(lines.map(({ inputTokens }) => inputTokens > 100)).toEqual(kinds.map(() => true));
  const nobody = await forecast(deps, { counts: [{ kind: "image_tag", route: "none", items: 4 }], heldBack: 0 });
  expect(nobody).toMatchObject({ items: 4, usd: null, unpricedItems: 4, lines: [{ target: undefined }] });
});

test("old log rows and old answers go, what was spent is remembered", async () => {
  await using library = await createTestCatalogue();
  await make(library);
  library.clock.advance(401 * DAY);
  await library.catalogue.jobs.removeOld();
  expect(await library.sql("select key from llm_cache")).toEqual([]);
  expect(await library.sql("select call_id from llm_call_logs")).toEqual([]);
  expect(await library.sql("select id from privacy_ledger")).toEqual([]);
  expect(await library.catalogue.calls.spentSince(null)).toBe(180);
});

test("a call whose row has gone can still be ended", async () => {
  await using library = await createTestCatalogue();
  const deps = journalDeps(library.catalogue, library.clock);
  const admitted = await createCallJournal(deps, subjectOf()).admit(plannedCall());
  await library.sql("delete from llm_call_logs returning call_id");
  await bookCall(deps, admitted, { reply: null, failure: { class: "cancelled", code: "CANCELLED" } });
  expect(await library.sql("select outcome from privacy_ledger")).toEqual([{ outcome: "CANCELLED" }]);
});
