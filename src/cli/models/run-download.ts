/** The way of `models download` and `models add`: offer, question, progress, result. */
import { withWaysOut } from "../../app/download-failure.ts";
import type { DownloadOffer, DownloadRequest, NetworkAccess } from "../../app/model-api.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../command.ts";
import { everyInterval } from "../progress-display.ts";
import { formatJson } from "../terminal.ts";
import { confirm } from "./confirm.ts";
import { createDownloadProgress } from "./download-progress.ts";
import { fileLines, offerText, waysOut } from "./offer-text.ts";

export interface DownloadFlags {
  readonly precision?: DownloadRequest["precision"];
  readonly from?: string | undefined;
  readonly baseUrl: readonly string[];
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export interface DownloadRun {
  /** As it is typed again: `photon models download <id>`. */
  readonly command: string;
  readonly flags: DownloadFlags;
  readonly offer: (request: DownloadRequest, access: NetworkAccess) => Promise<DownloadOffer>;
}

const explaining = async <Value>(work: () => Promise<Value>, ways: () => readonly string[]): Promise<Value> => {
  try {
    return await work();
  } catch (error) {
    throw withWaysOut(error, ways());
  }
};

const download = async (offer: DownloadOffer, context: CommandContext, signal: AbortSignal): Promise<string> => {
  const { stderr, redirectLog } = context;
  await using progress = await createDownloadProgress({
    stderr,
    redirectLog,
    isShown: true,
    now: () => performance.now(),
    every: everyInterval,
  });
  return offer.start({ signal, onProgress: progress.update, onNote: progress.print });
};

const printOffer = async (
  offer: DownloadOffer,
  flags: DownloadFlags,
  { stdout, stderr }: CommandContext,
): Promise<void> => {
  if (flags.json && flags.dryRun) await stdout.line(formatJson(offerFacts(offer)));
  else if (flags.dryRun) await stdout.write(`${offerText(offer)}${fileLines(offer.files).join("\n")}\n`);
  else await stderr.write(offerText(offer));
};

const offerFacts = ({ start: _start, ...facts }: DownloadOffer): Omit<DownloadOffer, "start"> => facts;

/** @returns the exit code */
export const runDownload = async (
  { command, flags, offer: makeOffer }: DownloadRun,
  context: CommandContext,
  signal: AbortSignal,
): Promise<number> => {
  const { stdout, stderr, environment } = context;
  const request = { precision: flags.precision, from: flags.from, baseUrls: flags.baseUrl };
  const typed = flags.precision === undefined ? command : `${command} --precision ${flags.precision}`;
  const offer = await explaining(
    () => makeOffer(request, { environment, signal }),
    () => waysOut(typed, { files: [], baseUrls: flags.baseUrl }),
  );
  const useCommand = `photon models use ${offer.id}${flags.precision === undefined ? "" : ` --precision ${flags.precision}`}`;
  const report = async (outcome: string): Promise<number> => {
    if (flags.json) await stdout.line(formatJson({ outcome, ...offerFacts(offer) }));
    else await stdout.line(`${offer.id} (${offer.variant}): ${outcome}. Use it with:  ${useCommand}`);
    return EXIT.done;
  };
  if (offer.installed && !flags.dryRun) return report("already installed");
  await printOffer(offer, flags, context);
  if (flags.dryRun) return EXIT.done;
  if (!flags.yes && !(await confirm("Download it?", { input: process.stdin, stderr, signal }))) {
    await stderr.line("Nothing was downloaded.");
    return EXIT.done;
  }
  const outcome = await explaining(
    () => download(offer, context, signal),
    () => waysOut(typed, { files: offer.addedByUser ? [] : offer.files, baseUrls: flags.baseUrl }),
  );
  return report(outcome);
};
