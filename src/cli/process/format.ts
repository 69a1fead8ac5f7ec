/** Which format the records are written in. */
import { extname } from "node:path";

export type RecordFormat = "json" | "jsonl";

const FORMAT_OF_EXTENSION: Readonly<Record<string, RecordFormat>> = {
  ".json": "json",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
};

export interface FormatChoice {
  readonly format: RecordFormat;
  /** Set when the flag contradicts the extension of the file; the flag wins. */
  readonly warning?: string;
}

/** The flag, else the extension of the output file, else the config. */
export const chooseFormat = (
  flag: RecordFormat | undefined,
  outputPath: string | undefined,
  configured: RecordFormat,
): FormatChoice => {
  const extension = outputPath === undefined ? "" : extname(outputPath).toLowerCase();
  const byExtension = FORMAT_OF_EXTENSION[extension];
  if (flag === undefined) return { format: byExtension ?? configured };
  if (byExtension === undefined || byExtension === flag) return { format: flag };
  return { format: flag, warning: `Writing ${flag} into a ${extension} file, because --format says so.` };
};
