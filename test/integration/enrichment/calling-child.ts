/**
 * `race <limit in USD>`: waits for another one, admits calls until the budget refuses, prints how many. `die`: makes a
 * call, gets its reply and is gone before it is booked.
 */
import { readdir, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCallJournal } from "../../../src/app/enrichment/journal.ts";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { systemClock } from "../../../src/clock.ts";
import { JobFailure } from "../../../src/jobs/failure.ts";
import { journalDeps, plannedCall, subjectOf } from "../../support/calls.ts";

const [path = "", mode = "", limit = "0"] = process.argv.slice(2);
await using catalogue = await openCatalogue({ path });

if (mode === "die") {
  await createCallJournal(journalDeps(catalogue, systemClock), subjectOf()).begin(plannedCall({ key: "dying" }));
  process.kill(process.pid, "SIGKILL");
}

const journal = createCallJournal(
  journalDeps(catalogue, systemClock, { budget: { total_usd: Number(limit) } }),
  subjectOf(),
);
const READY = ".racing-";
await writeFile(`${path}${READY}${process.pid}`, "");
const runners = async (): Promise<number> =>
  (await readdir(dirname(path))).filter((name) => name.startsWith(`${basename(path)}${READY}`)).length;
while ((await runners()) < 2) await sleep(5); // the other one has started

let admitted = 0;
for (;;) {
  try {
    await journal.begin(plannedCall({ key: `${process.pid} ${admitted}` }));
    admitted += 1;
    await new Promise((resolve) => setImmediate(resolve)); // lets the other one write
  } catch (error) {
    if (!(error instanceof JobFailure) || error.failure.class !== "budget") throw error;
    break;
  }
}
process.stdout.write(String(admitted));
