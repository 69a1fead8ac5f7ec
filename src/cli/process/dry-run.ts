/** `--dry-run`: what a run would work on. */
import { stat } from "node:fs/promises";
import { discover, type DiscoverOptions, isProblem } from "../../library/discover.ts";
import { type CommandContext, EXIT } from "../command.ts";
import { formatBytes, formatPlural } from "../terminal.ts";

/** Files asked for their size at the same time. */
const STATS_AT_ONCE = 16;

export const dryRun = async (
  inputs: readonly string[],
  options: DiscoverOptions,
  { stdout, stderr }: CommandContext,
): Promise<number> => {
  let [photos, bytes, problems] = [0, 0, 0];
  let batch: Buffer[] = [];
  const measure = async (): Promise<void> => {
    const sizes = await Promise.all(
      batch.map(async (path) => (await stat(path).catch(() => undefined))?.size ?? 0), // gone since it was listed
    );
    bytes += sizes.reduce((sum, size) => sum + size, 0);
    batch = [];
  };
  for await (const found of discover(inputs, options)) {
    if (isProblem(found)) {
      problems += 1;
      await stderr.line(`${found.displayPath}: ${found.failure.message} (${found.failure.code})`);
      continue;
    }
    photos += 1;
    if (batch.push(found.absolutePath) === STATS_AT_ONCE) await measure();
  }
  await measure();
  await stdout.line(`${formatPlural(photos, "photo")}, ${formatBytes(bytes)}. Nothing was processed (--dry-run).`);
  return problems === 0 ? EXIT.done : photos === 0 ? EXIT.failed : EXIT.partlyFailed;
};
