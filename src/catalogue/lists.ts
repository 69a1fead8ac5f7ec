/** Lists as one bound value: of any length, and the text of a statement does not depend on it. */
import type { RawBuilder } from "kysely";
import { sql } from "kysely";

/** For `column in ...`. */
export const listOf = <Value extends string | number>(values: readonly Value[]): RawBuilder<Value> =>
  sql<Value>`(select value from json_each(${JSON.stringify(values)}))`;

/** The same for bytes, which JSON cannot hold. */
export const listOfBytes = (values: readonly Buffer[]): RawBuilder<Uint8Array> =>
  sql<Uint8Array>`(select unhex(value) from json_each(${JSON.stringify(values.map((value) => value.toString("hex")))}))`;
