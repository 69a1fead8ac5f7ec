/**
 * The one writer of a vector table: takes the marks of the catalogue, upserts the rows they name, clears the marks.
 * A crash anywhere leaves marks that are worked off again, and upserting twice changes nothing. The role is elected
 * elsewhere (a lease in the catalogue); two committers by accident do no harm, they only work twice.
 *
 * Before it writes, the committer makes sure of the table: when its folder is missing every photo is marked, after an
 * unclean end table and catalogue are compared (see writing-marker.ts).
 */
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { silentLogger } from "../logger.ts";
import type { CommitLoop } from "./commit-loop.ts";
import { startCommitLoop } from "./commit-loop.ts";
import { drainMarks } from "./drain.ts";
import type { HealResult } from "./heal.ts";
import { healTable } from "./heal.ts";
import type { Maintenance } from "./indexes.ts";
import { tableName, tablePath } from "./lancedb.ts";
import { createTableWriter } from "./table-writer.ts";
import type { IndexSource } from "./types.ts";
import type { TableOptions } from "./writable-table.ts";
import { createWritingMarker } from "./writing-marker.ts";

export const DEFAULT_BATCH_SIZE = 256;
export const DEFAULT_FLUSH_MS = SECOND;
/** Rows per commit while a whole table is filled: each commit looks through all keys, so a large table wants few. */
export const REBUILD_BATCH_SIZE = 4_000;

export interface CommitterOptions extends TableOptions {
  readonly source: IndexSource;
  readonly clock: Clock;
  /** Rows per commit, 256 unless told. */
  readonly batchSize?: number;
  /** Longest a mark waits for others in the background loop, milliseconds, 1,000 unless told. */
  readonly flushMs?: number;
  readonly logger?: Logger;
}

export interface CommitResult {
  /** Photos whose index row was written or removed. */
  readonly rows: number;
}

interface RebuildOptions {
  readonly signal?: AbortSignal;
  /** Rejects when another process may be writing the table by now; asked right before and after it is emptied. */
  readonly confirmRole?: () => Promise<void>;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface Committer extends AsyncDisposable {
  /** Works off the marks that are there now. An abort takes effect between two batches. */
  commitPending(options?: { readonly signal?: AbortSignal }): Promise<CommitResult>;
  /** Commits in the background until disposed of: a full batch at once, the rest after `flushMs`. */
  start(): CommitLoop;
  /** Marks again what differs between table and catalogue, removes rows of unknown photos. */
  heal(): Promise<HealResult>;
  /** Merges fragments, updates indexes and drops old versions although no limit is reached. */
  maintain(): Promise<Maintenance>;
  /** Empties the table and fills it anew from the catalogue; after an abort the rest stays marked. */
  rebuild(options?: RebuildOptions): Promise<CommitResult>;
}

/** Keeps operations of one committer from overlapping. */
const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(operation: () => Promise<Result>): Promise<Result> => {
    const run = last.then(operation);
    last = run.catch(() => undefined); // the caller of that operation gets the error
    return run;
  };
};

const markAll = async (source: IndexSource): Promise<number> => {
  const all = await source.allRevisions();
  if (all.length > 0) await source.markAgain(all.map(({ contentHash }) => contentHash));
  return all.length;
};

/** The operations, not yet kept from overlapping. */
const createOperations = (options: CommitterOptions) => {
  const { source, directory, vectorKey, batchSize = DEFAULT_BATCH_SIZE, logger = silentLogger } = options;
  const writer = createTableWriter(options);
  const marker = createWritingMarker(directory, tablePath(directory, vectorKey), tableName(vectorKey));
  const dependencies = { source, writer, marker, vectorKey, logger, markAll: () => markAll(source) };
  let isChecked = false;

  const heal = async (): Promise<HealResult> => {
    await marker.begin();
    const result = await healTable(dependencies);
    await marker.clearStale();
    return result;
  };

  const prepare = async (): Promise<void> => {
    if (!(await writer.exists())) {
      await markAll(source); // more than an earlier writer can have lost
      await marker.clearStale();
    } else if (!isChecked && (await marker.isLastEndUnclean())) await heal();
    isChecked = true;
  };

  return {
    heal,
    maintain: () => writer.maintain("now"),
    commitPending: async (signal?: AbortSignal): Promise<CommitResult> => {
      await prepare();
      return { rows: await drainMarks(dependencies, { batchSize, signal }) };
    },
    rebuild: async ({ signal, onProgress, confirmRole }: RebuildOptions): Promise<CommitResult> => {
      const total = await markAll(source); // before the table is emptied: a crash in between loses nothing
      await marker.begin();
      await confirmRole?.();
      await writer.clear();
      await confirmRole?.().catch(async (lost: unknown) => {
        await markAll(source); // the other one may have written rows and cleared their marks just before
        throw lost;
      });
      const onBatch = (done: number): void => onProgress?.({ done, total });
      const rows = await drainMarks(dependencies, { batchSize: REBUILD_BATCH_SIZE, signal, onBatch });
      await writer.maintain("now");
      return { rows };
    },
    end: async (): Promise<void> => {
      writer[Symbol.dispose]();
      await marker.end();
    },
  };
};

/** @throws StorageError from every operation when the index cannot be written; nothing is lost then, marks stay */
export const createCommitter = (options: CommitterOptions): Committer => {
  const { source, clock, logger = silentLogger } = options;
  const { batchSize = DEFAULT_BATCH_SIZE, flushMs = DEFAULT_FLUSH_MS } = options;
  const operations = createOperations(options);
  const exclusively = createQueue();
  const commitPending: Committer["commitPending"] = ({ signal } = {}) =>
    exclusively(() => operations.commitPending(signal));
  const countMarks = (): Promise<number> => source.countMarks();
  return {
    commitPending,
    start: () => startCommitLoop({ commitPending, countMarks, clock, batchSize, flushMs, logger }),
    heal: () => exclusively(operations.heal),
    maintain: () => exclusively(operations.maintain),
    rebuild: (rebuildOptions = {}) => exclusively(() => operations.rebuild(rebuildOptions)),
    [Symbol.asyncDispose]: () => exclusively(operations.end),
  };
};
