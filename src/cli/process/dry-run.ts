/** `--dry-run`: what a run would work on. */
import { stat } from "node:fs/promises";
import type { PhotoEnrichmentApi } from "../../app/enrichment/process-run-types.ts";
import { discover, type DiscoverOptions, isProblem } from "../../library/discover.ts";
import { type CommandContext, EXIT } from "../command.ts";
import { forecastText } from "../enrichment/forecast-text.ts";
import { formatBytes, formatPlural } from "../terminal.ts";
import { isExplicit, kindsOf, wantsEnrichment } from "./enrichment-options.ts";
import type { ProcessFlags } from "./options.ts";

/** Files asked for their size at the same time. */
const STATS_AT_ONCE = 16;

/** Says what describing the photos would cost. */
const foretell = async (
  flags: ProcessFlags,
  paths: readonly string[],
  { photon, stdout }: Pick<CommandContext, "photon" | "stdout">,
): Promise<void> => {
  const { forecastPhotos }: PhotoEnrichmentApi = await photon();
  const forecast = await forecastPhotos({ kinds: kindsOf(flags), explicit: isExplicit(flags), paths });
  await stdout.write(forecastText(forecast, stdout));
};

export const dryRun = async (
  flags: ProcessFlags,
  options: DiscoverOptions,
  context: CommandContext,
): Promise<number> => {
  const { stdout, stderr } = context;
  const isForetold = wantsEnrichment(flags);
  const paths: string[] = [];
  let [photos, bytes, problems] = [0, 0, 0];
  let batch: Buffer[] = [];
  const measure = async (): Promise<void> => {
    const sizes = await Promise.all(
      batch.map(async (path) => (await stat(path).catch(() => undefined))?.size ?? 0), // gone since it was listed
    );
    bytes += sizes.reduce((sum, size) => sum + size, 0);
    batch = [];
  };
  for await (const found of discover(flags.inputs, options)) {
    if (isProblem(found)) {
      problems += 1;
      await stderr.line(`${found.displayPath}: ${found.failure.message} (${found.failure.code})`);
      continue;
    }
    photos += 1;
    if (isForetold) paths.push(found.absolutePath.toString());
    if (batch.push(found.absolutePath) === STATS_AT_ONCE) await measure();
  }
  await measure();
  await stdout.line(`${formatPlural(photos, "photo")}, ${formatBytes(bytes)}. Nothing was processed (--dry-run).`);
  if (isForetold) await foretell(flags, paths, context);
  return problems === 0 ? EXIT.done : photos === 0 ? EXIT.failed : EXIT.partlyFailed;
};
