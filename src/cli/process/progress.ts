/** Shows how far a run is: a bar on a terminal, elsewhere a line now and then. Always on stderr. */
import { SECOND } from "../../clock.ts";
import type { DisplayOptions, Shown } from "../progress-display.ts";
import { createDisplay, remainingText } from "../progress-display.ts";
import { createRateMeter } from "../rate-meter.ts";
import { formatCount } from "../terminal.ts";
import { costText } from "./tally.ts";

export interface Progress extends AsyncDisposable {
  readonly update: (done: number, failed: number) => void;
  /** How far the descriptions are. */
  readonly updateEnrichment: (done: number, failed: number) => void;
  /** Writes a line above the bar. */
  readonly print: (line: string) => void;
}

export interface ProgressOptions extends DisplayOptions {
  /** Counts all photos of the run; asked once, when there is something to show. */
  readonly countPhotos: () => Promise<number>;
  /** Shows a second stream; asked now and then. Left out = there is none. */
  readonly enrichment?: () => Promise<EnrichmentExtent>;
  /** Milliseconds. */
  readonly now: () => number;
}

export interface EnrichmentExtent {
  /** Asked for so far. */
  readonly total: number;
  /** US dollars. */
  readonly costUsd: number;
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

/** `12/40 described  30%  0.8/s  ETA 35 s  1 failed  $0.0021` */
export const enrichmentText = (state: Omit<ProgressState, "total"> & EnrichmentExtent): string => {
  const { done, failed, total, rate, costUsd } = state;
  return [
    `${formatCount(done)}/${formatCount(Math.max(total, done))} described`,
    ...(total > 0 ? [`${Math.floor((Math.min(done, total) * 100) / total)}%`] : []),
    `${rate.toFixed(1)}/s`,
    ...(rate > 0 && total > done ? [`ETA ${remainingText((total - done) / rate)}`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    costText({ costUsd, unpricedCalls: 0 }),
  ].join("  ");
};

const REFRESH_MS = 2 * SECOND;

/** The second stream's figures; what it has to ask for is asked now and then, while the bar goes on. */
const createEnrichmentLook = (ask: () => Promise<EnrichmentExtent>, now: () => number) => {
  const meter = createRateMeter(now);
  let extent: EnrichmentExtent = { total: 0, costUsd: 0 };
  let [done, failed, askedAt] = [0, 0, Number.NEGATIVE_INFINITY];
  const refresh = (): void => {
    if (now() - askedAt < REFRESH_MS) return;
    askedAt = now();
    ask().then(
      (found) => void (extent = found),
      () => undefined, // the last figures stand
    );
  };
  return {
    update: (doneNow: number, failedNow: number): void => {
      [done, failed] = [doneNow, failedNow];
      meter.record(doneNow);
    },
    look: () => {
      refresh();
      const share = extent.total === 0 ? undefined : done / extent.total;
      return { share, text: enrichmentText({ done, failed, rate: meter.rate(), ...extent }) };
    },
  };
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
  const lookAtPhotos = (): Shown => {
    const shown = state();
    return { share: shown.total === undefined ? undefined : shown.done / shown.total, text: progressText(shown) };
  };
  const enrichment = options.enrichment === undefined ? undefined : createEnrichmentLook(options.enrichment, now);
  const display = await createDisplay(options, lookAtPhotos, ...(enrichment === undefined ? [] : [enrichment.look]));
  return {
    update: (doneNow, failedNow) => {
      [done, failed] = [doneNow, failedNow];
      meter.record(doneNow);
    },
    updateEnrichment: (doneNow, failedNow) => enrichment?.update(doneNow, failedNow),
    print: display.print,
    [Symbol.asyncDispose]: () => display[Symbol.asyncDispose](),
  };
};
