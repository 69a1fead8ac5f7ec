import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, readdir, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { connectTo, tableName, tablePath } from "../../../src/vectors/lancedb.ts";
import type { IndexRow } from "../../../src/vectors/types.ts";
import type { TestLibrary } from "./library.ts";
import { createTestLibrary, VECTOR_KEY } from "./library.ts";
import { createRandom, hashOf, randomRow } from "./random-rows.ts";

const CHILD = fileURLToPath(import.meta.resolve("./committing-child.ts"));

const rowsFrom = (count: number, rev = 1): readonly IndexRow[] => {
  const random = createRandom(count);
  return Array.from({ length: count }, (_, number) => ({ ...randomRow(random, number, 8), rev }));
};

const startChild = (library: TestLibrary, rounds?: number): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [CHILD, library.directory, join(library.root, "source.db"), String(rounds ?? 1e6)]);

const linesFrom = async (child: ChildProcessWithoutNullStreams, count: number): Promise<void> => {
  for (let lines = 0; lines < count;) lines += String(await once(child.stdout, "data")).split("\n").length - 1;
};

/** Key and revision of every row as the table holds them, sorted; doubled rows show. */
const revisionsIn = async (library: TestLibrary): Promise<readonly string[]> => {
  const connection = await connectTo(library.directory);
  const table = await connection.openTable(tableName(VECTOR_KEY));
  const rows = (await table.query().select(["content_hash", "rev"]).toArray()) as {
    content_hash: string;
    rev: bigint;
  }[];
  return rows.map((row) => `${row.content_hash} ${row.rev}`).toSorted();
};

const revisionsOf = (library: TestLibrary): readonly string[] =>
  library.source.all().map((row) => `${row.contentHash} ${row.rev}`);

const markersIn = async (library: TestLibrary): Promise<readonly string[]> =>
  (await readdir(library.directory)).filter((name) => name.endsWith(".writing"));

test("a committer killed at any moment loses and doubles nothing", { timeout: 120_000 }, async () => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(120));
  for (const lines of [1, 2, 3]) {
    const child = startChild(library);
    await linesFrom(child, lines);
    child.kill("SIGKILL");
    await once(child, "close");
    expect((await markersIn(library)).length).toBeGreaterThan(0);
    library.source.put(rowsFrom(60, lines + 1));
    await using committer = library.committer();
    await committer.commitPending();
    expect(await revisionsIn(library)).toEqual(revisionsOf(library));
  }
  expect(await markersIn(library)).toEqual([]);
});

test("commits lost in a power cut are found by comparing and written again", async () => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(50));
  {
    await using committer = library.committer();
    await committer.commitPending();
  }
  await cp(library.directory, join(library.root, "earlier"), { recursive: true });
  const committer = library.committer(); // never ends cleanly
  library.source.put(rowsFrom(80, 2));
  library.source.drop([hashOf(70)]);
  await committer.commitPending();
  const markers = await markersIn(library);
  await rm(library.directory, { recursive: true });
  await cp(join(library.root, "earlier"), library.directory, { recursive: true });
  for (const marker of markers) await cp(CHILD, join(library.directory, marker)); // its content does not matter
  await using next = library.committer();
  await next.commitPending();
  expect(await revisionsIn(library)).toEqual(revisionsOf(library));
});

test("a clean end leaves no marker, and the next start compares nothing", async () => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(10));
  {
    await using committer = library.committer();
    await committer.commitPending();
    expect(await markersIn(library)).toHaveLength(1);
  }
  expect(await markersIn(library)).toEqual([]);
  const counting = { ...library.source, allRevisions: () => Promise.reject(new Error("compared")) };
  await using committer = library.committer({ source: counting });
  expect(await committer.commitPending()).toEqual({ rows: 0 });
});

test("healing removes rows of unknown photos and rows newer than a restored catalogue", async () => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(20, 5));
  await using committer = library.committer();
  await committer.commitPending();
  library.source.drop([hashOf(1)]);
  await library.source.clearMarks(await library.source.takeMarks(10)); // as if the mark were lost
  library.source.putUnmarked(rowsFrom(5, 3).slice(2));
  expect(await committer.heal()).toEqual({ marked: 3, removed: 4 });
  await committer.commitPending();
  expect(await revisionsIn(library)).toEqual(revisionsOf(library));
});

test("healing repairs doubled rows", async () => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(20));
  await using committer = library.committer();
  await committer.commitPending();
  const table = await (await connectTo(library.directory)).openTable(tableName(VECTOR_KEY));
  await table.add(await table.query().limit(3).toArrow());
  await committer.heal();
  await committer.commitPending();
  expect(await revisionsIn(library)).toEqual(revisionsOf(library));
});

test("an index folder deleted while photon is closed comes back by itself", async () => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(300));
  {
    await using committer = library.committer();
    await committer.commitPending();
  }
  await rm(library.directory, { recursive: true });
  await using committer = library.committer();
  expect(await committer.commitPending()).toEqual({ rows: 300 });
  expect(await revisionsIn(library)).toEqual(revisionsOf(library));
});

test("an index folder deleted while photon runs comes back with the next commit", async () => {
  await using library = await createTestLibrary();
  await using committer = library.committer();
  library.source.put(rowsFrom(30));
  await committer.commitPending();
  await rm(library.directory, { recursive: true });
  await committer.commitPending();
  expect(await revisionsIn(library)).toEqual(revisionsOf(library));
});

test.each(["_versions", "data"])("a table whose %s are cut off is filled anew", async (folder) => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(40));
  const first = library.committer(); // never ends cleanly
  await first.commitPending();
  const damaged = join(tablePath(library.directory, VECTOR_KEY), folder);
  for (const file of await readdir(damaged)) await truncate(join(damaged, file), 7);
  await using committer = library.committer();
  await committer.commitPending();
  expect(await revisionsIn(library)).toEqual(revisionsOf(library));
});

test("two committers at once leave one row per photo", { timeout: 120_000 }, async () => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(200));
  const children = [startChild(library, 3), startChild(library, 3)];
  const errors: string[] = [];
  for (const child of children) child.stderr.on("data", (text) => errors.push(String(text)));
  for (const child of children) child.stdout.resume();
  const codes = await Promise.all(children.map(async (child) => (await once(child, "close"))[0] as number));
  expect(errors.filter((line) => line.includes("Error"))).toEqual([]);
  expect(codes).toEqual([0, 0]);
  await using committer = library.committer();
  await committer.commitPending();
  expect(await revisionsIn(library)).toEqual(revisionsOf(library));
});
