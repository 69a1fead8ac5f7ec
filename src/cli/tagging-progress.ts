/** How far tagging is: first the terms of the label bank, when it is not there yet, then the photos. */
import type { TaggingProgress } from "../pipeline/outcome.ts";
import type { CommandContext } from "./command.ts";
import type { Display, Shown } from "./progress-display.ts";
import { createDisplay, everyInterval, remainingText } from "./progress-display.ts";
import { createRateMeter } from "./rate-meter.ts";
import { formatCount } from "./terminal.ts";

const UNITS = { bank: "terms of the label bank", tags: "photos", scores: "captions for the scores" } as const;

/** `12,800/100,000 photos  2,130/s  ETA 41 s` */
const taggingProgressText = ({ phase, done, total }: TaggingProgress, rate: number): string => {
  const remaining = rate > 0 ? `  ETA ${remainingText((total - done) / rate)}` : "";
  return `${formatCount(done)}/${formatCount(total)} ${UNITS[phase]}  ${formatCount(Math.round(rate))}/s${remaining}`;
};

export interface TaggingProgressDisplay extends AsyncDisposable {
  readonly update: (progress: TaggingProgress) => void;
}

/** Shows nothing before the first update. */
export const createTaggingProgress = ({
  stderr,
  redirectLog,
}: Pick<CommandContext, "stderr" | "redirectLog">): TaggingProgressDisplay => {
  const now = (): number => performance.now();
  let latest: TaggingProgress | undefined;
  let meter = createRateMeter(now);
  let display: Promise<Display> | undefined;
  const look = (): Shown => ({
    share: latest === undefined || latest.total === 0 ? undefined : latest.done / latest.total,
    text: latest === undefined ? "" : taggingProgressText(latest, meter.rate()),
  });
  return {
    update: (progress) => {
      if (progress.phase !== latest?.phase) meter = createRateMeter(now);
      meter.record(progress.done);
      latest = progress;
      display ??= createDisplay({ stderr, redirectLog, isShown: true, every: everyInterval }, look);
    },
    [Symbol.asyncDispose]: async () => {
      await using _opened = await display;
    },
  };
};
