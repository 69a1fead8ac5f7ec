import { expect, test } from "vitest";
import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { systemClock } from "../../../src/clock.ts";
import { NodeSqliteDialect } from "../../../src/catalogue/node-sqlite-dialect.ts";
import type { CatalogueSchema } from "../../../src/catalogue/schema.ts";
import type { Given } from "../../../src/catalogue/statement.ts";
import { givenList, insertStatement, statement, updateStatement } from "../../../src/catalogue/statement.ts";
import type { Tx } from "../../../src/catalogue/transaction.ts";

const openPauses = () => {
  const database = new DatabaseSync(":memory:");
  database.exec("create table pauses (target text primary key, reason text not null, until integer, since integer)");
  const kysely = new Kysely<CatalogueSchema>({ dialect: new NodeSqliteDialect({ database, clock: systemClock }) });
  return { kysely, [Symbol.asyncDispose]: () => kysely.destroy() };
};

const insertPause = insertStatement("pauses");
const updatePause = updateStatement("pauses", ["target"]);
const pausesSince = statement((database, { since, targets }: Given<{ since: number; targets: string }>) =>
  database
    .selectFrom("pauses")
    .select(["target", "until"])
    .where("since", ">=", since)
    .where("target", "in", givenList<string>(targets))
    .orderBy("target"),
);

const fill = async (database: Kysely<CatalogueSchema>): Promise<void> => {
  await insertPause(database, { target: "all", reason: "USER", until: null, since: 1 });
  await insertPause(database, { target: "kind:a", reason: "USER", since: 2 });
  await insertPause(database, { target: "kind:b", reason: "USER", until: 9, since: 3 });
};

test("each run has its own values; columns that are left out get their defaults", async () => {
  await using opened = openPauses();
  const { kysely } = opened;
  await fill(kysely);
  const targets = JSON.stringify(["all", "kind:a", "kind:b"]);

  expect(await pausesSince.all(kysely, { since: 2, targets })).toEqual([
    { target: "kind:a", until: null },
    { target: "kind:b", until: 9 },
  ]);
  expect(await pausesSince.first(kysely, { since: 0, targets: '["kind:b"]' })).toEqual({ target: "kind:b", until: 9 });
  expect(await pausesSince.first(kysely, { since: 4, targets })).toBeUndefined();
});

test("an update changes the columns it is given, in the row of the key", async () => {
  await using opened = openPauses();
  const { kysely } = opened;
  await fill(kysely);

  await updatePause(kysely, { target: "kind:a" }, { until: 5 });
  await updatePause(kysely, { target: "kind:b" }, { since: 30, until: null });

  expect(await kysely.selectFrom("pauses").selectAll().orderBy("target").execute()).toEqual([
    { target: "all", reason: "USER", until: null, since: 1 },
    { target: "kind:a", reason: "USER", until: 5, since: 2 },
    { target: "kind:b", reason: "USER", until: null, since: 30 },
  ]);
});

test("in a transaction a statement sees and shares its fate; others wait for its end", async () => {
  await using opened = openPauses();
  const { kysely } = opened;
  const inside = kysely.transaction().execute(async (tx) => {
    await fill(tx);
    expect(await pausesSince.all(tx, { since: 0, targets: '["all"]' })).toHaveLength(1);
    await new Promise((resolve) => setImmediate(resolve));
    throw new Error("undone");
  });
  const outside = pausesSince.all(kysely, { since: 0, targets: '["all"]' });

  await expect(inside).rejects.toThrow("undone");
  expect(await outside).toEqual([]);
});

test("a missing value and a transaction that is over are our own mistakes, and said so", async () => {
  await using opened = openPauses();
  const { kysely } = opened;
  let over: Tx | undefined;
  await kysely.transaction().execute((tx) => {
    over = tx;
    return Promise.resolve();
  });

  const incomplete = { since: 1 } as { since: number; targets: string }; // what a cast elsewhere would hide
  await expect(pausesSince.all(kysely, incomplete)).rejects.toThrow("targets");
  if (over === undefined) throw new Error("Expected a transaction.");
  await expect(fill(over)).rejects.toThrow("open transaction");
});
