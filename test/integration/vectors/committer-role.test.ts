import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import { ROLE_LEASE_MS } from "../../../src/catalogue/lease-repository.ts";
import type { Clock } from "../../../src/clock.ts";
import { SECOND } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/logger.ts";
import { createCommitter } from "../../../src/vectors/committer.ts";
import type { CommitterRole } from "../../../src/vectors/committer-role.ts";
import { createCommitterRole } from "../../../src/vectors/committer-role.ts";
import type { TestCatalogue } from "../../support/catalogues.ts";
import { createTestCatalogue, storePhoto, visitRoot } from "../../support/catalogues.ts";

/** Whoever sleeps gets the time at once. */
const hurried = ({ clock }: TestCatalogue): Clock => ({
  now: clock.now,
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    clock.advance(ms);
    await turn();
  },
});

const roleOf = (setup: TestCatalogue, { leases, index: source }: Catalogue): CommitterRole => {
  const table = { directory: join(setup.folder, "vectors"), vectorKey: undefined, dimension: 0 };
  const common = { source, clock: hurried(setup), logger: silentLogger };
  return createCommitterRole({
    ...common,
    leases,
    createCommitter: async () => createCommitter({ ...table, ...common }),
  });
};

const never = new AbortController().signal;

const storeOne = async ({ catalogue }: TestCatalogue): Promise<void> => {
  await storePhoto(catalogue, { rootId: await visitRoot(catalogue), name: "a.jpg", content: "a" });
};

test("marks are worked off by whoever waits when the role is free", async () => {
  await using setup = await createTestCatalogue();
  await storeOne(setup);
  await using role = roleOf(setup, setup.catalogue);
  await role.waitUntilIndexed(() => undefined, never);
  expect(await setup.catalogue.index.countMarks()).toBe(0);
});

test("disposing of it frees the role at once", async () => {
  await using setup = await createTestCatalogue();
  await storeOne(setup);
  {
    await using role = roleOf(setup, setup.catalogue);
    await role.commitIfFree(never);
    expect(await setup.catalogue.leases.holder("committer")).toBeDefined();
  }
  expect(await setup.catalogue.leases.holder("committer")).toBeUndefined();
});

test("while another keeps the role, who waits is told each five seconds, and takes over when the lease ends", async () => {
  await using setup = await createTestCatalogue();
  const other = await setup.another();
  await storeOne(setup);
  await other.leases.take("committer");
  const startedAt = setup.clock.now();
  await using role = roleOf(setup, setup.catalogue);
  const told: number[] = [];
  await role.waitUntilIndexed((marks) => told.push(marks), never);
  expect(told).toEqual([1, 1, 1]);
  expect(setup.clock.now() - startedAt).toBeLessThan(ROLE_LEASE_MS + 5 * SECOND);
  expect(await setup.catalogue.index.countMarks()).toBe(0);
});

test("an abort ends the waiting", async () => {
  await using setup = await createTestCatalogue();
  const other = await setup.another();
  await storeOne(setup);
  await other.leases.take("committer");
  await using role = roleOf(setup, setup.catalogue);
  const abort = new AbortController();
  const waiting = role.waitUntilIndexed(() => abort.abort(), abort.signal);
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});

test("work that needs the role gives up with the name of who keeps it", async () => {
  await using setup = await createTestCatalogue();
  const other = await setup.another();
  await other.leases.take("committer");
  await setup.sql(`update leases set until = ${setup.clock.now() + 3600 * SECOND}`);
  await using role = roleOf(setup, setup.catalogue);
  await expect(role.whileHolding(async () => "done", never)).rejects.toMatchObject({
    code: "storage",
    retryable: true,
    message: expect.stringContaining(`:${process.pid}) is writing the search index`) as string,
  });
  await role.commitIfFree(never); // does not wait
  await setup.sql("update leases set until = 0");
  expect(await role.whileHolding(async () => "done", never)).toBe("done");
});

test("only one of two has the role at a time", async () => {
  await using setup = await createTestCatalogue();
  await storeOne(setup);
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await turn();
    inside -= 1;
  };
  const holdOnce = async (catalogue: Catalogue): Promise<void> => {
    await using role = roleOf(setup, catalogue);
    await role.whileHolding(work, never);
  };
  await Promise.all([holdOnce(setup.catalogue), holdOnce(await setup.another())]);
  expect(most).toBe(1);
});
