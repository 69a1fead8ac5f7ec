import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { expect, test } from "vitest";
import { NodeSqliteDialect } from "../../../src/catalogue/node-sqlite-dialect.ts";
import { executeForEach } from "../../../src/catalogue/repeated-query.ts";
import { systemClock } from "../../../src/clock.ts";

interface Notes {
  readonly notes: { readonly id: number; readonly text: string };
}

const openNotes = (): Kysely<Notes> => {
  const database = new DatabaseSync(":memory:");
  database.exec("create table notes (id integer primary key, text text not null)");
  return new Kysely<Notes>({ dialect: new NodeSqliteDialect({ database, clock: systemClock }) });
};

const insert = (kysely: Kysely<Notes>, rows: readonly Notes["notes"][]): Promise<void> =>
  kysely
    .transaction()
    .execute((transaction) => executeForEach(transaction, rows, (row) => transaction.insertInto("notes").values(row)));

const all = (kysely: Kysely<Notes>) => kysely.selectFrom("notes").selectAll().orderBy("id").execute();

test("every row is written with its own values, in whatever order it has its columns", async () => {
  await using kysely = openNotes();
  await insert(kysely, [
    { id: 1, text: "one" },
    { text: "two", id: 2 },
  ]);
  await insert(kysely, []);
  expect(await all(kysely)).toEqual([
    { id: 1, text: "one" },
    { id: 2, text: "two" },
  ]);
});

test("rows whose keys are not in the order of the statement's values are refused", async () => {
  await using kysely = openNotes();
  await insert(kysely, [{ id: 1, text: "one" }]);
  const update = kysely
    .transaction()
    .execute((transaction) =>
      executeForEach(transaction, [{ id: 1, text: "uno" }], ({ id, text }) =>
        transaction.updateTable("notes").set({ text }).where("id", "=", id),
      ),
    );
  await expect(update).rejects.toThrow(/in its order, received id, text/);
  expect(await all(kysely)).toEqual([{ id: 1, text: "one" }]);
});

test("a row that is refused undoes the transaction", async () => {
  await using kysely = openNotes();
  const rows = [
    { id: 1, text: "one" },
    { id: 1, text: "again" },
  ];
  await expect(insert(kysely, rows)).rejects.toThrow(/UNIQUE/);
  expect(await all(kysely)).toEqual([]);
});
