/** The outbox for consumers: order, types, cursors, following. */
import { expect, test } from "vitest";
import type { StoredEvent } from "../../../src/catalogue/event-repository.ts";
import { createEventApi } from "../../../src/app/enrichment/events.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";

const NEVER = new AbortController().signal;
const ALL = { types: [], follow: false, signal: NEVER };

const tell = async ({ sql }: EnrichmentLibrary, ...types: readonly string[]): Promise<void> => {
  for (const type of types) {
    await sql("insert into events (user_id, message_type, content, created_at) values (1, ?, '{}', 5)", type);
  }
};

const idsOf = async (events: AsyncIterable<StoredEvent>): Promise<readonly number[]> => {
  const ids: number[] = [];
  for await (const { id } of events) ids.push(id);
  return ids;
};

test("events come in order, of the types that were asked for, after the one that is known", async () => {
  await using library = await createEnrichmentLibrary();
  const events = createEventApi(() => Promise.resolve(library.catalogue));
  await tell(library, "llm_failure", "llm_expiry", "llm_failure");
  expect(await idsOf(events.read(ALL))).toEqual([1, 2, 3]);
  expect(await idsOf(events.read({ ...ALL, types: ["llm_failure"] }))).toEqual([1, 3]);
  expect(await idsOf(events.read({ ...ALL, after: 2 }))).toEqual([3]);
});

test("a consumer goes on where it stopped, and gets what it was in the middle of again", async () => {
  await using library = await createEnrichmentLibrary();
  const events = createEventApi(() => Promise.resolve(library.catalogue));
  await tell(library, "a", "b", "c");
  for await (const { id } of events.read({ ...ALL, consumer: "display" })) if (id === 2) break;
  expect(await idsOf(events.read({ ...ALL, consumer: "display" }))).toEqual([2, 3]);
  expect(await idsOf(events.read({ ...ALL, consumer: "display" }))).toEqual([]);
  expect(await idsOf(events.read({ ...ALL, consumer: "mail" }))).toEqual([1, 2, 3]);
  expect(await idsOf(events.read({ ...ALL, consumer: "display", after: 1 }))).toEqual([2, 3]); // it may look back
});

test("following tells what other processes write, until it is stopped", async () => {
  await using library = await createEnrichmentLibrary();
  const events = createEventApi(() => Promise.resolve(library.catalogue));
  await tell(library, "a");
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { type } of events.read({ ...ALL, follow: true, signal: stop.signal })) {
    seen.push(type);
    if (type === "a") await tell(library, "b", "c"); // on a connection of its own
    if (type === "c") stop.abort();
  }
  expect(seen).toEqual(["a", "b", "c"]);
});
