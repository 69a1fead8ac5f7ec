/** How far a download is: `vision.onnx 12.3 MB of 94.6 MB  31%  8.2 MB/s  ETA 1 min 2 s`. */
import type { InstallProgress } from "../../../models/embedding/download/install-model.ts";
import type { Display, DisplayOptions } from "../progress-display.ts";
import { createDisplay, remainingText } from "../progress-display.ts";
import type { RateMeter } from "../rate-meter.ts";
import { createRateMeter } from "../rate-meter.ts";
import { formatBytes } from "../terminal.ts";

export interface DownloadProgress extends AsyncDisposable {
  readonly update: (progress: InstallProgress) => void;
  readonly print: Display["print"];
}

/** @param rate bytes per second */
export const downloadText = (progress: InstallProgress | undefined, rate: number): string => {
  if (progress === undefined) return "starting";
  const { file, fileBytes, fileTotal, bytes, total } = progress;
  const ofFile = fileTotal === undefined ? "" : ` of ${formatBytes(fileTotal)}`;
  const share = total > 0 ? [`${Math.floor((bytes * 100) / total)}% of ${formatBytes(total)}`] : [];
  const remaining = rate > 0 && total >= bytes ? [`ETA ${remainingText((total - bytes) / rate)}`] : [];
  return [`${file} ${formatBytes(fileBytes)}${ofFile}`, ...share, `${formatBytes(rate)}/s`, ...remaining].join("  ");
};

export const createDownloadProgress = async (
  options: DisplayOptions & { readonly now: () => number },
): Promise<DownloadProgress> => {
  let latest: InstallProgress | undefined;
  let meter: RateMeter = createRateMeter(options.now);
  let here = 0;
  const display = await createDisplay(options, () => ({
    share: latest === undefined || latest.total === 0 ? undefined : latest.bytes / latest.total,
    text: downloadText(latest, meter.rate()),
  }));
  let highest = 0;
  return {
    update: (progress) => {
      // Bytes that were here before, or are fetched again, say nothing about the connection.
      const step = progress.bytes - highest;
      if (latest === undefined || progress.file !== latest.file || step < 0) meter = createRateMeter(options.now);
      here = latest === undefined || progress.file !== latest.file || step < 0 ? 0 : here + step;
      highest = progress.bytes;
      latest = progress;
      meter.record(here);
    },
    print: display.print,
    [Symbol.asyncDispose]: () => display[Symbol.asyncDispose](),
  };
};
