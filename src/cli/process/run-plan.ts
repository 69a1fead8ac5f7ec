/** Everything that can be wrong with a command line is found here, before any work is done. */
import { realpath, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { NotFoundError, systemCode } from "../../errors.ts";
import type { DiscoverOptions } from "../../library/discover.ts";
import type { CommandContext } from "../command.ts";
import { wantsEnrichment } from "./enrichment-options.ts";
import { chooseFormat } from "./format.ts";
import type { OutputWish } from "./open-output.ts";
import { chooseWorkers, type ProcessFlags } from "./options.ts";
import { inspectTarget } from "./output-target.ts";

export interface RunPlan {
  readonly output: OutputWish;
  readonly workers: number;
}

/** @returns for each input whether it is a file */
const lookAtInputs = async (inputs: readonly string[]): Promise<readonly boolean[]> => {
  const found = await Promise.all(
    inputs.map((input) =>
      stat(input).then(
        (stats) => stats.isFile(),
        (error: unknown) => (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "") ? undefined : false),
      ),
    ),
  );
  const missing = inputs.filter((_, position) => found[position] === undefined);
  if (missing.length > 0) {
    throw new NotFoundError(`Expected existing files or folders, received ${missing.join(", ")}.`, {
      hint: "Check the spelling, and quote paths that hold blanks. Nothing was processed.",
      details: { code: "not_found" },
    });
  }
  return found.map((isFile) => isFile === true);
};

export const planRun = async (flags: ProcessFlags, context: CommandContext): Promise<RunPlan> => {
  const { config, logger, workingDirectory } = context;
  const areFiles = await lookAtInputs(flags.inputs);
  const { format, warning: formatWarning } = chooseFormat(flags.format, flags.output, config.output.format);
  const { workers, warning } = chooseWorkers(
    flags.parallel ?? config.processing.parallel_workers,
    availableParallelism(),
  );
  for (const text of [formatWarning, warning]) if (text !== undefined) logger.warn(text);
  return {
    output: {
      target: flags.output === undefined ? undefined : await inspectTarget(flags.output, workingDirectory),
      format,
      isSingle: areFiles.length === 1 && areFiles[0] === true && !wantsEnrichment(flags),
      skipExisting: flags.skipExisting,
      pretty: config.output.pretty,
    },
    workers,
  };
};

/** The folder of the library is never looked through. */
const ownFolders = async (dataDirectory: string): Promise<readonly Buffer[]> =>
  await realpath(dataDirectory, "buffer").then(
    (path) => [path],
    () => [], // there is no library yet
  );

export const discoverOptions = async (
  { config }: CommandContext,
  addedRoots: readonly Buffer[],
  signal: AbortSignal,
): Promise<DiscoverOptions> => ({
  extensions: config.processing.supported_formats,
  addedRoots,
  excludedFolders: await ownFolders(config.general.data_dir),
  exclude: config.watch.exclude,
  hidden: config.watch.hidden,
  signal,
});
