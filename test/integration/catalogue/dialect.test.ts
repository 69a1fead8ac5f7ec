import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { NodeSqliteDialect } from "../../../src/catalogue/node-sqlite-dialect.ts";
import { systemClock } from "../../../src/clock.ts";
import { temporaryFolder } from "../../support/photos.ts";

const HOLD_LOCK_CHILD = join(import.meta.dirname, "hold-lock-child.ts");

test("a library that another process is writing is awaited, and the thread stays free meanwhile", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "catalogue.db");
  await using catalogue = await openCatalogue({ path });
  const holder = spawn(process.execPath, [HOLD_LOCK_CHILD, path], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(holder, "exit");
  await once(holder.stdout, "data");
  const visiting = catalogue.roots.visit(Buffer.from("/photos"));
  let done = false;
  void visiting.then(() => (done = true));
  let turns = 0;
  while (turns < 10) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    turns += 1;
  }
  expect(done).toBe(false); // ten turns of the event loop, and still waiting
  holder.stdin.end();
  expect(await visiting).toMatchObject({ kind: "visited" });
  await gone;
});

test("a new library that another process is making is awaited", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "catalogue.db");
  const holder = spawn(process.execPath, [HOLD_LOCK_CHILD, path, "exclusive"], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(holder, "exit");
  await once(holder.stdout, "data");
  const opening = openCatalogue({ path });
  const isOpen = await Promise.race([opening.then(() => true), new Promise((resolve) => setTimeout(resolve, 200))]);
  expect(isOpen).toBeUndefined();
  holder.stdin.end();
  await using catalogue = await opening;
  expect(await catalogue.roots.list()).toEqual([]);
  await gone;
});

interface Notes {
  readonly notes: { readonly text: string };
}

test("a transaction that meets a full disk is undone as a whole, and the next one works", async () => {
  await using folder = await temporaryFolder();
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(join(folder.path, "notes.db"));
  database.exec("pragma journal_mode = wal; create table notes (text text)");
  await using kysely = new Kysely<Notes>({ dialect: new NodeSqliteDialect({ database, clock: systemClock }) });
  const limit = (pages: number): unknown => database.prepare(`pragma max_page_count = ${pages}`).all();
  const insert = (text: string): Promise<unknown> =>
    kysely.transaction().execute(async (transaction) => {
      await transaction.insertInto("notes").values({ text: "small" }).execute();
      await transaction.insertInto("notes").values({ text }).execute();
    });
  limit(4);
  await expect(insert("x".repeat(100_000))).rejects.toMatchObject({
    code: "storage",
    message: expect.stringContaining(`The disk is full: the catalogue ${folder.path}`) as string,
  });
  expect(database.isTransaction).toBe(false);
  expect(await kysely.selectFrom("notes").selectAll().execute()).toEqual([]);
  limit(1000);
  await insert("fits");
  expect(await kysely.selectFrom("notes").selectAll().execute()).toHaveLength(2);
});

test("transactions of one process run one after the other", async () => {
  await using folder = await temporaryFolder();
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(join(folder.path, "notes.db"));
  database.exec("create table notes (text text)");
  await using kysely = new Kysely<Notes>({ dialect: new NodeSqliteDialect({ database, clock: systemClock }) });
  const seen: string[] = [];
  await Promise.all(
    ["a", "b", "c"].map((name) =>
      kysely.transaction().execute(async (transaction) => {
        seen.push(`${name} begins`);
        await sql`select 1`.execute(transaction);
        await transaction.insertInto("notes").values({ text: name }).execute();
        seen.push(`${name} ends`);
      }),
    ),
  );
  expect(seen).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
});
