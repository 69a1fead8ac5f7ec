/** Shows how far a run is: a bar on a terminal, elsewhere a line now and then. Always on stderr. */
import { MINUTE, SECOND } from "../../clock.ts";
import { formatCount, type Output } from "../terminal.ts";
import { createRateMeter } from "./rate-meter.ts";

const LINE_INTERVAL_MS = 10 * SECOND;
const BAR_CELLS = 24;
const REDRAWS_PER_SECOND = 5;

export interface Progress extends AsyncDisposable {
  readonly update: (done: number, failed: number) => void;
  /** Writes a line above the bar. */
  readonly print: (line: string) => void;
}

export interface ProgressOptions {
  readonly stderr: Output;
  /** Sends log lines through the bar. */
  readonly redirectLog: (write: ((line: string) => void) | undefined) => void;
  readonly isShown: boolean;
  /** Counts all photos of the run; asked once, when there is something to show. */
  readonly countPhotos: () => Promise<number>;
  /** Milliseconds. */
  readonly now: () => number;
  /** Calls `tick` again and again; returns what stops it. */
  readonly every: (intervalMs: number, tick: () => void) => () => void;
}

export interface ProgressState {
  readonly done: number;
  readonly failed: number;
  /** undefined while the photos are still being counted. */
  readonly total: number | undefined;
  /** Photos per second. */
  readonly rate: number;
}

const remainingText = (seconds: number): string => {
  const whole = Math.ceil(seconds);
  const minute = MINUTE / SECOND;
  if (whole < minute) return `${whole} s`;
  if (whole < minute * minute) return `${Math.floor(whole / minute)} min ${whole % minute} s`;
  return `${Math.floor(whole / minute / minute)} h ${Math.floor(whole / minute) % minute} min`;
};

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

interface Display {
  readonly print: (line: string) => void;
  readonly stop: () => void;
}

const barText = ({ done, total }: ProgressState, line: string, columns: number): string => {
  const share = total === undefined || total === 0 ? 0 : Math.min(1, done / total);
  const filled = Math.round(share * BAR_CELLS);
  const bar = `${"█".repeat(filled)}${"░".repeat(BAR_CELLS - filled)} ${line}`;
  return bar.length < columns ? bar : line.slice(0, columns - 1);
};

const showBar = async (stderr: Output, state: () => ProgressState): Promise<Display> => {
  const { default: bars } = await import("cli-progress");
  const multiBar = new bars.MultiBar({
    stream: stderr.stream,
    format: () => barText(state(), progressText(state()), stderr.columns),
    fps: REDRAWS_PER_SECOND,
    forceRedraw: true,
    clearOnComplete: true,
    hideCursor: false, // a second Ctrl-C would leave the terminal without one
    linewrap: true, // the same
    gracefulExit: false, // signals belong to main.ts
  });
  multiBar.create(1, 0);
  multiBar.update();
  return {
    print: (line) => multiBar.log(`${line}\n`),
    stop: () => {
      multiBar.update(); // writes lines that still wait
      multiBar.stop();
    },
  };
};

const showLines = ({ stderr, every }: ProgressOptions, state: () => ProgressState): Display => {
  const print = (line: string): void => void stderr.stream.write(`${line}\n`);
  return { print, stop: every(LINE_INTERVAL_MS, () => print(progressText(state()))) };
};

const showNothing = ({ stderr }: ProgressOptions): Display => ({
  print: (line) => void stderr.stream.write(`${line}\n`),
  stop: () => undefined,
});

export const createProgress = async (options: ProgressOptions): Promise<Progress> => {
  const { stderr, redirectLog, isShown, countPhotos, now } = options;
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
  const display = !isShown
    ? showNothing(options)
    : stderr.isTerminal
      ? await showBar(stderr, state)
      : showLines(options, state);
  if (isShown && stderr.isTerminal) redirectLog(display.print);
  return {
    update: (doneNow, failedNow) => {
      [done, failed] = [doneNow, failedNow];
      meter.record(doneNow);
    },
    print: display.print,
    [Symbol.asyncDispose]: async () => {
      display.stop();
      redirectLog(undefined);
    },
  };
};
