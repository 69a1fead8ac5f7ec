/** A provider that is away for days: real handlers, real pictures, a real server that does not answer well. */
import { expect, test } from "vitest";
import { DAY, MINUTE } from "../../../src/clock.ts";
import { goodAnswers } from "../../support/enrichment.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { startAnsweringProvider } from "../../support/fake-providers/answering.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { photoBytes } from "../../support/photos.ts";
import { until } from "../../support/cli.ts";

const PHOTOS = 4;
const GOOD = { text: JSON.stringify(goodAnswers["image_tag"]) };

const setUp = async () => {
  const state = { isUp: false };
  const provider = await startAnsweringProvider(() => (state.isUp ? GOOD : { status: 503 }));
  const clock = createManualClock();
  const library = await createEnrichmentLibrary({ config: provider.config, clock });
  for (let number = 1; number <= PHOTOS; number += 1) {
    const scopeId = await library.addPhoto(`${number}.jpg`, await photoBytes(number));
    await library.enqueue({ kind: "image_tag", scopeId });
  }
  return {
    state,
    provider,
    clock,
    library,
    [Symbol.asyncDispose]: async () => {
      await library[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
};

const states = async (library: EnrichmentLibrary): Promise<readonly unknown[]> =>
  (await library.sql("select distinct state from jobs order by state")).map(({ state }) => state);

/** Time passes from one wish to be woken to the next until it is true; real requests are waited for in between. */
const passUntil = (clock: ManualClock, what: string, isTrue: () => Promise<boolean>): Promise<true> =>
  until(
    what,
    async () => {
      if (await isTrue()) return true;
      const next = clock.nextWake();
      if (next !== undefined) clock.advance(Math.max(0, next - clock.now()));
      return undefined;
    },
    100_000,
  );

const passDays = async (clock: ManualClock, days: number, look: () => Promise<unknown>): Promise<void> => {
  for (let day = 0; day < days; day += 1) {
    clock.advance(DAY);
    await look();
  }
};

/** A call that is under way would fail days later, and its job would wait from that day on. */
const isAway = async (library: EnrichmentLibrary): Promise<boolean> =>
  (await library.sql("select 1 as away from provider_state where circuit <> 'closed'")).length > 0 &&
  !(await states(library)).includes("running");

test("13 days: everything completes with attempts unchanged; nobody was told twice", async () => {
  await using given = await setUp();
  const { state, clock, library } = given;
  const stop = new AbortController();
  const working = (await library.workers()).work({
    signal: stop.signal,
    finish: new AbortController().signal,
    role: "test",
  });
  try {
    await passUntil(clock, "the outage to be noticed", () => isAway(library));
    await passDays(clock, 13, () => states(library));
    expect(await states(library)).not.toContain("failed");
    state.isUp = true;
    await passUntil(clock, "all documents", async () => (await states(library)).join() === "completed");
  } finally {
    stop.abort();
    await working;
  }
  expect(await library.sql("select count(*) as documents, max(version) as version from documents")).toEqual([
    { documents: PHOTOS, version: 1 },
  ]);
  expect(await library.sql("select sum(attempts_invalid) as invalid, sum(isolated) as isolated from jobs")).toEqual([
    { invalid: 0, isolated: 0 },
  ]);
  const events = await library.sql("select message_type as type from events where message_type like 'provider%'");
  expect(events.map(({ type }) => type)).toEqual(["provider_unavailable", "provider_recovered"]);
});

test("15 days: each job has expired, with one event", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  const stop = new AbortController();
  const working = (await library.workers()).work({
    signal: stop.signal,
    finish: new AbortController().signal,
    role: "test",
  });
  try {
    await passUntil(clock, "the outage to be noticed", () => isAway(library));
    await passDays(clock, 15, () => states(library));
    clock.advance(MINUTE);
    await passUntil(clock, "the end of patience", async () => (await states(library)).join() === "failed");
  } finally {
    stop.abort();
    await working;
  }
  expect(await library.sql("select distinct error_code as code, attempts_invalid as invalid from jobs")).toEqual([
    { code: "LLM_EXPIRED", invalid: 0 },
  ]);
  const expiries = await library.sql("select content from events where message_type = 'llm_expiry'");
  expect(new Set(expiries.map(({ content }) => JSON.parse(String(content)).scope_id as string)).size).toBe(PHOTOS);
  expect(expiries).toHaveLength(PHOTOS);
});
