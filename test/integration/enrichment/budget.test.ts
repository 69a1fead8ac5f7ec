/** A budget that is used up while a provider with prices works: it stops by itself, says so once, and goes on when it may. */
import { expect, test } from "vitest";
import { goodAnswers } from "../../support/enrichment.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { startPricedProvider } from "../../support/fake-providers/priced.ts";
import { photoBytes } from "../../support/photos.ts";

const PHOTOS = 6;

const fill = async (library: EnrichmentLibrary): Promise<void> => {
  for (let number = 1; number <= PHOTOS; number += 1) {
    const scopeId = await library.addPhoto(`${number}.jpg`, await photoBytes(number));
    await library.enqueue({ kind: "image_tag", scopeId });
  }
};

const countOf = async (library: EnrichmentLibrary, state: string): Promise<number> =>
  Number((await library.sql("select count(*) as jobs from jobs where state = ?", state))[0]?.["jobs"]);

test("calls stop at the limit, the rest waits, and the event is sent once", async () => {
  await using provider = await startPricedProvider(goodAnswers["image_tag"]);
  await using library = await createEnrichmentLibrary({ config: provider.config(2 * provider.usdPerCall) });
  await fill(library);
  await library.work();

  const done = await countOf(library, "completed");
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(PHOTOS);
  expect(provider.calls()).toBe(done);
  expect(await countOf(library, "available")).toBe(PHOTOS - done);
  const [spent] = await library.sql("select sum(cost_micros) as micros from llm_call_logs");
  expect(Number(spent?.["micros"])).toBe(Math.round(done * provider.usdPerCall * 1e6));
  expect(Number(spent?.["micros"])).toBeLessThanOrEqual(Math.round(2 * provider.usdPerCall * 1e6));
  expect(await library.sql("select reason, until is not null as ends from pauses")).toEqual([
    { reason: "BUDGET", ends: 1 },
  ]);
  expect(
    await library.sql("select message_type, count(*) as events from events where message_type = 'budget_exceeded'"),
  ).toEqual([{ message_type: "budget_exceeded", events: 1 }]);
  expect(await library.sql("select distinct attempts_invalid, snoozes from jobs")).toEqual([
    { attempts_invalid: 0, snoozes: 0 },
  ]);

  await library.configure(provider.config(100 * provider.usdPerCall));
  await library.work();
  expect(await countOf(library, "completed")).toBe(PHOTOS);
});
