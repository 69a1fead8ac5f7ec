/** How far something is: a bar on a terminal, elsewhere a line now and then. Always on stderr. */
import { MINUTE, SECOND } from "../clock.ts";
import type { Output } from "./terminal.ts";

const LINE_INTERVAL_MS = 10 * SECOND;
const BAR_CELLS = 24;
const REDRAWS_PER_SECOND = 5;

export interface DisplayOptions {
  readonly stderr: Output;
  /** Sends log lines through the bar. */
  readonly redirectLog: (write: ((line: string) => void) | undefined) => void;
  readonly isShown: boolean;
  /** Calls `tick` again and again; returns what stops it. */
  readonly every: (intervalMs: number, tick: () => void) => () => void;
}

export interface Shown {
  /** 0 to 1; undefined while the end is not known. */
  readonly share: number | undefined;
  readonly text: string;
}

export interface Display extends AsyncDisposable {
  /** Writes a line above the bar. */
  readonly print: (line: string) => void;
}

interface Surface {
  readonly print: (line: string) => void;
  readonly stop: () => void;
}

/** `3 min 5 s` */
export const remainingText = (seconds: number): string => {
  const whole = Math.ceil(seconds);
  const minute = MINUTE / SECOND;
  if (whole < minute) return `${whole} s`;
  if (whole < minute * minute) return `${Math.floor(whole / minute)} min ${whole % minute} s`;
  return `${Math.floor(whole / minute / minute)} h ${Math.floor(whole / minute) % minute} min`;
};

/** A timer for `every` that keeps no process alive. */
export const everyInterval: DisplayOptions["every"] = (intervalMs, tick) => {
  const timer = setInterval(tick, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
};

const barText = ({ share = 0, text }: Shown, columns: number): string => {
  const filled = Math.round(Math.min(1, Number.isNaN(share) ? 0 : share) * BAR_CELLS);
  const bar = `${"█".repeat(filled)}${"░".repeat(BAR_CELLS - filled)} ${text}`;
  return bar.length < columns ? bar : text.slice(0, columns - 1);
};

const showBars = async (stderr: Output, looks: readonly (() => Shown)[]): Promise<Surface> => {
  const { default: bars } = await import("cli-progress");
  const multiBar = new bars.MultiBar({
    stream: stderr.stream,
    fps: REDRAWS_PER_SECOND,
    forceRedraw: true,
    clearOnComplete: true,
    hideCursor: false, // a second Ctrl-C would leave the terminal without one
    linewrap: true, // the same
    gracefulExit: false, // signals belong to main.ts
  });
  for (const look of looks) multiBar.create(1, 0, {}, { format: () => barText(look(), stderr.columns) });
  multiBar.update();
  return {
    print: (line) => multiBar.log(`${line}\n`),
    stop: () => {
      multiBar.update(); // writes lines that still wait
      multiBar.stop();
    },
  };
};

/** Between the parts of a line that tells about several things. */
const PARTS = "  |  ";

const showLines = ({ stderr, every }: DisplayOptions, looks: readonly (() => Shown)[]): Surface => {
  const print = (line: string): void => void stderr.stream.write(`${line}\n`);
  return { print, stop: every(LINE_INTERVAL_MS, () => print(looks.map((look) => look().text).join(PARTS))) };
};

const showNothing = ({ stderr }: DisplayOptions): Surface => ({
  print: (line) => void stderr.stream.write(`${line}\n`),
  stop: () => undefined,
});

const surfaceFor = async (options: DisplayOptions, looks: readonly (() => Shown)[]): Promise<Surface> => {
  if (!options.isShown) return showNothing(options);
  return options.stderr.isTerminal ? showBars(options.stderr, looks) : showLines(options, looks);
};

/** @param looks what is shown, each in a bar of its own, asked whenever it is drawn */
export const createDisplay = async (
  options: DisplayOptions,
  ...looks: readonly [() => Shown, ...(() => Shown)[]]
): Promise<Display> => {
  const { stderr, redirectLog, isShown } = options;
  const surface = await surfaceFor(options, looks);
  if (isShown && stderr.isTerminal) redirectLog(surface.print);
  return {
    print: surface.print,
    [Symbol.asyncDispose]: () => {
      surface.stop();
      redirectLog(undefined);
      return Promise.resolve();
    },
  };
};
