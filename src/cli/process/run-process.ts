/** One run of `photon process`: plan, open the output, stream outcomes into it, sum up. */
import { discover, type DiscoverOptions, type DiscoverProblem, isProblem } from "../../library/discover.ts";
import type { PhotoSource } from "../../photo/types.ts";
import type { ProcessApi, ProcessOptions, ProcessOutcome } from "../../pipeline/outcome.ts";
import { SECOND } from "../../clock.ts";
import { type CommandContext, EXIT } from "../command.ts";
import { ClosedPipe, formatPlural } from "../terminal.ts";
import { createTaggingProgress } from "../tagging-progress.ts";
import { dryRun } from "./dry-run.ts";
import type { EarlierRecord, RecordIndex } from "./earlier-records.ts";
import { inInputOrder, ORDER_WINDOW } from "./input-order.ts";
import { openOutput } from "./open-output.ts";
import { type ProcessFlags, processSettings, recordOptions } from "./options.ts";
import { everyInterval } from "../progress-display.ts";
import { createProgress } from "./progress.ts";
import { createReporter, type Reporter } from "./reporter.ts";
import { discoverOptions, planRun, type RunPlan } from "./run-plan.ts";
import { exitCode, failureHints, finished, summaryText, type Tally } from "./tally.ts";

/** Sorts what discovery finds: photos go on to the pipeline, problems wait to be reported. */
async function* photosOf(
  found: AsyncIterable<PhotoSource | DiscoverProblem>,
  problems: DiscoverProblem[],
): AsyncGenerator<PhotoSource> {
  for await (const item of found) {
    if (isProblem(item)) problems.push(item);
    else yield item;
  }
}

const countPhotos = async (inputs: readonly string[], options: DiscoverOptions): Promise<number> => {
  let count = 0;
  for await (const item of discover(inputs, options)) if (!isProblem(item)) count += 1;
  return count;
};

/** Without a library only the record itself can say whether its parts are up to date. */
const isCurrent = (record: EarlierRecord, { store, compat }: ProcessFlags, vectorKey: string | undefined): boolean =>
  store ||
  compat ||
  (record.schemaVersion !== undefined && (vectorKey === undefined || record.embeddingModel === vectorKey));

const skipRule = (
  earlier: RecordIndex | undefined,
  flags: ProcessFlags,
  vectorKey: string | undefined,
): Pick<ProcessOptions, "skip"> => {
  if (earlier === undefined || flags.force) return {};
  return {
    skip: ({ displayPath }, contentHash) => {
      const record = earlier.find(displayPath.toWellFormed(), contentHash);
      return record !== undefined && isCurrent(record, flags, vectorKey);
    },
  };
};

interface Run {
  readonly flags: ProcessFlags;
  readonly context: CommandContext;
  readonly plan: RunPlan;
  readonly photon: ProcessApi;
  readonly discovery: DiscoverOptions;
  readonly signal: AbortSignal;
}

const outcomesOf = async (
  { flags, context, plan, photon, discovery, signal }: Run,
  earlier: RecordIndex | undefined,
  problems: DiscoverProblem[],
): Promise<AsyncIterable<ProcessOutcome>> => {
  const settings = processSettings(flags, context.config);
  const isOrdered = flags.ordered || plan.output.format === "json";
  const vectorKey = flags.store || !settings.embedding ? undefined : await photon.vectorKey(settings);
  const outcomes = photon.process(photosOf(discover(flags.inputs, discovery), problems), settings, {
    store: flags.store,
    force: flags.force,
    parallel: plan.workers,
    ...skipRule(earlier, flags, vectorKey),
    ...(isOrdered ? { orderWindow: ORDER_WINDOW } : {}),
    signal,
  });
  return isOrdered ? inInputOrder(outcomes) : outcomes;
};

const reportProblems = async (problems: DiscoverProblem[], reporter: Reporter): Promise<void> => {
  for (const { displayPath, failure } of problems.splice(0)) await reporter.reportFailure(displayPath, failure);
};

const processAll = async (run: Run): Promise<Tally> => {
  const { flags, context, plan, discovery, signal } = run;
  const { stdout, stderr, logger, config } = context;
  const opened = await openOutput(plan.output, stdout.write, logger);
  await using output = opened.output;
  await using progress = await createProgress({
    stderr,
    redirectLog: context.redirectLog,
    isShown: !flags.quiet && (flags.output !== undefined || !stdout.isTerminal),
    countPhotos: () => countPhotos(flags.inputs, discovery),
    now: () => performance.now(),
    every: everyInterval,
  });
  const reporter = createReporter({
    output,
    records: recordOptions(flags, config),
    errorRecords: config.output.errors === "jsonl",
    print: progress.print,
  });
  const { tally } = reporter;
  const problems: DiscoverProblem[] = [];
  for await (const outcome of await outcomesOf(run, opened.earlier, problems)) {
    await reportProblems(problems, reporter);
    await reporter.report(outcome);
    progress.update(finished(tally), tally.failed);
  }
  await reportProblems(problems, reporter);
  await output.finish(signal.aborted ? "interrupted" : "complete");
  return tally;
};

const goOnHint = ({ output }: ProcessFlags): string =>
  `hint: run the command again${output === undefined ? "" : " with --skip-existing"}; what is done is not done twice.`;

const sumUp = async (tally: Tally, seconds: number, { flags, context, signal }: Run): Promise<void> => {
  const { stderr, logger, config } = context;
  for (const hint of failureHints(tally)) await stderr.line(hint);
  if (finished(tally) === 0 && !signal.aborted) {
    const extensions = config.processing.supported_formats.join(" ");
    logger.warn(`No photos found in ${flags.inputs.join(", ")}. Extensions that count as photos: ${extensions}.`);
  } else if (!flags.quiet) {
    if (signal.aborted && (flags.store || flags.output !== undefined)) await stderr.line(goOnHint(flags));
    await stderr.line(`${signal.aborted ? "Stopped: " : ""}${summaryText(tally, seconds)}`);
  }
};

/** What a run leaves for its end; most runs leave nothing, and show nothing. */
const finishRun = async ({ photon, context, flags, signal }: Run): Promise<void> => {
  await using progress = createTaggingProgress(context);
  await photon.finish(flags.quiet ? { signal } : { signal, onProgress: progress.update });
};

export const runProcess = async (
  flags: ProcessFlags,
  context: CommandContext,
  signal: AbortSignal,
): Promise<number> => {
  const plan = await planRun(flags, context);
  if (flags.dryRun) return await dryRun(flags.inputs, await discoverOptions(context, [], signal), context);
  const photon: ProcessApi = await context.photon();
  const discovery = await discoverOptions(context, flags.store ? await photon.addedRoots() : [], signal);
  const run: Run = { flags, context, plan, photon, discovery, signal };
  const startedAt = performance.now();
  const tally = await processAll(run);
  if (signal.reason instanceof ClosedPipe) return EXIT.done;
  await sumUp(tally, (performance.now() - startedAt) / SECOND, run);
  if (flags.store && !signal.aborted) {
    await photon.waitUntilIndexed(
      (photos) => context.logger.info(`Waiting for the search index: ${formatPlural(photos, "photo")} to go.`),
      signal,
    );
    await finishRun(run);
  }
  return exitCode(tally);
};
