/** The committer and the key the library is searched with. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROLE_LEASE_MS } from "../../../src/catalogue/lease-repository.ts";
import { systemClock } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/logger.ts";
import { createActiveCommitter } from "../../../src/vectors/active-committer.ts";
import { buildTable } from "../../../src/vectors/build-table.ts";
import type { Committer } from "../../../src/vectors/committer.ts";
import { createCommitter } from "../../../src/vectors/committer.ts";
import { createCommitterRole } from "../../../src/vectors/committer-role.ts";
import { tablePath } from "../../../src/vectors/lancedb.ts";
import { tableState } from "../../../src/vectors/table-state.ts";
import type { IndexSource } from "../../../src/vectors/types.ts";
import { openVectorIndex } from "../../../src/vectors/vector-index.ts";
import type { TestCatalogue } from "../../support/catalogues.ts";
import { createTestCatalogue, storePhoto, visitRoot } from "../../support/catalogues.ts";
import { hashOf, unit } from "../../support/memory-library.ts";

const never = new AbortController().signal;
const OLD = { vectorKey: "old@00000000/fp32/p1", modelId: "old", dimension: 2 };
const NEW = { vectorKey: "new@00000000/fp32/p1", modelId: "new", dimension: 3 };
const STAGE = { name: "embed", key: `1/${NEW.vectorKey}` };

const directoryOf = ({ folder }: TestCatalogue): string => join(folder, "vectors");

const committerOf = (setup: TestCatalogue, source: IndexSource = setup.catalogue.index): Committer =>
  createActiveCommitter({
    source,
    clock: systemClock,
    logger: silentLogger,
    activeTable: async () => {
      const active = await setup.catalogue.library.activeVectorKey();
      return { directory: directoryOf(setup), vectorKey: active?.vectorKey, dimension: active?.dimension ?? 0 };
    },
  });

const rowsIn = async (
  setup: TestCatalogue,
  key: { vectorKey?: string; dimension: number },
): Promise<readonly string[]> => {
  const { vectorKey, dimension } = key;
  await using index = await openVectorIndex({ directory: directoryOf(setup), vectorKey, dimension });
  return (await index.list({ limit: 100 })).toSorted((a, b) => (a < b ? -1 : 1));
};

const hashes = (...contents: readonly string[]): readonly string[] =>
  contents.map(hashOf).toSorted((a, b) => (a < b ? -1 : 1));

const store = async ({ catalogue }: TestCatalogue, ...contents: readonly string[]): Promise<void> => {
  const rootId = await visitRoot(catalogue);
  for (const content of contents) await storePhoto(catalogue, { rootId, name: `${content}.jpg`, content });
};

/** Vectors and table of the new key, as far as `contents` go. */
const build = async ({ catalogue, folder }: TestCatalogue, ...contents: readonly string[]) => {
  await catalogue.vectorKeys.startBuilding(NEW);
  const vectors = new Map(contents.map((content) => [hashOf(content), unit([1, 2, 3])]));
  await catalogue.vectorKeys.store({ vectorKey: NEW.vectorKey, vectors, stage: STAGE });
  const table = { directory: join(folder, "vectors"), vectorKey: NEW.vectorKey, dimension: NEW.dimension };
  const indexed = await buildTable({ ...table, source: catalogue.index, clock: systemClock, signal: never });
  await catalogue.vectorKeys.markReady(NEW.vectorKey);
  return indexed;
};

const activate = async ({ catalogue }: TestCatalogue, indexed: ReadonlyMap<string, number>) => {
  const lease = await catalogue.leases.take("model-change");
  if (lease === undefined) throw new Error("the lease is taken");
  const request = { vectorKey: NEW.vectorKey, stage: STAGE, indexed, unreadable: new Set<string>(), tolerated: 0 };
  const result = await catalogue.vectorKeys.activate({ ...request, lease });
  await catalogue.leases.release(lease);
  return result;
};

test("a committer that began before the library had a model turns to the model's table", async () => {
  await using setup = await createTestCatalogue();
  await using committer = committerOf(setup);
  await store(setup, "a");
  await committer.commitPending();
  expect(await rowsIn(setup, { dimension: 0 })).toEqual(hashes("a"));
  await setup.catalogue.library.activateFirst(OLD);
  await store(setup, "b");
  await committer.commitPending();
  expect(await rowsIn(setup, OLD)).toEqual(hashes("a", "b"));
  expect(await rowsIn(setup, { dimension: 0 })).toEqual(hashes("a"));
  expect(await setup.catalogue.index.countMarks()).toBe(0);
});

test("marks whose rows went into the table of the key before stay for the new one", async () => {
  await using setup = await createTestCatalogue();
  await setup.catalogue.library.activateFirst(OLD);
  await store(setup, "a");
  const { index } = setup.catalogue;
  let switching = true;
  const late: IndexSource = {
    ...index,
    clearMarks: async (marks, vectorKey) => {
      if (switching) await activate(setup, await build(setup, "a")); // between the write and the clearing
      switching = false;
      return index.clearMarks(marks, vectorKey);
    },
  };
  await using committer = committerOf(setup, late);
  await store(setup, "a"); // a revision that the new table may not have
  await committer.commitPending();
  expect(await rowsIn(setup, NEW)).toEqual(hashes("a"));
  expect(await index.countMarks()).toBe(0);
  expect(await tableState({ directory: directoryOf(setup), vectorKey: OLD.vectorKey })).toBe("clean");
});

test("what changed after the new table was filled is marked by the switch, what was removed too", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  await catalogue.library.activateFirst(OLD);
  await store(setup, "same", "changed", "removed");
  const indexed = await build(setup, "same", "changed", "removed", "added");
  await store(setup, "changed");
  await catalogue.administration.forget([hashOf("removed")]);
  {
    await using committer = committerOf(setup);
    await committer.commitPending(); // into the old table
  }
  expect(await catalogue.index.countMarks()).toBe(0);
  expect(await activate(setup, indexed)).toEqual({ outcome: "active", marked: 2 });
  await using committer = committerOf(setup);
  await committer.commitPending();
  expect(await rowsIn(setup, NEW)).toEqual(hashes("same", "changed"));
});

test("a photo without a vector holds the switch up until it has one", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  await catalogue.library.activateFirst(OLD);
  await store(setup, "a");
  const indexed = await build(setup, "a");
  await store(setup, "late");
  expect(await activate(setup, indexed)).toEqual({ outcome: "incomplete", missing: 1 });
  expect((await catalogue.library.activeVectorKey())?.vectorKey).toBe(OLD.vectorKey);
  expect(await catalogue.vectorKeys.withoutVector(NEW.vectorKey)).toEqual([hashOf("late")]);
  const vectors = new Map([[hashOf("late"), unit([1, 0, 0])]]);
  expect(await catalogue.vectorKeys.store({ vectorKey: NEW.vectorKey, vectors, stage: STAGE })).toBe(true);
  await catalogue.vectorKeys.markReady(NEW.vectorKey);
  expect(await activate(setup, indexed)).toMatchObject({ outcome: "active" });
  expect(new Map((await catalogue.vectorKeys.list()).map(({ modelId, state }) => [modelId, state]))).toEqual(
    new Map([
      ["old", "retired"],
      ["new", "active"],
    ]),
  );
});

test("whoever lost the lease switches nothing, and a cancelled key takes no more vectors", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue, clock } = setup;
  await catalogue.library.activateFirst(OLD);
  await store(setup, "a");
  const indexed = await build(setup, "a");
  const lease = await catalogue.leases.take("model-change");
  clock.advance(ROLE_LEASE_MS + 1);
  expect(await (await setup.another()).leases.take("model-change")).toBeDefined();
  const request = { vectorKey: NEW.vectorKey, stage: STAGE, indexed, unreadable: new Set<string>(), tolerated: 0 };
  if (lease === undefined) throw new Error("the lease is taken");
  expect(await catalogue.vectorKeys.activate({ ...request, lease })).toEqual({ outcome: "overtaken" });
  expect(await catalogue.vectorKeys.stopBuilding()).toEqual([NEW.vectorKey]);
  const vectors = new Map([[hashOf("a"), unit([1, 0, 0])]]);
  expect(await catalogue.vectorKeys.store({ vectorKey: NEW.vectorKey, vectors, stage: STAGE })).toBe(false);
  expect((await catalogue.library.activeVectorKey())?.vectorKey).toBe(OLD.vectorKey);
});

test("a rebuild that lost the role empties nothing", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue, clock } = setup;
  await store(setup, "a", "b");
  const table = { directory: directoryOf(setup), vectorKey: undefined, dimension: 0 };
  const common = { source: catalogue.index, clock: systemClock, logger: silentLogger };
  await using role = createCommitterRole({
    ...common,
    leases: catalogue.leases,
    createCommitter: async () => createCommitter({ ...table, ...common }),
  });
  await role.commitIfFree(never);
  const rebuilding = role.whileHolding(async (committer, confirmRole) => {
    clock.advance(ROLE_LEASE_MS + 1); // held up, by a laptop's sleep for example
    await (await setup.another()).leases.take("committer");
    return committer.rebuild({ confirmRole });
  }, never);
  await expect(rebuilding).rejects.toMatchObject({ code: "storage", retryable: true });
  expect(await rowsIn(setup, { dimension: 0 })).toEqual(hashes("a", "b"));
});

test("a rebuild that lost the role while it emptied the table leaves everything marked", async () => {
  await using setup = await createTestCatalogue();
  await store(setup, "a", "b");
  const table = { directory: directoryOf(setup), vectorKey: undefined, dimension: 0 };
  await using committer = createCommitter({ ...table, source: setup.catalogue.index, clock: systemClock });
  await committer.commitPending();
  let asked = 0;
  const confirmRole = async (): Promise<void> => {
    asked += 1;
    if (asked === 1) return;
    const { index } = setup.catalogue;
    await index.clearMarks(await index.takeMarks(10)); // as the other process does after it wrote the rows
    throw new Error("lost");
  };
  await expect(committer.rebuild({ confirmRole })).rejects.toThrow("lost");
  expect(await setup.catalogue.index.countMarks()).toBe(2);
  await committer.commitPending();
  expect(await rowsIn(setup, { dimension: 0 })).toEqual(hashes("a", "b"));
});

test("a key that is built twice has one table with one row per photo, and the old table is untouched", async () => {
  await using setup = await createTestCatalogue();
  await setup.catalogue.library.activateFirst(OLD);
  await store(setup, "a", "b");
  await using committer = committerOf(setup);
  await committer.commitPending();
  await build(setup, "a", "b");
  await setup.catalogue.administration.forget([hashOf("b")]);
  await committer.commitPending();
  expect([...(await build(setup, "a")).keys()]).toEqual([hashOf("a")]);
  expect(await rowsIn(setup, NEW)).toEqual(hashes("a"));
  expect(await rowsIn(setup, OLD)).toEqual(hashes("a"));
  expect(tablePath(directoryOf(setup), NEW.vectorKey)).not.toBe(tablePath(directoryOf(setup), OLD.vectorKey));
});
