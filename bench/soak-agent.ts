/**
 * The agent for long: random changes of two roots with a fixed seed, while hints get lost and the agent is killed every
 * few seconds. At rest the library equals the folders, and no content was computed twice. Run by hand:
 *
 *   node bench/soak-agent.ts [operations, 2000] [seed, 1]
 */
import { soakAgent } from "../test/support/agent-soak.ts";

const [operations = 2000, seed = 1] = process.argv.slice(2).map(Number);
const write = (text: string): void => void process.stdout.write(`${text}\n`);
const result = await soakAgent({ operations, seed, killEveryMs: 3000, restTimeoutMs: 400_000, onProgress: write });
const { kills, files, contents, embedded, warnings, problems } = result;
write(
  `${operations} operations, ${kills} kills: ${files} files of ${contents} contents are left, ${embedded} photos embedded`,
);
if (problems.length > 0) for (const warning of warnings) write(warning);
for (const problem of problems) write(`PROBLEM: ${problem}`);
if (problems.length === 0) write("The library equals the folders; nothing was embedded twice.");
process.exitCode = problems.length === 0 ? 0 : 1;
