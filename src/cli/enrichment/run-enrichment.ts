/** The way of `enrich`, `profile` and `translate`: plan, forecast, question, queue, wait, result. */
import { resolve } from "node:path";
import { isAboveLimit } from "../../app/enrichment/confirm-above.ts";
import type { EnrichmentApi } from "../../app/enrichment/enrichment-api.ts";
import type { Forecast } from "../../app/enrichment/forecast.ts";
import type { EnrichmentPlan, EnrichmentRequest } from "../../app/enrichment/plan.ts";
import { PRIORITY } from "../../jobs/job-store.ts";
import { childEnvironment } from "../child-environment.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../command.ts";
import { confirm } from "../models/confirm.ts";
import { formatCount, formatPlural } from "../terminal.ts";
import { forecastJson, forecastText } from "./forecast-text.ts";
import type { RunFlags } from "./options.ts";
import { checkRunFlags, wantedOf } from "./options.ts";
import { createRunProgress } from "./run-progress.ts";
import type { RunResult } from "./run-result.ts";
import { emptyResult, exitCodeOf, resultText, runResult } from "./run-result.ts";

interface Run {
  readonly flags: RunFlags;
  readonly context: CommandContext;
  readonly api: EnrichmentApi;
  readonly plan: EnrichmentPlan;
  readonly signal: AbortSignal;
}

const print = async ({ flags, context: { stdout, stderr } }: Run, result: RunResult): Promise<void> => {
  if (flags.json) await stdout.line(JSON.stringify(result, undefined, 2));
  else await stderr.line(resultText(result));
};

/** Why there is nothing to do, and what could be done about it. */
const nothingText = ({ counts, heldBack, kind }: EnrichmentPlan): string => {
  const { matching, done, failed, discarded } = counts;
  if (matching === 0) return "Nothing to do: no photo fits.";
  const reasons = [
    ...(done > 0 ? [`${formatCount(done)} done`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed before`] : []),
    ...(discarded > 0 ? [`${formatCount(discarded)} discarded`] : []),
    ...(heldBack > 0 ? [`${formatCount(heldBack)} that must stay on this machine`] : []),
  ];
  const again = failed > 0 || discarded > 0 ? ` "photon enrich --kind ${kind.kind.kind} --force" asks again.` : "";
  return `Nothing to do: ${reasons.join(", ")}.${again}`;
};

const noteLeftOut = async ({ plan, context }: Run): Promise<void> => {
  const { heldBack, counts } = plan;
  const { logger } = context;
  if (heldBack > 0) {
    logger.warn(
      `${formatPlural(heldBack, "photo")} must stay on this machine and no provider on it is configured: left out.`,
    );
  }
  if (counts.failed > 0 && plan.request.wanted === "missing") {
    logger.info(`${formatPlural(counts.failed, "photo")} failed before and are left out; --force asks again.`);
  }
};

const showForecast = async ({ flags, context }: Run, forecast: Forecast, to: "stdout" | "stderr"): Promise<void> => {
  const output = context[to];
  if (flags.json && to === "stdout") await output.line(forecastJson(forecast));
  else await output.write(forecastText(forecast, output));
};

/**
 * True when the run may begin.
 * @throws InvalidInputError when the user has to agree and nobody can be asked
 */
const agreed = async (run: Run): Promise<boolean> => {
  const { flags, context, api, plan, signal } = run;
  if (flags.yes || !plan.leavesMachine) return true;
  const forecast = await api.forecast(plan, { noHurry: !flags.hurry });
  if (!isAboveLimit(plan, forecast, context.config.llm.confirm_above)) return true;
  await showForecast(run, forecast, "stderr");
  return confirm("Go on?", { input: process.stdin, stderr: context.stderr, signal });
};

const queueOnly = async (run: Run, message: string): Promise<number> => {
  const { api, plan, flags } = run;
  const priority = flags.hurry ? PRIORITY.bulk : PRIORITY.noHurry;
  const { executionId } = await api.enqueue(plan, { priority, noHurry: !flags.hurry });
  await print(run, emptyResult(message, executionId));
  return EXIT.done;
};

const followed = async (run: Run): Promise<RunResult> => {
  const { api, plan, flags, context, signal } = run;
  await using progress = createRunProgress(context, !flags.quiet);
  if (flags.now) return runResult(await api.now(plan, { signal, onProgress: progress.update }));
  const priority = plan.jobs.length === 1 ? PRIORITY.onePhoto : flags.hurry ? PRIORITY.bulk : PRIORITY.noHurry;
  const noHurry = !flags.hurry;
  const { executionId } = await api.enqueue(plan, {
    priority: noHurry ? PRIORITY.noHurry : priority,
    noHurry,
    maxInFlight: context.config.llm.batch.concurrent,
  });
  // Results of earlier batches are welcome, too; what no batch takes is left to the worker.
  if (noHurry) await api.batches(signal);
  const report = await api.follow(executionId, {
    signal,
    onProgress: progress.update,
    worker: {
      environment: childEnvironment(context),
      workingDirectory: context.workingDirectory,
      onLog: (line) => context.logger.debug(`enrichment worker: ${line}`),
    },
  });
  return runResult(report, report.progress.pending > 0 ? await api.obstacle() : undefined);
};

const begin = async (run: Run): Promise<number> => {
  const { flags, context, api, plan, signal } = run;
  const availability = await api.availability();
  if (!(await agreed(run))) {
    await context.stderr.line("Nothing was queued.");
    return EXIT.done;
  }
  if (availability !== "ready" && !flags.now) {
    const message = `photon: ${availability.message(plan.jobs.length)}`;
    if (flags.json) await context.stderr.line(message);
    return queueOnly(run, message);
  }
  if (!flags.wait) return queueOnly(run, `${formatPlural(plan.jobs.length, "job")} queued.`);
  const result = await followed(run);
  if (signal.aborted) await context.stderr.line("Stopped following; the jobs stay queued.");
  else await (await context.photon()).waitUntilIndexed(() => undefined, signal); // so that search finds what was written
  await print(run, result);
  return exitCodeOf(result);
};

/** What is built on results that are not there yet has no request yet. */
const payloadText = (written: number, { earlier, jobs }: EnrichmentPlan, folder: string): string => {
  const later =
    earlier.length > 0 && written < earlier.length + jobs.length ? " The others build on their answers." : "";
  return `${formatPlural(written, "request")} written into ${folder}; nothing was sent.${later}`;
};

/** @returns the exit code */
export const runEnrichment = async (
  request: Omit<EnrichmentRequest, "wanted" | "limit">,
  {
    flags,
    context,
    signal,
  }: { readonly flags: RunFlags; readonly context: CommandContext; readonly signal: AbortSignal },
): Promise<number> => {
  checkRunFlags(flags);
  const { enrichment: api } = await context.photon();
  const plan = await api.plan({
    ...request,
    wanted: wantedOf(flags),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
  });
  const run: Run = { flags, context, api, plan, signal };
  if (flags.dryRun) {
    await showForecast(run, await api.forecast(plan, { noHurry: !flags.hurry }), "stdout");
    if (flags.payload !== undefined) {
      const directory = resolve(context.workingDirectory, flags.payload);
      const written = await api.writePayload(plan, { directory, signal });
      await context.stderr.line(payloadText(written, plan, flags.payload));
    }
    return EXIT.done;
  }
  if (plan.jobs.length === 0) {
    await print(run, emptyResult(nothingText(plan)));
    return EXIT.done;
  }
  await noteLeftOut(run);
  return begin(run);
};
