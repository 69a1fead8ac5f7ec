/** Long lists are bound in parts: SQLite takes at most 32,766 values per statement. */
const ROWS_PER_STATEMENT = 1000;

export const partsOf = <Row>(rows: readonly Row[]): readonly Row[][] =>
  Array.from({ length: Math.ceil(rows.length / ROWS_PER_STATEMENT) }, (_, index) =>
    rows.slice(index * ROWS_PER_STATEMENT, (index + 1) * ROWS_PER_STATEMENT),
  );

export const inParts = async <Row>(rows: readonly Row[], execute: (part: Row[]) => Promise<unknown>): Promise<void> => {
  for (const part of partsOf(rows)) await execute(part);
};
