import { join } from "node:path";
import { expect, test } from "vitest";
import type { CallJournalDeps } from "../../../src/app/enrichment/journal.ts";
import { bookCall, createCallJournal } from "../../../src/app/enrichment/journal.ts";
import { liftBudgetPauses } from "../../../src/app/enrichment/budget-pauses.ts";
import type { CallableModel, CallOutcome } from "../../../src/enrichment/attempt.ts";
import { DAY, SECOND } from "../../../src/clock.ts";
import { JobFailure } from "../../../src/jobs/failure.ts";
import type { TestCatalogue } from "../../support/catalogues.ts";
import { createTestCatalogue, storePhoto, visitRoot } from "../../support/catalogues.ts";
import type { JournalSetting } from "../../support/calls.ts";
import { ESTIMATE_MICROS, journalDeps, plannedCall, priced, PROVIDER_KEY, subjectOf } from "../../support/calls.ts";
import { replyOf } from "../../support/enrichment.ts";
import { startProgram } from "../../support/run-program.ts";

const RACING_CHILD = join(import.meta.dirname, "calling-child.ts");
const OLLAMA: CallableModel = {
  ...priced,
  provider: "ollama",
  modelId: "llava",
  providerKey: "ollama@http://localhost:11434",
  leavesMachine: false,
};

/** 1000 tokens in, 100 out: 210 micro-dollars for gpt-4o-mini. */
const reply = replyOf("{}", {
  model: "gpt-4o-mini-2024-07-18",
  usage: { input: 1000, cacheRead: 400, cacheWrite: 0, output: 100 },
  requestId: "req-1",
});
const PRICE_MICROS = 180; // 600 at 0.15, 400 cached at 0.075, 100 at 0.60 dollars a million
const accepted: CallOutcome = { reply, accepted: true, repaired: false, failure: null };
const rejected: CallOutcome = {
  reply,
  accepted: false,
  repaired: false,
  failure: { class: "invalid_response", code: "LLM_VALIDATION_ERROR" },
};
const failedWith = (failure: Partial<JobFailure["failure"]>): CallOutcome => ({
  reply: null,
  failure: { class: "unavailable", code: "LLM_API_ERROR", ...failure },
});

interface Setting extends TestCatalogue {
  readonly deps: CallJournalDeps & { readonly logLines: readonly string[] };
}

const open = async (setting: JournalSetting = {}): Promise<Setting> => {
  const opened = await createTestCatalogue();
  const deps = journalDeps(opened.catalogue, opened.clock, setting);
  return { ...opened, deps, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
};

const failureOf = async (work: Promise<unknown>): Promise<JobFailure["failure"]> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof JobFailure)) throw new Error(`Expected a JobFailure, received ${String(error)}.`);
  return error.failure;
};

const call = async (deps: CallJournalDeps, key: string, outcome: CallOutcome = accepted): Promise<boolean> => {
  const begun = await createCallJournal(deps, subjectOf()).begin(plannedCall({ key }));
  await begun.end(outcome);
  return begun.cached !== undefined;
};

test("a call is in the log and in the ledger before it is made, and its price after", async () => {
  await using library = await open();
  const { deps, sql } = library;
  const begun = await createCallJournal(deps, subjectOf({ jobId: 7 })).begin(plannedCall());
  expect(
    await sql("select cost_micros, reserved_micros, completed_at, job_id, prompt_version from llm_call_logs"),
  ).toEqual([
    { cost_micros: null, reserved_micros: ESTIMATE_MICROS, completed_at: null, job_id: 7, prompt_version: 1 },
  ]);
  expect(await sql("select photo, provider, host, loopback, purpose, fields, outcome from privacy_ledger")).toEqual([
    {
      photo: "a".repeat(64),
      provider: "openai",
      host: "api.openai.com",
      loopback: 0,
      purpose: "enrich",
      fields: '["image","tags"]',
      outcome: null,
    },
  ]);

  await begun.end(accepted);

  expect(
    await sql(
      `select model, model_requested, input_tokens, output_tokens, cache_read_tokens, reserved_micros, cost_micros,
        price_source, request_id, error_type from llm_call_logs`,
    ),
  ).toEqual([
    {
      model: "gpt-4o-mini-2024-07-18",
      model_requested: "gpt-4o-mini",
      input_tokens: 1000,
      output_tokens: 100,
      cache_read_tokens: 400,
      reserved_micros: 0,
      cost_micros: PRICE_MICROS,
      price_source: "exact",
      request_id: "req-1",
      error_type: null,
    },
  ]);
  expect(await sql("select outcome from privacy_ledger")).toEqual([{ outcome: "ok" }]);
  expect(await library.catalogue.calls.spentSince(null)).toBe(PRICE_MICROS);
});

test.each([
  ["a request the provider rejects", failedWith({ class: "auth", code: "LLM_AUTH", status: 401 }), 0, 0],
  ["an error of the server", failedWith({ status: 500, sub: "SERVER" }), 0, 0],
  ["a provider that is not there", failedWith({ sub: "UNREACHABLE" }), 0, 0],
  ["an answer that did not come in time", failedWith({ code: "LLM_TIMEOUT" }), null, ESTIMATE_MICROS],
  ["a connection lost on the way", failedWith({ sub: "CONNECTION" }), null, ESTIMATE_MICROS],
  ["an answer that is wrong", rejected, PRICE_MICROS, 0],
] as const)("%s has a row of its own in the log, paid as far as it may be", async (_name, outcome, cost, reserved) => {
  await using library = await open();
  await call(library.deps, "key", outcome);
  expect(await library.sql("select cost_micros, reserved_micros from llm_call_logs")).toEqual([
    { cost_micros: cost, reserved_micros: reserved },
  ]);
  const code = outcome.failure?.code;
  const [row] = await library.sql("select error_type, error_message from llm_call_logs");
  expect(row?.["error_type"]).toBe(code);
  expect(row?.["error_message"]).toContain(`(${code}`);
  expect(await library.sql("select outcome from privacy_ledger")).toEqual([{ outcome: code }]);
  expect(await library.catalogue.calls.spentSince(null)).toBe((cost ?? 0) + reserved);
});

test("an answer without token counts has no price, which is not 0", async () => {
  await using library = await open();
  const usage = { input: null, cacheRead: 0, cacheWrite: 0, output: null };
  await call(library.deps, "key", { ...accepted, reply: { ...reply, usage } });
  expect(await library.sql("select cost_micros, price_source from llm_call_logs")).toEqual([
    { cost_micros: null, price_source: "unknown" },
  ]);
});

test("an accepted answer is kept: the second time costs nothing and sends nothing", async () => {
  await using library = await open();
  expect(await call(library.deps, "key")).toBe(false);
  expect(await call(library.deps, "key")).toBe(true);
  expect(
    await library.sql("select cached, cost_micros, model, input_tokens from llm_call_logs order by cached"),
  ).toEqual([
    { cached: 0, cost_micros: PRICE_MICROS, model: "gpt-4o-mini-2024-07-18", input_tokens: 1000 },
    { cached: 1, cost_micros: 0, model: "gpt-4o-mini-2024-07-18", input_tokens: null },
  ]);
  expect(await library.sql("select count(*) as sent from privacy_ledger")).toEqual([{ sent: 1 }]);
  expect(await library.catalogue.calls.cacheStats()).toEqual({ size: 1, hits: 1, requests: 2 });
});

test("an answer that gave no document is not kept; one that gives none any more is forgotten", async () => {
  await using library = await open();
  await call(library.deps, "key", rejected);
  expect(await call(library.deps, "key")).toBe(false);
  expect(await call(library.deps, "key", rejected)).toBe(true);
  expect(await call(library.deps, "key")).toBe(false);
});

test("an answer is kept for its time, with 0 for ever", async () => {
  await using library = await open({ cache: { ttl_seconds: 60 } });
  const forEver = journalDeps(library.catalogue, library.clock, { cache: { ttl_seconds: 0 } });
  await call(library.deps, "short");
  await call(forEver, "long");
  library.clock.advance(60 * SECOND - 1);
  expect(await call(library.deps, "short")).toBe(true);
  library.clock.advance(1);
  expect(await call(library.deps, "short")).toBe(false);
  library.clock.advance(1000 * DAY);
  expect(await call(forEver, "long")).toBe(true);
});

test("at capacity the answer unused for longest goes; writing a key again moves nobody", async () => {
  await using library = await open({ cache: { max_size: 2 } });
  const { deps, clock, sql } = library;
  const step = async (key: string): Promise<boolean> => {
    clock.advance(SECOND);
    return call(deps, key);
  };
  const keys = async (): Promise<number> => (await sql("select key from llm_cache")).length;
  await step("one");
  await step("two");
  expect(await step("one")).toBe(true); // now two is the one unused for longest
  await step("three");
  expect(await keys()).toBe(2);
  expect(await step("one")).toBe(true);
  expect(await step("three")).toBe(true);
  const admitted = await createCallJournal(deps, subjectOf()).admit(plannedCall({ key: "one" }));
  await bookCall(deps, admitted, accepted); // an existing key, at capacity
  expect(await keys()).toBe(2);
  expect(await step("three")).toBe(true);
  expect(await step("two")).toBe(false);
});

test("a cache that fails is reported and stops nothing", async () => {
  await using library = await open();
  await call(library.deps, "key");
  await library.sql("update llm_cache set value = '{\"text\":1}' returning key");
  expect(await call(library.deps, "key")).toBe(false);
  expect(library.deps.logLines.join("\n")).toContain("cache of results failed");

  await library.sql("create trigger broken before insert on llm_cache begin select raise(abort, 'broken'); end");
  expect(await call(library.deps, "other")).toBe(false);
  expect(library.deps.logLines).toHaveLength(2);
  expect(await library.sql("select error_type from llm_call_logs where completed_at is null")).toEqual([]);
  expect(await library.catalogue.calls.spentSince(null)).toBe(3 * PRICE_MICROS);
});

test("without a cache every call is made; a canary never asks it", async () => {
  await using library = await open({ cache: { enabled: false } });
  await call(library.deps, "key");
  expect(await call(library.deps, "key")).toBe(false);
  const withCache = journalDeps(library.catalogue, library.clock);
  await call(withCache, "key");
  const canary = createCallJournal(withCache, subjectOf({ purpose: "canary", stepId: "canary" }));
  expect((await canary.begin(plannedCall({ key: "key" }))).cached).toBeUndefined();
});

test("a photo in a folder that stays here is not sent, whatever was decided when its job was made", async () => {
  await using library = await open({ isLocalOnly: (root, path) => root === "/photos" && path.startsWith("private/") });
  const { catalogue, deps, sql } = library;
  const rootId = await visitRoot(catalogue);
  const contentHash = await storePhoto(catalogue, { rootId, name: "public.jpg", content: "photo" });
  const subject = subjectOf({ scopeId: contentHash, photo: { contentHash } });
  const begin = (model: CallableModel) =>
    createCallJournal(deps, subject).begin(plannedCall({ key: model.provider, model }));
  await begin(priced);
  await storePhoto(catalogue, { rootId, name: "private/copy.jpg", content: "photo" });

  expect(await failureOf(begin({ ...priced, modelId: "gpt-4o" }))).toEqual({ class: "privacy", code: "LOCAL_ONLY" });
  const album = createCallJournal(deps, subjectOf({ scopeId: "album:1", alsoAbout: [contentHash] }));
  expect(await failureOf(album.begin(plannedCall({ key: "album" })))).toMatchObject({ class: "privacy" });
  expect(await sql("select count(*) as sent from privacy_ledger")).toEqual([{ sent: 1 }]);
  await begin(OLLAMA);
  expect(await sql("select host, loopback from privacy_ledger where loopback = 1")).toEqual([
    { host: "localhost:11434", loopback: 1 },
  ]);
});

test("a budget is kept to the micro-dollar, and what is out counts", async () => {
  const estimate = ESTIMATE_MICROS / 1e6;
  await using library = await open({ budget: { daily_usd: 2 * estimate } });
  const { deps, sql } = library;
  const journal = createCallJournal(deps, subjectOf());
  const first = await journal.begin(plannedCall({ key: "1" }));
  await journal.begin(plannedCall({ key: "2" })); // exactly used up
  const refusal = await failureOf(journal.begin(plannedCall({ key: "3" })));
  // The clock of tests starts on 14 November 2023, 22:13:20 UTC.
  const midnight = Date.parse("2023-11-15T00:00:00Z");
  expect(refusal).toEqual({
    class: "budget",
    code: "BUDGET_EXCEEDED",
    budget: { providerKeys: [PROVIDER_KEY], until: midnight },
  });
  expect(await sql("select count(*) as calls from llm_call_logs")).toEqual([{ calls: 2 }]);
  expect(await sql("select count(*) as sent from privacy_ledger")).toEqual([{ sent: 2 }]);

  await first.end(failedWith({ status: 503 })); // not billed: its part is free again
  await journal.begin(plannedCall({ key: "3" }));
  await failureOf(journal.begin(plannedCall({ key: "4" })));
  library.clock.advance(midnight - library.clock.now());
  await journal.begin(plannedCall({ key: "4" }));
});

test("the limit that lasts longest tells until when; local calls and answers out of the cache go on", async () => {
  await using library = await open({ budget: { daily_usd: 0, monthly_usd: 0 }, models: [priced, OLLAMA] });
  const { deps } = library;
  const journal = createCallJournal(deps, subjectOf());
  const until = Date.parse("2023-12-01T00:00:00Z");
  expect((await failureOf(journal.begin(plannedCall()))).budget).toEqual({ providerKeys: [PROVIDER_KEY], until });
  const inTotal = journalDeps(library.catalogue, library.clock, { budget: { monthly_usd: 0, total_usd: 0 } });
  expect((await failureOf(createCallJournal(inTotal, subjectOf()).begin(plannedCall()))).budget?.until).toBeNull();
  await journal.begin(plannedCall({ model: OLLAMA }));

  const without = journalDeps(library.catalogue, library.clock);
  await call(without, "kept");
  expect(await call(deps, "kept")).toBe(true);
});

test("with a limit a model without a known price is not called, unless that is allowed", async () => {
  const unknown: CallableModel = { ...priced, modelId: "nobody/knows-this" };
  await using library = await open({ budget: { daily_usd: 5 }, models: [unknown] });
  const begin = (deps: CallJournalDeps) => createCallJournal(deps, subjectOf()).begin(plannedCall({ model: unknown }));
  expect(await failureOf(begin(library.deps))).toMatchObject({
    class: "budget",
    sub: "UNPRICED",
    budget: { providerKeys: [PROVIDER_KEY], until: null },
  });
  const allowed = journalDeps(library.catalogue, library.clock, { budget: { daily_usd: 5, allow_unpriced: true } });
  const begun = await begin(allowed);
  await begun.end(accepted);
  expect(await library.sql("select cost_micros, price_source, reserved_micros from llm_call_logs")).toEqual([
    { cost_micros: null, price_source: "unknown", reserved_micros: 0 },
  ]);
});

test("two processes that race spend the budget once, never more", async () => {
  await using library = await open();
  const limit = 40;
  const children = [1, 2].map(() =>
    startProgram(RACING_CHILD, [library.path, "race", String((limit * ESTIMATE_MICROS) / 1e6)], { environment: {} }),
  );
  const results = await Promise.all(children.map(({ ended }) => ended));
  expect(results.map(({ stderr, code }) => ({ stderr, code }))).toEqual([1, 2].map(() => ({ stderr: "", code: 0 })));
  const admitted = results.map(({ stdout }) => Number(stdout));
  expect(admitted[0] ?? 0).toBeGreaterThan(0);
  expect(admitted[1] ?? 0).toBeGreaterThan(0);
  expect((admitted[0] ?? 0) + (admitted[1] ?? 0)).toBe(limit);
  expect(await library.catalogue.calls.spentSince(null)).toBe(limit * ESTIMATE_MICROS);
  expect(await library.sql("select count(*) as sent from privacy_ledger")).toEqual([{ sent: limit }]);
});

test("a process that dies between reply and log leaves a row that says so, and its estimate stays spent", async () => {
  await using library = await open();
  const child = startProgram(RACING_CHILD, [library.path, "die"], { environment: {} });
  await child.ended;
  await call(library.deps, "own"); // of a living process
  await createCallJournal(library.deps, subjectOf()).begin(plannedCall({ key: "out" }));
  await createCallJournal(library.deps, subjectOf({ jobId: 9, batch: { owner: "batch:1", factor: 0.5 } })).admit(
    plannedCall({ key: "batch" }),
  );

  expect(await library.catalogue.calls.rescue()).toBe(1);
  expect(await library.catalogue.calls.rescue()).toBe(0);

  const unknown = "select call_id from llm_call_logs where error_type = 'UNKNOWN'";
  expect(await library.sql(`select outcome from privacy_ledger where call_id in (${unknown})`)).toEqual([
    { outcome: "unknown" },
  ]);
  expect(await library.sql("select reserved_micros from llm_call_logs where error_type = 'UNKNOWN'")).toEqual([
    { reserved_micros: ESTIMATE_MICROS },
  ]);
  expect(await library.sql("select count(*) as open from llm_call_logs where completed_at is null")).toEqual([
    { open: 2 },
  ]);
  expect(await library.catalogue.calls.openCallOf(9)).toMatchObject({ startedAt: library.clock.now() });
});

test("an item of a batch costs half and can be booked by another process", async () => {
  await using library = await open();
  const batch = { owner: "batch:1", factor: 0.5 } as const;
  await createCallJournal(library.deps, subjectOf({ jobId: 9, batch })).admit(plannedCall());
  expect(await library.sql("select reserved_micros from llm_call_logs")).toEqual([{ reserved_micros: 158 }]); // half-even of 157.5

  await using other = await library.another();
  const found = await other.calls.openCallOf(9);
  if (found === undefined) throw new Error("The call is out.");
  await bookCall(journalDeps(other, library.clock), { callId: found.callId, model: priced, batch }, accepted);
  expect(await library.sql("select cost_micros, latency_ms, error_type from llm_call_logs")).toEqual([
    { cost_micros: PRICE_MICROS / 2, latency_ms: null, error_type: null },
  ]);
  expect(await other.calls.openCallOf(9)).toBeUndefined();
});

test("a raised budget ends its pause; one that is still used up does not", async () => {
  await using library = await open({ budget: { daily_usd: PRICE_MICROS / 1e6 } });
  const { catalogue, clock, deps } = library;
  await call(journalDeps(catalogue, clock), "spent");
  const pause = { reason: "BUDGET", until: clock.now() + DAY } as const;
  await catalogue.jobs.pause(`provider:${PROVIDER_KEY}`, pause);
  await catalogue.jobs.pause("kind:image_tag", { reason: "USER", until: null });
  const lift = (dailyUsd: number): Promise<readonly string[]> =>
    liftBudgetPauses({ ...deps, catalogue, budget: { daily_usd: dailyUsd, allow_unpriced: false }, timeZone: "UTC" });
  expect(await lift(PRICE_MICROS / 1e6)).toEqual([]);
  expect(await lift((PRICE_MICROS + 1) / 1e6)).toEqual([PROVIDER_KEY]);
  expect((await catalogue.providers.pauses()).map(({ target }) => target)).toEqual(["kind:image_tag"]);
});
