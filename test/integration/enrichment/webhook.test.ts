/** The webhook against a real server: signature, order, retries, crashes, and what must not be told. */
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isPrivateEvent } from "../../../src/app/enrichment/event-privacy.ts";
import { loadEnrichmentKinds } from "../../../src/app/enrichment/kinds.ts";
import { createWebhookDelivery } from "../../../src/app/enrichment/webhook.ts";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { systemClock } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import { silentLogger } from "../../../src/logger.ts";
import { until } from "../../support/cli.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary, STUB_CONFIG } from "../../support/enrichment-library.ts";
import { passTime } from "../../support/job-library.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { photoBytes } from "../../support/photos.ts";
import { startProgram } from "../../support/run-program.ts";
import { startWebhookReceiver } from "../../support/webhook-receiver.ts";

const DELIVERING = join(import.meta.dirname, "webhook-child.ts");
const SECRET = "a secret of ours";
const noneLocal = { isLocalOnly: () => false };

const tell = async ({ sql }: EnrichmentLibrary, type: string, content: object = {}): Promise<void> => {
  await sql(
    "insert into events (user_id, message_type, content, created_at) values (1, ?, ?, 1)",
    type,
    JSON.stringify(content),
  );
};

/** Delivers until the condition holds, letting time pass as far as it is needed. */
const deliverUntil = async (
  library: EnrichmentLibrary,
  { clock, url, secret }: { readonly clock: ManualClock; readonly url: string; readonly secret?: string },
  isDone: () => Promise<boolean>,
): Promise<void> => {
  const { catalogue } = library;
  const address = { url, secret };
  const delivery = createWebhookDelivery({ catalogue, kinds: noneLocal, address, clock, logger: silentLogger });
  const stop = new AbortController();
  const running = delivery.run(stop.signal);
  await Promise.race([passTime(clock, { until: isDone, mostMs: 3_600_000 }), running]);
  stop.abort();
  await running;
};

const cursorAt =
  ({ catalogue }: EnrichmentLibrary, id: number) =>
  async (): Promise<boolean> =>
    (await catalogue.events.cursor("webhook")) >= id;

test("events arrive in order, signed over the bytes that were sent, each in the ledger", async () => {
  const clock = createManualClock();
  await using library = await createEnrichmentLibrary({ clock });
  await using receiver = await startWebhookReceiver();
  await tell(library, "llm_image_tag_result", { scope_id: "a".repeat(64), title: "Bär" });
  await tell(library, "photo_added", { scope_id: "b".repeat(64) });
  await tell(library, "provider_unavailable", { provider: "stub" });

  await deliverUntil(library, { clock, url: receiver.url, secret: SECRET }, cursorAt(library, 3));

  expect(receiver.received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
    { user_id: 1, message_type: "llm_image_tag_result", content: { scope_id: "a".repeat(64), title: "Bär" } },
    { user_id: 1, message_type: "provider_unavailable", content: { provider: "stub" } },
  ]);
  for (const { body, headers } of receiver.received) {
    const expected = createHmac("sha256", SECRET).update(Buffer.from(body, "utf8")).digest("hex");
    expect(headers["x-photon-signature"]).toBe(`sha256=${expected}`);
  }
  expect(receiver.received.map(({ headers }) => headers["x-photon-event"])).toEqual(["1", "3"]);
  expect(await library.sql("select id from events where delivered_at is not null order by id")).toEqual([
    { id: 1 },
    { id: 3 },
  ]);
  expect(await library.sql("select purpose, photo, loopback, fields, outcome from privacy_ledger order by id")).toEqual(
    [
      { purpose: "webhook", photo: "a".repeat(64), loopback: 1, fields: '["scope_id","title"]', outcome: "ok" },
      { purpose: "webhook", photo: null, loopback: 1, fields: '["provider"]', outcome: "ok" },
    ],
  );
});

test("a receiver that fails is tried five times, with longer and longer waits, and then passed over", async () => {
  const clock = createManualClock();
  await using library = await createEnrichmentLibrary({ clock });
  const times: number[] = [];
  await using receiver = await startWebhookReceiver((number) => {
    times.push(clock.now());
    return number <= 5 ? 500 : 204;
  });
  await tell(library, "llm_failure", { code: "LLM_REFUSED" });
  await tell(library, "llm_expiry");

  await deliverUntil(library, { clock, url: receiver.url }, cursorAt(library, 2));

  expect(receiver.received.map(({ headers }) => headers["x-photon-event"])).toEqual(["1", "1", "1", "1", "1", "2"]);
  const waits = times.slice(1, 5).map((time, index) => time - (times[index] ?? 0));
  expect(waits.map((wait) => Math.floor(wait / 1000))).toEqual([1, 5, 30, 300]);
  expect(receiver.received[0]?.headers["x-photon-signature"]).toBeUndefined();
  expect(await library.sql("select id, delivered_at is null as missed from events order by id")).toEqual([
    { id: 1, missed: 1 },
    { id: 2, missed: 0 },
  ]);
  expect((await library.sql("select outcome from privacy_ledger order by id")).map(({ outcome }) => outcome)).toEqual([
    ...Array.from({ length: 5 }, () => "HTTP_500"),
    "ok",
  ]);
});

test("a redirect is not followed: what is sent stays with the configured host", async () => {
  const clock = createManualClock();
  await using library = await createEnrichmentLibrary({ clock });
  await using receiver = await startWebhookReceiver((number) => (number === 1 ? 307 : 204));
  await tell(library, "llm_expiry");
  await deliverUntil(library, { clock, url: receiver.url }, cursorAt(library, 1));
  expect(receiver.received).toHaveLength(2);
  expect(await library.sql("select outcome from privacy_ledger order by id limit 1")).toEqual([
    { outcome: "HTTP_307" },
  ]);
});

test("an end between sending and noting sends the event once more, and the next one after it", async () => {
  const clock = createManualClock();
  await using library = await createEnrichmentLibrary({ clock });
  const arrived = Promise.withResolvers<void>();
  await using receiver = await startWebhookReceiver(async (number) => {
    if (number === 1) {
      arrived.resolve();
      await new Promise(() => undefined); // the receiver has it, the sender never hears of it
    }
    return 204;
  });
  await tell(library, "llm_expiry", { number: 1 });
  await tell(library, "llm_expiry", { number: 2 });
  const { catalogue } = library;
  // Another process, with a handle of its own, that is killed: it notes nothing and gives nothing back.
  const { catalogue: other, kill } = await dyingCatalogue(library);
  const address = { url: receiver.url, secret: undefined };
  const delivery = createWebhookDelivery({ catalogue: other, kinds: noneLocal, address, clock, logger: silentLogger });
  const stop = new AbortController();
  const first = delivery.run(stop.signal);
  await arrived.promise;
  kill();
  stop.abort();
  await expect(first).rejects.toThrow("killed");
  expect(await catalogue.events.cursor("webhook")).toBe(0);
  clock.advance(60_000); // its lease runs out
  await deliverUntil(library, { clock, url: receiver.url }, cursorAt(library, 2));
  expect(receiver.received.map(({ headers }) => headers["x-photon-event"])).toEqual(["1", "1", "2"]);
});

/** A catalogue whose writes stop working at a moment: what a killed process would have written is never written. */
const dyingCatalogue = async (library: EnrichmentLibrary) => {
  let isDead = false;
  const alive = <Method extends (...given: never[]) => Promise<unknown>>(method: Method): Method =>
    ((...given: Parameters<Method>) => (isDead ? Promise.reject(new Error("killed")) : method(...given))) as Method; // same signature
  const { catalogue } = library;
  const { events, calls, leases } = catalogue;
  return {
    kill: () => {
      isDead = true;
    },
    catalogue: {
      ...catalogue,
      events: {
        ...events,
        read: alive(events.read),
        advance: alive(events.advance),
        markDelivered: alive(events.markDelivered),
      },
      calls: { ...calls, endRequest: alive(calls.endRequest) },
      leases: { ...leases, release: () => Promise.resolve() },
    },
  };
};

test("what happened last is delivered before the process ends", async () => {
  const clock = createManualClock();
  await using library = await createEnrichmentLibrary({ clock });
  await using receiver = await startWebhookReceiver();
  const { catalogue } = library;
  const address = { url: receiver.url, secret: undefined };
  const delivery = createWebhookDelivery({ catalogue, kinds: noneLocal, address, clock, logger: silentLogger });
  const stop = new AbortController();
  const running = delivery.run(stop.signal);
  await passTime(clock, { until: () => clock.nextWake() !== undefined, mostMs: 1000 });
  await tell(library, "llm_expiry");
  stop.abort();
  await running;
  expect(receiver.received).toHaveLength(1);
});

test("two processes deliver each event once", async () => {
  await using library = await createEnrichmentLibrary();
  await using receiver = await startWebhookReceiver();
  const { catalogue } = library;
  const common = { kinds: noneLocal, address: { url: receiver.url, secret: undefined }, logger: silentLogger };
  await using other = await openCatalogue({ path: library.cataloguePath });
  for (let number = 1; number <= 3; number += 1) await tell(library, "llm_expiry", { number });
  const stop = new AbortController();
  const runs = [catalogue, other].map((handle) =>
    createWebhookDelivery({ ...common, catalogue: handle, clock: systemClock }).run(stop.signal),
  );
  await until("the events", async () => ((await cursorAt(library, 3)()) ? true : undefined));
  stop.abort();
  await Promise.allSettled(runs); // the one that waits for its turn is aborted
  expect(receiver.received.map(({ headers }) => headers["x-photon-event"])).toEqual(["1", "2", "3"]);
});

test("photos that stay on this machine are not told of to other hosts, nor are those nobody can tell about", async () => {
  await using library = await createEnrichmentLibrary();
  const hidden = await library.addPhoto("private/one.jpg", await photoBytes(1));
  const open = await library.addPhoto("two.jpg", await photoBytes(2));
  await library.configure(
    `${STUB_CONFIG}[[roots]]\npath = ${JSON.stringify(library.photos)}\n[roots.folders.private]\nlocal_only = true\n`,
  );
  const { config } = loadConfig({ environment: library.environment, workingDirectory: library.folder });
  const kinds = await loadEnrichmentKinds({ config });
  const { catalogue } = library;
  const isPrivate = (scopeId: string): Promise<boolean> =>
    isPrivateEvent({ catalogue, kinds }, { content: { scope_id: scopeId } });
  expect(await isPrivate(hidden)).toBe(true);
  expect(await isPrivate(open)).toBe(false);
  expect(await isPrivate("f".repeat(64))).toBe(true); // it has left the library
  const albumId = await catalogue.albums.create("Both");
  await catalogue.albums.add(albumId, [open]);
  expect(await isPrivate(`album:${albumId}`)).toBe(false);
  await catalogue.albums.add(albumId, [hidden]);
  expect(await isPrivate(`album:${albumId}`)).toBe(true);
  expect(await isPrivate("req:01ARZ3NDEKTSV4RRFFQ69G5FAV")).toBe(true); // nobody knows what it was about
  expect(await isPrivateEvent({ catalogue, kinds }, { content: { provider: "stub" } })).toBe(false);
});

test.each(["http://example.org/hook", "https://me:secret@example.org/hook", "ftp://example.org/hook"])(
  "%s is not told anything",
  async (url) => {
    await using library = await createEnrichmentLibrary();
    const deps = { catalogue: library.catalogue, kinds: noneLocal, clock: createManualClock(), logger: silentLogger };
    expect(() => createWebhookDelivery({ ...deps, address: { url, secret: undefined } })).toThrow("events.webhook.url");
  },
);

test("a process killed while the receiver has an event: the next one goes on there, and loses none", async () => {
  await using library = await createEnrichmentLibrary();
  const answer = Promise.withResolvers<void>();
  await using receiver = await startWebhookReceiver(async (number) => {
    if (number === 2) await answer.promise;
    return 204;
  });
  for (let number = 1; number <= 3; number += 1)
    await tell(library, "provider_unavailable", { provider: `p${number}` });
  const words = [library.cataloguePath, receiver.url] as const;
  const first = startProgram(DELIVERING, words);
  await until("the second event at the receiver", () => (receiver.received.length === 2 ? true : undefined));
  first.child.kill("SIGKILL");
  expect((await first.ended).code).toBe("SIGKILL");
  expect(await library.catalogue.events.cursor("webhook")).toBe(1);
  answer.resolve();

  const second = startProgram(DELIVERING, words);
  await until("the last event", async () =>
    (await library.catalogue.events.cursor("webhook")) === 3 ? true : undefined,
  );
  second.child.kill("SIGKILL");
  await second.ended;

  const ids = receiver.received.map(({ headers }) => headers["x-photon-event"]);
  expect(ids).toEqual(["1", "2", "2", "3"]); // at least once, in order; the number tells the receiver
  expect(await library.sql("select id from events where delivered_at is null")).toEqual([]);
  expect((await library.sql("select outcome from privacy_ledger order by id")).map(({ outcome }) => outcome)).toEqual([
    "ok",
    null,
    "ok",
    "ok",
  ]);
}, 90_000);
