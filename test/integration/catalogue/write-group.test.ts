import { expect, test } from "vitest";
import { DatabaseSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import { systemClock } from "../../../src/clock.ts";
import { NodeSqliteDialect } from "../../../src/catalogue/node-sqlite-dialect.ts";
import type { CatalogueSchema } from "../../../src/catalogue/schema.ts";
import type { Tx } from "../../../src/catalogue/transaction.ts";
import { createWriteGroup } from "../../../src/catalogue/write-group.ts";

const openNumbers = () => {
  const database = new DatabaseSync(":memory:");
  database.exec("create table numbers (number integer primary key) strict");
  let commits = 0;
  const dialect = new NodeSqliteDialect({
    database,
    clock: systemClock,
    afterCommit: () => {
      commits += 1;
    },
  });
  const kysely = new Kysely<CatalogueSchema>({ dialect });
  const write =
    (number: number) =>
    async (tx: Tx): Promise<number> => {
      await sql`insert into numbers (number) values (${number})`.execute(tx);
      return number;
    };
  const numbers = () =>
    database
      .prepare("select number from numbers order by number")
      .all()
      .map((row) => row["number"]);
  return { kysely, write, numbers, commits: () => commits, [Symbol.asyncDispose]: () => kysely.destroy() };
};

test("those who write at the same moment share a transaction, and each gets its own result", async () => {
  await using opened = openNumbers();
  const group = createWriteGroup(opened.kysely, () => 0);

  const results = await Promise.all([3, 1, 2].map((number) => group.add(opened.write(number))));

  expect(results).toEqual([3, 1, 2]);
  expect(opened.numbers()).toEqual([1, 2, 3]);
  expect(opened.commits()).toBe(1);
});

test("what one of them throws undoes that one alone", async () => {
  await using opened = openNumbers();
  const group = createWriteGroup(opened.kysely, () => 0);
  const failing = group.add(async (tx) => {
    await opened.write(7)(tx);
    throw new Error("refused");
  });

  const results = await Promise.allSettled([group.add(opened.write(1)), failing, group.add(opened.write(2))]);

  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(opened.numbers()).toEqual([1, 2]);
});

test("a transaction that cannot be committed fails all of its writers, and those after it go on", async () => {
  await using opened = openNumbers();
  const group = createWriteGroup(opened.kysely, () => 0);
  const breaking = group.add(async (tx) => {
    await sql`rollback`.execute(tx);
  });

  const results = await Promise.allSettled([group.add(opened.write(1)), breaking]);

  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(opened.numbers()).toEqual([]);
  await expect(group.add(opened.write(2))).resolves.toBe(2);
});

test("who comes while others are gathered goes with them; nobody is told before the commit", async () => {
  await using opened = openNumbers();
  const group = createWriteGroup(opened.kysely, () => 5);
  let commitsWhenTold = 0;

  const first = group.add(opened.write(1)).then(() => {
    commitsWhenTold = opened.commits();
  });
  await new Promise((resolve) => setImmediate(resolve));
  const second = group.add(opened.write(2));
  await Promise.all([first, second]);

  expect(commitsWhenTold).toBe(1);
  expect(opened.commits()).toBe(1);
});
