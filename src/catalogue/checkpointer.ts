/**
 * Checkpoints off the main thread. SQLite's own checkpoint runs inside a commit and waits for the disk (fsync), which
 * on a busy disk takes a tenth of a second; a thread with a connection of its own does it instead.
 * https://www.sqlite.org/wal.html#ckpt
 */
import { stat } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { DatabaseSync } from "node:sqlite";

const MODULE = import.meta.url.endsWith(".ts") ? "./checkpoint-worker.ts" : "./checkpoint-worker.js";
/** The log is looked at after this many commits. */
const COMMITS_PER_LOOK = 16;
/** Above this the log is moved. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;
/**
 * 32 MiB. The log starts over only when a commit finds all of it moved. The thread never quite gets there while commits
 * follow each other closely, so from here on the commits move the little that is left themselves.
 */
const PAGES_PER_FORCED_CHECKPOINT = 8192;
/** SQLite's default: what holds again when the thread cannot be had. */
const PAGES_PER_OWN_CHECKPOINT = 1000;

export interface Checkpointer extends AsyncDisposable {
  /** Call after each commit; costs nothing most of the time. */
  readonly committed: () => void;
}

export const createCheckpointer = (database: DatabaseSync, path: string): Checkpointer => {
  database.exec(`pragma wal_autocheckpoint = ${PAGES_PER_FORCED_CHECKPOINT}`);
  database.exec(`pragma journal_size_limit = ${MAX_LOG_BYTES}`); // the file shrinks when the log starts over
  let worker: Worker | undefined;
  let commits = 0;
  let isBusy = false;

  const giveUp = (): void => {
    worker = undefined;
    isBusy = true; // never asked again
    if (database.isOpen) database.exec(`pragma wal_autocheckpoint = ${PAGES_PER_OWN_CHECKPOINT}`);
  };
  const start = (): Worker => {
    const started = new Worker(new URL(MODULE, import.meta.url), { workerData: path, execArgv: [] });
    started.unref();
    started.on("message", () => {
      isBusy = false;
    });
    started.on("error", giveUp);
    return started;
  };
  const look = async (): Promise<void> => {
    const log = await stat(`${path}-wal`).catch(() => undefined); // the database was closed meanwhile
    if (log === undefined || log.size < MAX_LOG_BYTES || !database.isOpen) {
      isBusy = false;
      return;
    }
    worker ??= start();
    worker.postMessage("checkpoint");
  };

  return {
    committed: () => {
      commits += 1;
      if (isBusy || commits < COMMITS_PER_LOOK) return;
      commits = 0;
      isBusy = true;
      void look();
    },
    [Symbol.asyncDispose]: async () => {
      isBusy = true;
      await worker?.terminate();
    },
  };
};
