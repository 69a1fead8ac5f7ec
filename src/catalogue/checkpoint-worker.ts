/** A thread that moves the write-ahead log into the catalogue file: see checkpointer.ts. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

/** Pages that are moved in a few milliseconds: so long commits can wait. */
const FEW_PAGES = 256;
const MAX_PASSES = 8;
/** Milliseconds that writers and this thread wait for readers of the log. */
const BUSY_TIMEOUT_MS = 20;

const database = new DatabaseSync(String(workerData), { timeout: BUSY_TIMEOUT_MS });

/** @returns pages of the log that are still to be moved */
const checkpoint = (mode: "passive" | "restart"): number => {
  const { log, checkpointed } = database.prepare(`pragma wal_checkpoint(${mode})`).get() ?? {};
  return Number(log) - Number(checkpointed);
};

// Passive passes wait for nobody, and each leaves less than the one before it. What commits add meanwhile is taken at
// last while they wait for a moment: only then does the log start over.
parentPort?.on("message", () => {
  for (let pass = 1; pass <= MAX_PASSES && checkpoint("passive") > FEW_PAGES; pass += 1);
  checkpoint("restart");
  parentPort?.postMessage("done");
});
