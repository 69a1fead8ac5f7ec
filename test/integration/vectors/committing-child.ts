/** Commits until it is killed: marks everything again and again, one line on stdout per round. Run by crash tests. */
import { systemClock } from "../../../src/clock.ts";
import { createCommitter } from "../../../src/vectors/committer.ts";
import { VECTOR_KEY } from "./library.ts";
import { createSqliteSource } from "./sqlite-source.ts";

const [directory = "", database = "", rounds = "1000000"] = process.argv.slice(2);
const source = createSqliteSource(database);
const committer = createCommitter({
  source,
  directory,
  vectorKey: VECTOR_KEY,
  dimension: 8,
  clock: systemClock,
  batchSize: 16,
});
for (let round = 0; round < Number(rounds); round += 1) {
  await source.markAgain((await source.allRevisions()).map(({ contentHash }) => contentHash));
  await committer.commitPending();
  process.stdout.write(`round ${round}\n`);
}
await committer[Symbol.asyncDispose]();
