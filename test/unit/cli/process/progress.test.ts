import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import {
  createProgress,
  enrichmentText,
  type Progress,
  type ProgressOptions,
  progressText,
} from "../../../../src/cli/process/progress.ts";
import { createRateMeter } from "../../../../src/cli/rate-meter.ts";
import { createOutput } from "../../../../src/cli/terminal.ts";

test("says how far, how fast, how long and how many failed", () => {
  expect(progressText({ done: 1200, failed: 3, total: 5000, rate: 31.5 })).toBe(
    "1,200/5,000  24%  31.5 img/s  ETA 2 min 1 s  3 failed",
  );
  expect(progressText({ done: 12, failed: 0, total: undefined, rate: 0 })).toBe("12  0.0 img/s");
  expect(progressText({ done: 5000, failed: 0, total: 5000, rate: 10 })).toBe("5,000/5,000  100%  10.0 img/s  ETA 0 s");
  expect(progressText({ done: 0, failed: 0, total: 100_000, rate: 2 })).toContain("ETA 13 h 53 min");
  expect(progressText({ done: 7, failed: 0, total: 5, rate: 1 })).toBe("7  1.0 img/s"); // more files than were counted
  expect(progressText({ done: 0, failed: 0, total: 0, rate: 0 })).toBe("0/0  0.0 img/s");
});

test("says how far the descriptions are and what they have cost", () => {
  expect(enrichmentText({ done: 12, failed: 1, total: 40, rate: 0.8, costUsd: 0.0021 })).toBe(
    "12/40 described  30%  0.8/s  ETA 35 s  1 failed  $0.0021",
  );
  expect(enrichmentText({ done: 0, failed: 0, total: 0, rate: 0, costUsd: 0 })).toBe("0/0 described  0.0/s  $0.0000");
  expect(enrichmentText({ done: 7, failed: 0, total: 5, rate: 2, costUsd: 1.5 })).toContain("7/7 described  100%");
});

test("the rate is that of the last 30 seconds", () => {
  let now = 0;
  const meter = createRateMeter(() => now);
  expect(meter.rate()).toBe(0);
  for (let second = 1; second <= 100; second += 1) {
    now = second * 1000;
    meter.record(second <= 60 ? second * 10 : 600 + (second - 60) * 2);
  }
  expect(meter.rate()).toBeCloseTo(2, 1);
});

interface Screen {
  readonly options: ProgressOptions;
  readonly text: () => string;
  readonly tick: () => void;
  readonly log: (line: string) => void;
  readonly counted: () => number;
}

const createScreen = (isTerminal: boolean, overrides: Partial<ProgressOptions> = {}): Screen => {
  const stream = Object.assign(new PassThrough(), { isTTY: isTerminal, columns: 100 }) as unknown as NodeJS.WriteStream; // what a bar uses of it
  let text = "";
  stream.on("data", (chunk) => (text += String(chunk)));
  let tick = (): void => undefined;
  let log = (line: string): void => void (text += `[log]${line}\n`);
  let counted = 0;
  return {
    options: {
      stderr: createOutput(stream, {}),
      redirectLog: (write) => (log = write ?? ((line) => void (text += `[log]${line}\n`))),
      isShown: true,
      countPhotos: async () => {
        counted += 1;
        return 40;
      },
      now: () => performance.now(),
      every: (_interval, onTick) => {
        tick = onTick;
        return () => (tick = () => undefined);
      },
      ...overrides,
    },
    text: () => text,
    tick: () => tick(),
    log: (line) => log(line),
    counted: () => counted,
  };
};

/** Until the counting that the display started has ended. */
const settle = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));
const end = async (progress: Progress): Promise<void> => await progress[Symbol.asyncDispose]();

test("a terminal shows a bar, and lines and logs pass above it", async () => {
  const screen = createScreen(true);
  const progress = await createProgress(screen.options);
  await settle();
  progress.update(10, 2);
  progress.print("broken.jpg: The file is damaged. (decode_failed)");
  screen.log("a log line");
  await end(progress);
  expect(screen.text()).toContain("10/40  25%");
  expect(screen.text()).toContain("2 failed");
  expect(screen.text()).toMatch(/broken\.jpg: The file is damaged\. \(decode_failed\)\n/);
  expect(screen.text()).toContain("a log line\n");
  expect(screen.counted()).toBe(1);
  screen.log("afterwards");
  expect(screen.text()).toContain("[log]afterwards"); // logs go their own way again
});

test("without a terminal there is a line per interval and no control character", async () => {
  const screen = createScreen(false);
  const progress = await createProgress(screen.options);
  expect(screen.counted()).toBe(0); // a short run counts nothing
  progress.update(4, 0);
  screen.tick();
  await settle();
  progress.update(8, 0);
  screen.tick();
  await end(progress);
  screen.tick();
  expect(screen.text().split("\n")).toEqual([expect.stringMatching(/^4 /), expect.stringMatching(/^8\/40 {2}20%/), ""]);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(screen.text()).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/);
});

test.each([true, false])("both streams are shown (terminal: %s), each with its own pace", async (isTerminal) => {
  const screen = createScreen(isTerminal, { enrichment: () => Promise.resolve({ total: 20, costUsd: 0.5 }) });
  const progress = await createProgress(screen.options);
  screen.tick();
  await settle();
  progress.update(40, 0);
  progress.updateEnrichment(5, 1);
  screen.tick();
  await end(progress);
  expect(screen.text()).toContain("40/40  100%");
  expect(screen.text()).toContain("5/20 described  25%");
  expect(screen.text()).toContain("1 failed  $0.5000");
});

test("nothing is shown when nothing is wanted, but lines still are", async () => {
  const screen = createScreen(true, { isShown: false });
  const progress = await createProgress(screen.options);
  progress.update(4, 0);
  progress.print("a failure");
  await end(progress);
  expect(screen.text()).toBe("a failure\n");
});

test("a count that fails leaves a bar without total", async () => {
  const screen = createScreen(true, { countPhotos: () => Promise.reject(new Error("gone")) });
  const progress = await createProgress(screen.options);
  await settle();
  progress.update(3, 0);
  await end(progress);
  expect(screen.text()).toContain(" 3  ");
});
