/**
 * The committer of whatever table the library is searched with. The active key is asked for before every operation, so
 * a process that writes the index for days follows a library that gets its first model, or another one.
 */
import { SECOND } from "../clock.ts";
import { startCommitLoop } from "./commit-loop.ts";
import type { Committer, CommitterOptions, CommitResult } from "./committer.ts";
import { createCommitter, DEFAULT_BATCH_SIZE, DEFAULT_FLUSH_MS } from "./committer.ts";
import type { TableOptions } from "./writable-table.ts";

export interface ActiveCommitterOptions extends Omit<CommitterOptions, keyof TableOptions | "logger"> {
  readonly logger: NonNullable<CommitterOptions["logger"]>;
  /** The table that is searched now. */
  readonly activeTable: () => Promise<TableOptions>;
}

interface Current {
  readonly vectorKey: string | undefined;
  readonly committer: Committer;
}

const SLOWEST_SWITCH_MS = 10 * SECOND;

/** @throws StorageError from every operation when the index cannot be written; nothing is lost then, marks stay */
export const createActiveCommitter = (options: ActiveCommitterOptions): Committer => {
  const { activeTable, ...common } = options;
  const { clock, source, logger, batchSize = DEFAULT_BATCH_SIZE, flushMs = DEFAULT_FLUSH_MS } = options;
  let current: Promise<Current> | undefined;

  const follow = async (before: Current | undefined): Promise<Current> => {
    const table = await activeTable();
    if (before !== undefined && before.vectorKey === table.vectorKey) return before;
    await before?.committer[Symbol.asyncDispose]();
    return { vectorKey: table.vectorKey, committer: createCommitter({ ...common, ...table }) };
  };
  /** One after the other, so that two operations never make two committers. */
  const now = (): Promise<Current> => {
    const before = current;
    current = (before ?? Promise.resolve(undefined)).catch(() => undefined).then(follow);
    return current;
  };

  const commitPending: Committer["commitPending"] = async (commitOptions) => {
    const deadline = clock.now() + SLOWEST_SWITCH_MS;
    let rows = 0;
    for (;;) {
      const used = await now();
      const result: CommitResult = await used.committer.commitPending(commitOptions);
      rows += result.rows;
      const isSame = (await activeTable()).vectorKey === used.vectorKey;
      if (isSame || clock.now() >= deadline) return { rows };
    }
  };

  return {
    commitPending,
    start: () =>
      startCommitLoop({ commitPending, countMarks: () => source.countMarks(), clock, batchSize, flushMs, logger }),
    heal: async () => (await now()).committer.heal(),
    maintain: async () => (await now()).committer.maintain(),
    rebuild: async (rebuildOptions) => (await now()).committer.rebuild(rebuildOptions),
    [Symbol.asyncDispose]: async () => {
      const last = await current?.catch(() => undefined); // whoever asked for it got the error
      await last?.committer[Symbol.asyncDispose]();
    },
  };
};
