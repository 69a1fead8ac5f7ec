/** How far an execution is: answers, rate, time left, failures. */
import type { ExecutionProgress } from "../../catalogue/execution-repository.ts";
import type { CommandContext } from "../command.ts";
import type { Display, Shown } from "../progress-display.ts";
import { createDisplay, everyInterval, remainingText } from "../progress-display.ts";
import { createRateMeter } from "../rate-meter.ts";
import { formatCount } from "../terminal.ts";

/** `120/400 answers  2.1/s  ETA 2 min 13 s  3 failed` */
const runProgressText = ({ total, processed, failed, dropped }: ExecutionProgress, rate: number): string => {
  const done = processed + failed + dropped;
  const remaining = rate > 0 && done < total ? `  ETA ${remainingText((total - done) / rate)}` : "";
  const failures = failed > 0 ? `  ${formatCount(failed)} failed` : "";
  return `${formatCount(done)}/${formatCount(total)} answers  ${rate.toFixed(1)}/s${remaining}${failures}`;
};

export interface RunProgressDisplay extends AsyncDisposable {
  readonly update: (progress: ExecutionProgress) => void;
}

/** Shows nothing before the first update. */
export const createRunProgress = (
  { stderr, redirectLog }: Pick<CommandContext, "stderr" | "redirectLog">,
  isShown: boolean,
): RunProgressDisplay => {
  const meter = createRateMeter(() => performance.now());
  let latest: ExecutionProgress | undefined;
  let display: Promise<Display> | undefined;
  const look = (): Shown => {
    if (latest === undefined) return { share: undefined, text: "" };
    const { total, processed, failed, dropped } = latest;
    const share = total === 0 ? undefined : (processed + failed + dropped) / total;
    return { share, text: runProgressText(latest, meter.rate()) };
  };
  return {
    update: (progress) => {
      meter.record(progress.processed + progress.failed + progress.dropped);
      latest = progress;
      display ??= createDisplay({ stderr, redirectLog, isShown, every: everyInterval }, look);
    },
    [Symbol.asyncDispose]: async () => {
      await using _opened = await display;
    },
  };
};
