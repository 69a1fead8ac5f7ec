/** One run of `photon process`: plan, open the output, stream outcomes into it, sum up. */
import { discover, type DiscoverOptions, type DiscoverProblem, isProblem } from "../../library/discover.ts";
import type { PhotoEnrichment, PhotoEnrichmentApi } from "../../app/enrichment/process-run-types.ts";
import type { PhotoSource } from "../../photo/types.ts";
import type { ProcessApi, ProcessOptions, ProcessOutcome } from "../../pipeline/outcome.ts";
import { SECOND } from "../../clock.ts";
import { type CommandContext, EXIT } from "../command.ts";
import { ClosedPipe, formatPlural } from "../terminal.ts";
import { createTaggingProgress } from "../tagging-progress.ts";
import { dryRun } from "./dry-run.ts";
import type { EarlierRecord, RecordIndex } from "./earlier-records.ts";
import { checkEnrichmentFlags, enrichmentWish, patchOptions, wantsEnrichment } from "./enrichment-options.ts";
import { inInputOrder, ORDER_WINDOW } from "./input-order.ts";
import { openOutput } from "./open-output.ts";
import { type ProcessFlags, processSettings, recordOptions } from "./options.ts";
import { everyInterval } from "../progress-display.ts";
import { createProgress, type Progress } from "./progress.ts";
import { createReporter, type Reporter } from "./reporter.ts";
import { discoverOptions, planRun, type RunPlan } from "./run-plan.ts";
import { answered, enrichmentSummary, exitCode, failureHints, finished, summaryText, type Tally } from "./tally.ts";
import { sayWhatWaits } from "./waiting-enrichments.ts";
import { writeDualStream } from "./write-dual-stream.ts";

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
  readonly photon: ProcessApi & PhotoEnrichmentApi;
  readonly discovery: DiscoverOptions;
  /** What language models are asked; undefined without `--llm`. */
  readonly enrichment: PhotoEnrichment | undefined;
  readonly signal: AbortSignal;
}

/** Photos whose description the output file does not hold yet; with `--force` that of all. */
const isUndescribed =
  (earlier: RecordIndex | undefined, { force }: ProcessFlags) =>
  (contentHash: string): boolean =>
    force || earlier?.hasPatch(contentHash) !== true;

const alongside = ({ enrichment, flags }: Run, earlier: RecordIndex | undefined): Pick<ProcessOptions, "alongside"> => {
  if (enrichment === undefined) return {};
  const isAsked = isUndescribed(earlier, flags);
  return { alongside: async (tx, hashes) => await enrichment.ask(tx, hashes.filter(isAsked)) };
};

const isOrderedRun = ({ flags, plan }: Run): boolean => flags.ordered || plan.output.format === "json";

const outcomesOf = async (
  run: Run,
  earlier: RecordIndex | undefined,
  problems: DiscoverProblem[],
): Promise<AsyncIterable<ProcessOutcome>> => {
  const { flags, context, plan, photon, discovery, signal } = run;
  const settings = processSettings(flags, context.config);
  const isOrdered = isOrderedRun(run);
  const vectorKey = flags.store || !settings.embedding ? undefined : await photon.vectorKey(settings);
  const outcomes = photon.process(photosOf(discover(flags.inputs, discovery), problems), settings, {
    store: flags.store,
    force: flags.force,
    parallel: plan.workers,
    ...skipRule(earlier, flags, vectorKey),
    ...alongside(run, earlier),
    ...(isOrdered ? { orderWindow: ORDER_WINDOW } : {}),
    signal,
  });
  return isOrdered ? inInputOrder(outcomes) : outcomes;
};

const reportProblems = async (problems: DiscoverProblem[], reporter: Reporter): Promise<void> => {
  for (const { displayPath, failure } of problems.splice(0)) await reporter.reportFailure(displayPath, failure);
};

/** What a run found. */
interface RunResult {
  readonly tally: Tally;
  /** Seconds until every photo had its record. */
  readonly coreSeconds: number;
}

const openProgress = ({ flags, context, discovery, enrichment }: Run): Promise<Progress> =>
  createProgress({
    stderr: context.stderr,
    redirectLog: context.redirectLog,
    isShown: !flags.quiet && (flags.output !== undefined || !context.stdout.isTerminal),
    countPhotos: () => countPhotos(flags.inputs, discovery),
    ...(enrichment === undefined
      ? {}
      : {
          enrichment: async () => {
            const { followed, costUsd } = await enrichment.counts();
            return { total: followed, costUsd };
          },
        }),
    now: () => performance.now(),
    every: everyInterval,
  });

const processAll = async (run: Run): Promise<RunResult> => {
  const { flags, context, plan, enrichment, signal } = run;
  const { stdout, logger, config } = context;
  const startedAt = performance.now();
  const opened = await openOutput(plan.output, stdout.write, logger);
  await using output = opened.output;
  await using progress = await openProgress(run);
  const reporter = createReporter({
    output,
    records: recordOptions(flags, config),
    isTagged: enrichment !== undefined,
    errorRecords: config.output.errors === "jsonl" || (enrichment !== undefined && !flags.compat),
    print: progress.print,
  });
  const { tally } = reporter;
  const problems: DiscoverProblem[] = [];
  const outcomes = await outcomesOf(run, opened.earlier, problems);
  const reportCore = async (outcome: ProcessOutcome): Promise<void> => {
    await reportProblems(problems, reporter);
    await reporter.report(outcome);
    progress.update(finished(tally), tally.failed);
  };
  let coreEndedAt: number | undefined;
  const endCore = (): number => (coreEndedAt ??= performance.now());
  if (enrichment === undefined) for await (const outcome of outcomes) await reportCore(outcome);
  else {
    await writeDualStream({
      enrichment,
      outcomes,
      isOrdered: isOrderedRun(run),
      isFollowed: isUndescribed(opened.earlier, flags),
      patches: patchOptions(flags),
      budgetIsFailure: flags.failFast,
      output,
      reporter,
      reportCore,
      onCoreDone: endCore,
      onEnrichment: () => progress.updateEnrichment(answered(tally), tally.enrichment.failed),
      signal,
    });
  }
  const coreSeconds = (endCore() - startedAt) / SECOND;
  await reportProblems(problems, reporter);
  await output.finish(signal.aborted ? "interrupted" : "complete");
  return { tally, coreSeconds };
};

const goOnHint = ({ output }: ProcessFlags): string =>
  `hint: run the command again${output === undefined ? "" : " with --skip-existing"}; what is done is not done twice.`;

const sumUp = async ({ tally, coreSeconds }: RunResult, run: Run): Promise<void> => {
  const { flags, context, enrichment, signal } = run;
  const { stderr, logger, config } = context;
  for (const hint of failureHints(tally)) await stderr.line(hint);
  if (enrichment !== undefined) await sayWhatWaits(enrichment, tally, { stderr, flags, signal });
  if (finished(tally) === 0 && !signal.aborted) {
    const extensions = config.processing.supported_formats.join(" ");
    logger.warn(`No photos found in ${flags.inputs.join(", ")}. Extensions that count as photos: ${extensions}.`);
  } else if (!flags.quiet) {
    if (signal.aborted && (flags.store || flags.output !== undefined)) await stderr.line(goOnHint(flags));
    const described = enrichment === undefined ? "" : `; ${enrichmentSummary(tally, await enrichment.counts())}`;
    await stderr.line(`${signal.aborted ? "Stopped: " : ""}${summaryText(tally, coreSeconds)}${described}`);
  }
};

/** What a run leaves for its end; most runs leave nothing, and show nothing. */
const finishRun = async ({ photon, context, flags, signal }: Run): Promise<void> => {
  if (!flags.store || signal.aborted) return;
  await photon.waitUntilIndexed(
    (photos) => context.logger.info(`Waiting for the search index: ${formatPlural(photos, "photo")} to go.`),
    signal,
  );
  await using progress = createTaggingProgress(context);
  await photon.finish(flags.quiet ? { signal } : { signal, onProgress: progress.update });
};

const startEnrichment = async (
  flags: ProcessFlags,
  { photon, context, signal }: Pick<Run, "photon" | "context" | "signal">,
): Promise<PhotoEnrichment | undefined> => {
  if (!wantsEnrichment(flags)) return undefined;
  const wish = enrichmentWish(flags, context, signal);
  if (flags.failFast) await photon.requireProvider(wish);
  return await photon.enrichPhotos(wish);
};

export const runProcess = async (
  flags: ProcessFlags,
  context: CommandContext,
  signal: AbortSignal,
): Promise<number> => {
  checkEnrichmentFlags(flags);
  const plan = await planRun(flags, context);
  if (flags.dryRun) return await dryRun(flags, await discoverOptions(context, [], signal), context);
  const photon: ProcessApi & PhotoEnrichmentApi = await context.photon();
  const discovery = await discoverOptions(context, flags.store ? await photon.addedRoots() : [], signal);
  await using enrichment = await startEnrichment(flags, { photon, context, signal });
  const run: Run = { flags, context, plan, photon, discovery, enrichment, signal };
  const result = await processAll(run);
  if (signal.reason instanceof ClosedPipe) return EXIT.done;
  await sumUp(result, run);
  await finishRun(run);
  return exitCode(result.tally);
};
