/** Works off marks batch by batch: rows out of the catalogue, into the table, marks cleared. */
import { InternalError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { MaintenanceTime } from "./indexes.ts";
import { WORDS_KEY } from "./lancedb.ts";
import type { TableWriter } from "./table-writer.ts";
import type { IndexMark, IndexSource } from "./types.ts";
import type { WritingMarker } from "./writing-marker.ts";

export interface DrainDependencies {
  readonly source: IndexSource;
  readonly writer: TableWriter;
  readonly marker: WritingMarker;
  readonly vectorKey: string | undefined;
  readonly logger: Logger;
}

export interface DrainOptions {
  /** Rows per commit. */
  readonly batchSize: number;
  /** Takes effect between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with the number of marks worked off so far. */
  readonly onBatch?: (done: number) => void;
}

const hashesOf = (marks: readonly IndexMark[]): readonly string[] => marks.map(({ contentHash }) => contentHash);

const isSame = (left: readonly IndexMark[], right: readonly IndexMark[]): boolean =>
  left.length === right.length &&
  left.every((mark, at) => mark.contentHash === right[at]?.contentHash && mark.rev === right[at].rev);

/**
 * Writes the rows of some marks, then clears those marks that name the revision written.
 * @returns false when the library is searched with another key by now: the marks are for that key's table
 */
const commitMarks = async (dependencies: DrainDependencies, marks: readonly IndexMark[]): Promise<boolean> => {
  const { source, writer, marker, vectorKey } = dependencies;
  const rows = await source.rowsFor(hashesOf(marks), vectorKey ?? WORDS_KEY);
  const found = new Set(rows.map(({ contentHash }) => contentHash));
  const gone = marks.filter(({ contentHash }) => !found.has(contentHash));
  await marker.begin();
  await writer.upsert(rows);
  if (gone.length > 0) await writer.remove(hashesOf(gone));
  return source.clearMarks([...rows.map(({ contentHash, rev }) => ({ contentHash, rev })), ...gone], vectorKey);
};

const maintain = async ({ writer, logger }: DrainDependencies, time: MaintenanceTime): Promise<void> => {
  try {
    const maintenance = await writer.maintain(time);
    if (maintenance.optimized) logger.debug("Vector index tidied up.", { ...maintenance });
  } catch (error) {
    // The rows are safe; the next commit tries again.
    logger.warn("The vector index could not be tidied up.", { error: String(error) });
  }
};

/**
 * Ends with the first batch that is not full: marks that keep coming do not hold it; and when the library turns to
 * another key.
 * @returns number of marks worked off
 */
export const drainMarks = async (dependencies: DrainDependencies, options: DrainOptions): Promise<number> => {
  const { batchSize, signal, onBatch } = options;
  let done = 0;
  let marks: readonly IndexMark[] = [];
  do {
    signal?.throwIfAborted();
    const previous = marks;
    marks = await dependencies.source.takeMarks(batchSize);
    if (marks.length === 0) break;
    if (isSame(marks, previous)) throw new InternalError("Expected committed marks to be cleared, found them again.");
    if (!(await commitMarks(dependencies, marks))) break;
    await maintain(dependencies, marks.length < batchSize ? "due" : "crowded");
    done += marks.length;
    onBatch?.(done);
  } while (marks.length === batchSize);
  return done;
};
