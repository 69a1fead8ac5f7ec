/** A thread that moves the write-ahead log into the catalogue file: see checkpointer.ts. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

const database = new DatabaseSync(String(workerData));

// Passive: takes what no reader needs any more, waits for nobody.
parentPort?.on("message", () => {
  database.exec("pragma wal_checkpoint(passive)");
  parentPort?.postMessage("done");
});
