/** Batches of providers: submitted, polled, collected, and found again after a crash. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Clock } from "../../../src/clock.ts";
import { DAY, MINUTE } from "../../../src/clock.ts";
import { PRIORITY } from "../../../src/jobs/job-store.ts";
import { deadOwner } from "../../support/catalogues.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createRequests, requestOf } from "../../support/enrichment-requests.ts";
import type { BatchingProvider } from "../../support/fake-providers/batching.ts";
import { startBatchingProvider } from "../../support/fake-providers/batching.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { photoBytes } from "../../support/photos.ts";
import { runProgram } from "../../support/run-program.ts";

const never = new AbortController().signal;
const HURRIED = { priority: PRIORITY.onePhoto };
const UNHURRIED = { priority: PRIORITY.noHurry, noHurry: true };

const setUp = async (provider: BatchingProvider, photos: number, clock?: Clock) => {
  const library = await createEnrichmentLibrary({ config: provider.config, ...(clock === undefined ? {} : { clock }) });
  const hashes: string[] = [];
  for (let number = 1; number <= photos; number += 1) {
    hashes.push(await library.addPhoto(`${number}.jpg`, await photoBytes(number)));
  }
  const { api } = await createRequests(library, clock);
  await api.enqueue(await api.plan(requestOf()), UNHURRIED);
  return { library, api, hashes, [Symbol.asyncDispose]: () => library[Symbol.asyncDispose]() };
};

const jobStates = async (library: EnrichmentLibrary) =>
  (await library.sql("select state from jobs order by state")).map(({ state }) => String(state));

/** As a crash leaves it. */
const leaveInCreation = async (library: EnrichmentLibrary, sentAt: number | null): Promise<void> => {
  const owner = await deadOwner();
  await library.sql(
    `update llm_batches set state = 'CREATING', external_id = null, owner = ?, sent_at = ${sentAt}`,
    owner,
  );
};

const DYING = join(import.meta.dirname, "dying-batches-child.ts");

/** What is removed at the provider when the results are safe. */
const DELETED = { openai: ["in", "out"], anthropic: ["batch-1"] } as const;

describe.each(["openai", "anthropic"] as const)("%s", (wire) => {
  test("work without hurry goes into one batch, and nobody calls for it meanwhile", async () => {
    await using provider = await startBatchingProvider(wire);
    await using given = await setUp(provider, 3);
    const { library, api } = given;
    await library.work(); // not due: a batch is meant to take it
    expect(provider.liveCalls()).toBe(0);
    expect(await api.batches(never)).toEqual({ submitted: 3, collected: 0, returned: 0 });
    expect(await jobStates(library)).toEqual(["submitted", "submitted", "submitted"]);
    expect(await library.sql("select distinct state from enrichments")).toEqual([{ state: "PENDING" }]);
    expect(await library.sql("select state, external_id from llm_batches")).toEqual([
      { state: "SUBMITTED", external_id: "batch-1" },
    ]);
    expect(await library.sql("select count(*) as rows, count(outcome) as ended from privacy_ledger")).toEqual([
      { rows: 3, ended: 0 },
    ]);
    await library.work();
    expect(await api.batches(never)).toEqual({ submitted: 0, collected: 0, returned: 0 }); // still in progress
    expect(provider.liveCalls()).toBe(0);
    expect(provider.orders()).toBe(1);
  });

  test("results come in any order; what failed, expired or is missing is called by itself; all of it at its price", async () => {
    await using provider = await startBatchingProvider(wire);
    await using given = await setUp(provider, 5);
    const { library, api, hashes } = given;
    await api.batches(never);
    const [first, second, third, fourth, missing] = provider.items();
    if (first === undefined || second === undefined || third === undefined || fourth === undefined)
      throw new Error("five");
    provider.finish([
      provider.errored(third),
      provider.good(second),
      provider.good({ custom_id: "of-somebody-else", body: {} }),
      provider.expired(fourth),
      provider.good(first),
    ]);
    expect(missing).toBeDefined();
    expect(await api.batches(never)).toEqual({ submitted: 0, collected: 2, returned: 3 });
    expect(await library.sql("select state, count(*) as jobs from jobs group by state order by state")).toEqual([
      { state: "available", jobs: 3 },
      { state: "completed", jobs: 2 },
    ]);
    expect(provider.deleted()).toEqual(DELETED[wire]);
    expect(
      await library.sql("select outcome, count(*) as rows from privacy_ledger group by outcome order by 1"),
    ).toEqual([
      { outcome: "LLM_API_ERROR", rows: 3 },
      { outcome: "ok", rows: 2 },
    ]);
    expect(await library.sql("select distinct photo is null as photo from privacy_ledger")).toEqual([{ photo: 0 }]);
    expect(await library.sql("select state from llm_batches")).toEqual([{ state: "DONE" }]);
    expect(provider.liveCalls()).toBe(0);

    await library.work();
    expect(provider.liveCalls()).toBe(3);
    for (const hash of hashes) expect(await library.stateOf(hash)).toBe("CONFIRMED");
    expect(await library.sql("select count(*) as documents, max(version) as version from documents")).toEqual([
      { documents: 5, version: 1 },
    ]);
    expect(JSON.stringify(await library.sql("select * from llm_call_logs"))).not.toContain("MARKER");
    const costs = await library.sql(
      "select cost_micros as cost from llm_call_logs where error_type is null order by cost_micros",
    );
    const [batchCost, , liveCost] = costs.map(({ cost }) => Number(cost));
    expect(costs).toHaveLength(5);
    expect(liveCost).toBeGreaterThan(0);
    expect(Math.abs(2 * Number(batchCost) - Number(liveCost))).toBeLessThanOrEqual(1); // half the price, rounded
    expect(await library.sql("select count(*) as open from llm_call_logs where completed_at is null")).toEqual([
      { open: 0 },
    ]);
  });

  test("an answer of the wrong form is asked about again, in a call of its own", async () => {
    await using provider = await startBatchingProvider(wire);
    await using given = await setUp(provider, 1);
    const { library, api, hashes } = given;
    await api.batches(never);
    provider.finish(provider.items().map((item) => provider.good(item, '{"status":"ok"}')));
    expect(await api.batches(never)).toMatchObject({ collected: 1 });
    expect(provider.liveCalls()).toBe(1);
    expect(await library.stateOf(hashes[0] ?? "")).toBe("CONFIRMED");
  });

  test("a photo that was discarded meanwhile gets no document", async () => {
    await using provider = await startBatchingProvider(wire);
    await using given = await setUp(provider, 2);
    const { library, api, hashes } = given;
    const [discarded = "", kept = ""] = hashes;
    await api.batches(never);
    await library.catalogue.documents.discard({ scopeId: discarded, documentType: "image_tag" });
    provider.finish(provider.items().map((item) => provider.good(item)));
    await api.batches(never);
    expect(await library.stateOf(discarded)).toBe("DISCARDED");
    expect(await library.stateOf(kept)).toBe("CONFIRMED");
  });

  test("somebody in a hurry does not wait for a batch that was not made yet", async () => {
    await using provider = await startBatchingProvider(wire);
    await using given = await setUp(provider, 1);
    const { library, api, hashes } = given;
    await api.enqueue(await api.plan(requestOf()), HURRIED);
    await library.work();
    expect(await library.stateOf(hashes[0] ?? "")).toBe("CONFIRMED");
    expect(provider.orders()).toBe(0);
  });

  test("a provider that refuses the batch gets no second one at once; the work is called by itself", async () => {
    await using provider = await startBatchingProvider(wire);
    provider.refuse();
    await using given = await setUp(provider, 2);
    const { library, api, hashes } = given;
    expect(await api.batches(never)).toMatchObject({ submitted: 0 });
    expect(await library.sql("select state from llm_batches")).toEqual([{ state: "LOST" }]);
    expect(provider.deleted()).toEqual(wire === "openai" ? ["in"] : []); // what was uploaded does not stay there
    await api.batches(never);
    expect(await library.sql("select count(*) as batches from llm_batches")).toEqual([{ batches: 1 }]);
    await library.work();
    for (const hash of hashes) expect(await library.stateOf(hash)).toBe("CONFIRMED");
  });

  test("a batch that a crash left before its upload: its work is called by itself at once", async () => {
    await using provider = await startBatchingProvider(wire);
    await using given = await setUp(provider, 2);
    const { library, api } = given;
    await api.batches(never);
    await leaveInCreation(library, null);
    expect(await api.batches(never)).toMatchObject({ returned: 2, submitted: 0 });
    expect(await jobStates(library)).toEqual(["available", "available"]);
  });

  test("a batch that a crash left during its upload is found at the provider, and not paid for twice", async () => {
    await using provider = await startBatchingProvider(wire);
    await using given = await setUp(provider, 2);
    const { library, api, hashes } = given;
    await api.batches(never);
    await leaveInCreation(library, Date.now());
    provider.finish(provider.items().map((item) => provider.good(item)));
    await api.batches(never);
    expect(await library.sql("select state, external_id from llm_batches")).toEqual([
      { state: "SUBMITTED", external_id: "batch-1" },
    ]);
    expect(await api.batches(never)).toMatchObject({ collected: 2 });
    for (const hash of hashes) expect(await library.stateOf(hash)).toBe("CONFIRMED");
    expect(provider.liveCalls()).toBe(0);
  });

  test("a batch that is nowhere to be found is given up after a day", async () => {
    await using provider = await startBatchingProvider(wire);
    const clock = createManualClock(Date.now());
    await using given = await setUp(provider, 2, clock);
    const { library, api } = given;
    await api.batches(never);
    await leaveInCreation(library, clock.now());
    provider.forget();
    clock.advance(DAY - MINUTE);
    expect(await api.batches(never)).toMatchObject({ returned: 0 });
    expect(await jobStates(library)).toEqual(["submitted", "submitted"]);
    clock.advance(2 * MINUTE);
    expect(await api.batches(never)).toMatchObject({ returned: 2 });
    expect(await library.sql("select state from llm_batches")).toEqual([{ state: "LOST" }]);
  });

  test("collecting goes on where it was interrupted", async () => {
    await using provider = await startBatchingProvider(wire);
    await using given = await setUp(provider, 2);
    const { library, api, hashes } = given;
    await api.batches(never);
    const [first, second] = provider.items();
    if (first === undefined || second === undefined) throw new Error("two");
    provider.finish([provider.good(first), provider.good(second)]);
    await api.batches(never);
    await library.sql("update llm_batches set state = 'COLLECTING'"); // as if it had ended before the last line
    expect(await api.batches(never)).toMatchObject({ collected: 0, returned: 0 });
    for (const hash of hashes) expect(await library.stateOf(hash)).toBe("CONFIRMED");
    expect(await library.sql("select max(version) as version from documents")).toEqual([{ version: 1 }]);
  });

  test.each([
    { step: "taken", live: 2, orders: 0 },
    { step: "sending", live: 2, orders: 0 },
    { step: "uploaded", live: 0, orders: 1 },
    { step: "submitted", live: 0, orders: 1 },
    { step: "collecting", live: 0, orders: 1 },
    { step: "written", live: 0, orders: 1 },
    { step: "over", live: 0, orders: 1 },
  ])("a process killed at the step $step: one document each, nothing paid twice", async ({ step, live, orders }) => {
    await using provider = await startBatchingProvider(wire);
    const clock = createManualClock(Date.now());
    await using given = await setUp(provider, 2, clock);
    const { library, api, hashes } = given;
    const die = () => runProgram(DYING, [library.cataloguePath, join(library.folder, "config.toml"), step]);
    const finish = () =>
      provider.finish(
        provider
          .items()
          .map((item) => provider.good(item))
          .toReversed(),
      );
    if (["collecting", "written", "over"].includes(step)) {
      await api.batches(never);
      finish();
    }
    expect(await die()).toMatchObject({ code: "SIGKILL", stderr: "" });
    finish();
    clock.advance(2 * MINUTE); // leases of the dead process are over

    for (let round = 0; round < 3; round += 1) await api.batches(never);
    if (step === "sending") {
      clock.advance(DAY); // it may have left: for so long the provider might still have it
      await api.batches(never);
    }
    await library.work();

    for (const hash of hashes) expect(await library.stateOf(hash)).toBe("CONFIRMED");
    expect(await library.sql("select count(*) as documents, max(version) as version from documents")).toEqual([
      { documents: 2, version: 1 },
    ]);
    expect([provider.liveCalls(), provider.orders()]).toEqual([live, orders]);
    expect(await library.sql("select count(*) as open from llm_call_logs where completed_at is null")).toEqual([
      { open: 0 },
    ]);
  });

  test("a batch that failed as a whole, or that nobody hears of any more, is given up and removed", async () => {
    await using provider = await startBatchingProvider(wire);
    const clock = createManualClock(Date.now());
    await using given = await setUp(provider, 1, clock);
    const { library, api } = given;
    await api.batches(never);
    clock.advance(2 * DAY + MINUTE);
    expect(await api.batches(never)).toMatchObject({ returned: 1 });
    expect(await library.sql("select state from llm_batches")).toEqual([{ state: "LOST" }]);
    expect(provider.deleted()).toEqual(DELETED[wire].filter((id) => id !== "out")); // there is no result
    expect(await library.sql("select outcome from privacy_ledger")).toEqual([{ outcome: "LLM_API_ERROR" }]);
  });

  test("results that cannot be read are asked for again, until their time is up", async () => {
    await using provider = await startBatchingProvider(wire);
    const clock = createManualClock(Date.now());
    await using given = await setUp(provider, 2, clock);
    const { library, api } = given;
    await api.batches(never);
    const [first, second] = provider.items();
    if (first === undefined || second === undefined) throw new Error("two");
    provider.finish([provider.good(first), { torn: true }, provider.good(second)]);
    expect(await api.batches(never)).toEqual({ submitted: 0, collected: 0, returned: 0 });
    expect(await library.sql("select state from llm_batches")).toEqual([{ state: "COLLECTING" }]);
    expect(await jobStates(library)).toEqual(["completed", "submitted"]); // what came before it is kept
    clock.advance(2 * DAY + MINUTE);
    await api.batches(never);
    expect(await library.sql("select state from llm_batches")).toEqual([{ state: "LOST" }]);
    expect(await jobStates(library)).toEqual(["available", "completed"]);
  });
});
