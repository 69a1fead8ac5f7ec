/** `photon models use`. */
import { constants, setPriority } from "node:os";
import { z } from "zod";
import { InvalidInputError } from "../../errors.ts";
import type {
  ModelChangeApi,
  ModelChangePlan,
  ModelChangeProgress,
  ModelChangeReport,
  PhotoNotEmbedded,
  WantedModel,
} from "../../library/model-change.ts";
import type { CommandContext } from "../command.ts";
import { argument, defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { remainingText } from "../progress-display.ts";
import { PRECISIONS } from "../models/precisions.ts";
import type { Progress } from "../process/progress.ts";
import { createProgress } from "../process/progress.ts";
import { formatBytes, formatCount, formatJson, formatPlural, formatTable } from "../terminal.ts";

const SHOWN_PHOTOS = 20;

const planText = (plan: ModelChangePlan): string => {
  const time =
    plan.seconds === undefined
      ? "unknown, too few photos to measure it"
      : `about ${remainingText(plan.seconds)}${plan.photosPerSecond === undefined ? "" : ` at ${plan.photosPerSecond.toFixed(1)} photos/s`}`;
  return formatTable([
    ["model", plan.modelId],
    ["in use now", plan.current?.modelId ?? "none"],
    ["photos", formatCount(plan.photos)],
    ["to embed", formatCount(plan.toEmbed)],
    ["time", time],
    ["disk needed", `about ${formatBytes(plan.bytesNeeded)}`],
    ["disk free", formatBytes(plan.bytesFree)],
  ]);
};

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const checkText = ({ selfCheck, previous }: ModelChangeReport): readonly string[] => {
  if (selfCheck === undefined) return [];
  const { queries, recallBefore, recallAfter } = selfCheck;
  const before = recallBefore === undefined ? "" : ` (${percent(recallBefore)} with ${previous?.modelId ?? "before"})`;
  const counted = queries === 1 ? "1 query" : `${formatCount(queries)} queries`;
  const text = `Self-check with ${counted} from your own keywords and titles: ${percent(recallAfter)} of the photos found${before}.`;
  if (recallBefore === undefined || recallAfter >= recallBefore || previous === undefined) return [text];
  return [text, `It finds less than before. \`photon models use ${previous.modelId}\` goes back at once.`];
};

const failedText = (photos: readonly PhotoNotEmbedded[]): readonly string[] => {
  if (photos.length === 0) return [];
  const rest = photos.length > SHOWN_PHOTOS ? [`and ${formatCount(photos.length - SHOWN_PHOTOS)} more`] : [];
  return [
    `${formatPlural(photos.length, "photo")} could not be embedded and can be found by words and filters only:`,
    ...photos.slice(0, SHOWN_PHOTOS).map(({ path, message }) => `  ${path}: ${message}`),
    ...rest,
  ];
};

const reportText = (report: ModelChangeReport): readonly string[] => {
  const { modelId, previous, embedded, seconds } = report;
  const work = `${formatPlural(embedded, "photo")} embedded in ${remainingText(seconds)}.`;
  if (!report.switched) return [`${modelId} is in use already. ${work}`];
  const back =
    previous === undefined
      ? []
      : [
          `\`photon models use ${previous.modelId}\` goes back without embedding again; \`photon models prune\` removes its vectors.`,
        ];
  return [`This library now uses ${modelId}. ${work}`, ...back];
};

interface Shown {
  readonly onProgress: (progress: ModelChangeProgress) => void;
  readonly progress: Progress;
}

const phaseText = {
  indexing: (total: number) => `Filling the search index of the new model with ${formatPlural(total, "photo")}.`,
  vocabulary: (total: number) => `Encoding ${formatPlural(total, "term")} of the vocabulary for the new model.`,
  tagging: (total: number) => `Tagging ${formatPlural(total, "photo")} from their vectors.`,
} as const;

const showProgress = async ({ stderr, redirectLog }: CommandContext): Promise<Shown> => {
  const total = Promise.withResolvers<number>();
  let shownPhase: ModelChangeProgress["phase"] | undefined;
  const progress = await createProgress({
    stderr,
    redirectLog,
    isShown: true,
    countPhotos: () => total.promise,
    now: () => performance.now(),
    every: (intervalMs, tick) => {
      const timer = setInterval(tick, intervalMs);
      return () => clearInterval(timer);
    },
  });
  return {
    progress,
    onProgress: (now) => {
      if (now.phase === "embedding") {
        total.resolve(now.total);
        progress.update(now.done, now.failed);
      } else if (now.phase !== shownPhase) {
        progress.print(phaseText[now.phase](now.total));
      }
      shownPhase = now.phase;
    },
  };
};

const change = async (
  library: ModelChangeApi,
  wanted: WantedModel,
  { acceptMissing, context, signal }: { acceptMissing: boolean; context: CommandContext; signal: AbortSignal },
): Promise<ModelChangeReport> => {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL); // searches and runs of other processes come first
  const shown = await showProgress(context);
  await using _progress = shown.progress;
  try {
    return await library.changeModel(wanted, { signal, acceptMissing, onProgress: shown.onProgress });
  } catch (error) {
    if (signal.aborted) {
      shown.progress.print(`Stopped. Run \`photon models use ${wanted.id}\` again to go on; nothing is done twice.`);
    }
    throw error;
  }
};

const cancel = async (library: ModelChangeApi, { stdout, stderr }: CommandContext, json: boolean): Promise<number> => {
  const ended = await library.cancelModelChange();
  if (json) await stdout.line(formatJson({ cancelled: ended }));
  const names = ended.map(({ modelId }) => modelId).join(", ");
  await stderr.line(
    ended.length === 0
      ? "No change of the model is in progress."
      : `The change to ${names} was ended; the model in use stays. \`photon models prune\` removes what was embedded.`,
  );
  return EXIT.done;
};

export const modelsUseCommand = defineCommand({
  options: z.object({
    id: argument("[id]", z.string().optional(), "Installed model to change to."),
    precision: flag(
      "--precision <precision>",
      z.enum(PRECISIONS).optional(),
      "Which one, when several precisions of the model are installed.",
    ),
    dryRun: flag("--dry-run", z.boolean().default(false), "Show photos, time and disk space; change nothing."),
    cancel: flag("--cancel", z.boolean().default(false), "End a change that is not complete."),
    acceptMissing: flag(
      "--accept-missing",
      z.boolean().default(false),
      "Switch although many photos cannot be read, on a disk that is not connected for example.",
    ),
    json: jsonFlag,
  }),
  details:
    "Embeds every photo with the other model, newest first, then switches. Search, tags and similar photos work with the model in use until then. Ctrl-C stops it; the same command goes on where it stopped. Going back to an earlier model embeds only what it has not seen.",
  examples: [
    { command: "photon models use siglip2-base-patch16-224 --dry-run", does: "show what it would take" },
    { command: "photon models use siglip2-base-patch16-224", does: "change to that model" },
    { command: "photon models use --cancel", does: "stay with the model in use" },
  ],
  async run({ id, precision, dryRun, cancel: isCancel, acceptMissing, json }, context, signal) {
    const library: ModelChangeApi = await context.photon();
    const { stdout, stderr } = context;
    if (isCancel) return cancel(library, context, json);
    if (id === undefined) {
      throw new InvalidInputError("Expected the id of a model, received none.", {
        hint: "Run `photon models list` to see which models are installed.",
      });
    }
    if (dryRun) {
      const plan = await library.planModelChange({ id, precision }, { signal });
      await stdout.write(json ? `${formatJson(plan)}\n` : planText(plan));
      await stderr.line("Nothing was changed.");
      return EXIT.done;
    }
    const report = await change(library, { id, precision }, { acceptMissing, context, signal });
    if (json) await stdout.line(formatJson(report));
    else for (const line of reportText(report)) await stdout.line(line);
    for (const line of [...checkText(report), ...failedText(report.notEmbedded)]) await stderr.line(line);
    return report.notEmbedded.length > 0 ? EXIT.partlyFailed : EXIT.done;
  },
});
