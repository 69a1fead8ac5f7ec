/** Shows how far a run is: a bar on a terminal, elsewhere a line now and then. Always on stderr. */
import type { DisplayOptions } from "../progress-display.ts";
import { createDisplay, remainingText } from "../progress-display.ts";
import { createRateMeter } from "../rate-meter.ts";
import { formatCount } from "../terminal.ts";

export interface Progress extends AsyncDisposable {
  readonly update: (done: number, failed: number) => void;
  /** Writes a line above the bar. */
  readonly print: (line: string) => void;
}

export interface ProgressOptions extends DisplayOptions {
  /** Counts all photos of the run; asked once, when there is something to show. */
  readonly countPhotos: () => Promise<number>;
  /** Milliseconds. */
  readonly now: () => number;
}

export interface ProgressState {
  readonly done: number;
  readonly failed: number;
  /** undefined while the photos are still being counted. */
  readonly total: number | undefined;
  /** Photos per second. */
  readonly rate: number;
}

/** `1,200/5,000  24%  31.5 img/s  ETA 2 min 1 s  3 failed` */
export const progressText = ({ done, failed, total, rate }: ProgressState): string => {
  const known = total !== undefined && total >= done;
  const share = known && total > 0 ? [`${Math.floor((done * 100) / total)}%`] : [];
  const remaining = known && rate > 0 ? [`ETA ${remainingText((total - done) / rate)}`] : [];
  return [
    known ? `${formatCount(done)}/${formatCount(total)}` : formatCount(done),
    ...share,
    `${rate.toFixed(1)} img/s`,
    ...remaining,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
  ].join("  ");
};

export const createProgress = async (options: ProgressOptions): Promise<Progress> => {
  const { countPhotos, now } = options;
  const meter = createRateMeter(now);
  let [done, failed] = [0, 0];
  let total: number | undefined;
  let counting: Promise<void> | undefined;
  const state = (): ProgressState => {
    counting ??= countPhotos().then(
      (count) => void (total = count),
      () => undefined, // without a total the bar shows what is done
    );
    return { done, failed, total, rate: meter.rate() };
  };
  const display = await createDisplay(options, () => {
    const shown = state();
    return { share: shown.total === undefined ? undefined : shown.done / shown.total, text: progressText(shown) };
  });
  return {
    update: (doneNow, failedNow) => {
      [done, failed] = [doneNow, failedNow];
      meter.record(doneNow);
    },
    print: display.print,
    [Symbol.asyncDispose]: () => display[Symbol.asyncDispose](),
  };
};
