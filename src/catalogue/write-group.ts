/**
 * Writes of several callers in one transaction, for a commit costs as much as what is written in it. Each has its own
 * savepoint: what one of them throws undoes that one alone.
 */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { CatalogueSchema } from "./schema.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

/** Others who want to write come in between. */
const MOST_AT_A_TIME = 64;

export type Outcome<Result> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly error: unknown };

type Write<Result> = (tx: Tx) => Promise<Result>;

const inSavepoint = async <Result>(tx: Tx, write: Write<Result>): Promise<Outcome<Result>> => {
  await sql`savepoint one_write`.execute(tx);
  try {
    const value = await write(tx);
    await sql`release one_write`.execute(tx);
    return { ok: true, value };
  } catch (error) {
    await sql`rollback to one_write`.execute(tx);
    await sql`release one_write`.execute(tx);
    return { ok: false, error };
  }
};

/** In one transaction; the result holds what became of each. Rejects when the transaction as a whole failed. */
export const writeTogether = async <Result>(
  database: Database,
  writes: readonly Write<Result>[],
): Promise<readonly Outcome<Result>[]> => {
  const [only, ...others] = writes;
  if (only === undefined) return [];
  if (others.length > 0) {
    return database.transaction().execute(async (tx) => {
      const outcomes: Outcome<Result>[] = [];
      for (const write of writes) outcomes.push(await inSavepoint(tx, write));
      return outcomes;
    });
  }
  try {
    return [{ ok: true, value: await database.transaction().execute(only) }];
  } catch (error) {
    return [{ ok: false, error }];
  }
};

export interface WriteGroup {
  /** Resolves when it is committed. */
  readonly add: <Result>(write: Write<Result>) => Promise<Result>;
}

interface Waiting {
  readonly write: Write<void>;
  readonly committed: () => void;
  readonly fail: (error: unknown) => void;
}

/** @param gatherMs how long it is worth waiting for others now; 0 = those of this moment only */
export const createWriteGroup = (database: Database, gatherMs: () => number): WriteGroup => {
  const waiting: Waiting[] = [];
  let isGathering = false;

  const writeNext = async (): Promise<void> => {
    const lot = waiting.splice(0, MOST_AT_A_TIME);
    try {
      const outcomes = await writeTogether(
        database,
        lot.map(({ write }) => write),
      );
      for (const [place, outcome] of outcomes.entries()) {
        if (outcome.ok) lot[place]?.committed();
        else lot[place]?.fail(outcome.error);
      }
    } catch (error) {
      for (const { fail } of lot) fail(error);
    }
  };

  const gather = (): void => {
    if (isGathering) return;
    isGathering = true;
    const write = async (): Promise<void> => {
      await writeNext();
      isGathering = false;
      if (waiting.length > 0) gather();
    };
    const wait = gatherMs();
    if (wait > 0) setTimeout(() => void write(), wait);
    else setImmediate(() => void write());
  };

  return {
    add: <Result>(write: Write<Result>) => {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      let value: { readonly of: Result } | undefined;
      waiting.push({
        write: async (tx) => {
          value = { of: await write(tx) };
        },
        committed: () => {
          if (value !== undefined) resolve(value.of);
        },
        fail: reject,
      });
      gather();
      return promise;
    },
  };
};
