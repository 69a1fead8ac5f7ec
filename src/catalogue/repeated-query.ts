/** One statement run for many rows: many times as fast as building a statement for each, or a long one for all. */
import type { Compilable, CompiledQuery, QueryExecutorProvider } from "kysely";
import { InternalError } from "../errors.ts";

interface RepeatedQuery extends CompiledQuery {
  readonly everyParameters: readonly (readonly unknown[])[];
}

export const isRepeated = (query: CompiledQuery): query is RepeatedQuery => "everyParameters" in query;

/**
 * Inserts, updates or deletes row by row, in a transaction.
 * @param rows all with the same keys; the first one's are in the order in which the statement takes the values
 * @param build makes the statement for one row; called once
 */
export const executeForEach = async <Row extends object>(
  transaction: QueryExecutorProvider,
  rows: readonly Row[],
  build: (row: Row) => Compilable,
): Promise<void> => {
  const [first] = rows;
  if (first === undefined) return;
  const compiled = build(first).compile();
  const keys = Object.keys(first) as (keyof Row)[]; // keys of a plain object
  const everyParameters = rows.map((row) => keys.map((key) => row[key]));
  const { parameters, sql } = compiled;
  if (parameters.length !== keys.length || parameters.some((value, place) => value !== everyParameters[0]?.[place])) {
    throw new InternalError(`Expected a row for each value of "${sql}" in its order, received ${keys.join(", ")}.`);
  }
  const repeated: RepeatedQuery = { ...compiled, everyParameters };
  await transaction.getExecutor().executeQuery(repeated);
};
