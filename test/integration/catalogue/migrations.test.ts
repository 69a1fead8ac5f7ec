import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import type { Migration } from "../../../src/catalogue/migrations.ts";
import { migrate, readSchemaVersion, SCHEMA_VERSION } from "../../../src/catalogue/migrations.ts";
import { NodeSqliteDialect } from "../../../src/catalogue/node-sqlite-dialect.ts";
import { systemClock } from "../../../src/clock.ts";
import { createTestCatalogue } from "../../support/catalogues.ts";
import { temporaryFolder } from "../../support/photos.ts";
import { runProgram } from "../../support/run-program.ts";

const OPEN_CHILD = join(import.meta.dirname, "open-child.ts");

const tableStep = (version: number, table: string, more: () => void = () => undefined): Migration => ({
  version,
  name: table,
  up: async (database) => {
    await sql`create table ${sql.table(table)} (id integer)`.execute(database);
    more();
  },
});

interface OpenDatabase extends AsyncDisposable {
  readonly database: DatabaseSync;
  readonly run: (steps: readonly Migration[]) => Promise<void>;
  readonly tables: () => readonly unknown[];
}

const openDatabase = async (folder: string): Promise<OpenDatabase> => {
  const { DatabaseSync: Database } = await import("node:sqlite");
  const database = new Database(join(folder, "catalogue.db"));
  const kysely = new Kysely<unknown>({ dialect: new NodeSqliteDialect({ database, clock: systemClock }) });
  return {
    database,
    run: (steps) => migrate(database, kysely, (version) => join(folder, `v${version}.bak`), steps),
    tables: () =>
      database
        .prepare("select name from sqlite_schema where type = 'table' order by name")
        .all()
        .map((row) => row["name"]),
    [Symbol.asyncDispose]: () => kysely.destroy(),
  };
};

test("steps run in order, once, and the number of the last one is kept", async () => {
  await using folder = await temporaryFolder();
  const ran: number[] = [];
  const steps = [tableStep(1, "one", () => ran.push(1)), tableStep(2, "two", () => ran.push(2))];
  await using own = await openDatabase(folder.path);
  await own.run(steps);
  await own.run(steps);
  expect(ran).toEqual([1, 2]);
  expect(readSchemaVersion(own.database)).toBe(2);
});

test("a step that fails leaves nothing of itself, and the steps before it stand", async () => {
  await using folder = await temporaryFolder();
  await using own = await openDatabase(folder.path);
  const failing = tableStep(2, "two", () => {
    throw new Error("step two is broken");
  });
  await expect(own.run([tableStep(1, "one"), failing, tableStep(3, "three")])).rejects.toThrow("step two is broken");
  expect(own.tables()).toEqual(["one"]);
  expect(readSchemaVersion(own.database)).toBe(1);
  await own.run([tableStep(1, "one"), tableStep(2, "two"), tableStep(3, "three")]);
  expect(readSchemaVersion(own.database)).toBe(3);
});

test("a copy of an older library is set aside before it is changed; a new library needs none", async () => {
  await using folder = await temporaryFolder();
  await using own = await openDatabase(folder.path);
  await own.run([tableStep(1, "one")]);
  expect(await readdir(folder.path)).not.toContain("v1.bak");
  own.database.exec("insert into one values (42)");
  await own.run([tableStep(1, "one"), tableStep(2, "two")]);
  const { DatabaseSync: Database } = await import("node:sqlite");
  using copy = new Database(join(folder.path, "v1.bak"), { readOnly: true });
  expect(readSchemaVersion(copy)).toBe(1);
  expect(copy.prepare("select id from one").all()).toMatchObject([{ id: 42 }]);
});

test("a library of a newer photon is refused and left as it is", async () => {
  await using setup = await createTestCatalogue();
  await setup.sql(`pragma user_version = ${SCHEMA_VERSION + 1}`);
  await expect(openCatalogue({ path: setup.path })).rejects.toMatchObject({
    code: "storage",
    message: expect.stringContaining("newer photon") as string,
    hint: expect.stringContaining("Restart photon") as string,
  });
  expect(await setup.sql("pragma user_version")).toMatchObject([{ user_version: SCHEMA_VERSION + 1 }]);
});

test("a process that runs while the library is migrated writes no more", async () => {
  await using setup = await createTestCatalogue();
  await setup.catalogue.roots.visit(Buffer.from("/before"));
  await setup.sql(`pragma user_version = ${SCHEMA_VERSION + 1}`);
  await expect(setup.catalogue.roots.visit(Buffer.from("/after"))).rejects.toMatchObject({ code: "storage" });
  await setup.sql(`pragma user_version = ${SCHEMA_VERSION}`);
  expect(await setup.sql("select cast(path as text) as path from roots")).toMatchObject([{ path: "/before" }]);
  await setup.catalogue.roots.visit(Buffer.from("/after")); // the refused transaction left no lock behind
});

test("an older library that holds nothing needs no copy", async () => {
  await using folder = await temporaryFolder();
  await using own = await openDatabase(folder.path);
  await own.run([tableStep(1, "one")]);
  await own.run([tableStep(1, "one"), tableStep(2, "two")]);
  expect(own.tables()).toEqual(["one", "two"]);
  expect(await readdir(folder.path)).not.toContain("v1.bak");
});

test("several processes open one new library at once and agree on it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "home", "catalogue.db");
  const runs = await Promise.all(
    Array.from({ length: 4 }, (_, number) => runProgram(OPEN_CHILD, [path, `/photos/${number}`])),
  );
  expect(runs.map(({ code, stderr }) => `${code}${stderr}`)).toEqual(["0", "0", "0", "0"]);
  expect(new Set(runs.map(({ stdout }) => stdout.split(" ")[0])).size).toBe(1);
  await using catalogue = await openCatalogue({ path });
  expect(await catalogue.roots.list()).toHaveLength(4);
  expect(await readdir(join(folder.path, "home"))).not.toContainEqual(expect.stringContaining(".bak"));
});

test("a file that is no database is named in the error, with what to do", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "catalogue.db");
  const { writeFile } = await import("node:fs/promises");
  await writeFile(path, "This is a text file, long enough to hold a header of one hundred bytes and more. ".repeat(20));
  await expect(openCatalogue({ path })).rejects.toMatchObject({
    code: "storage",
    hint: expect.stringContaining("photon doctor") as string,
  });
});
