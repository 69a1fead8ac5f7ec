/** Picks the form of output for what the user asked. */
import { open } from "node:fs/promises";
import type { Logger } from "../../logger.ts";
import { createArrayFile } from "./array-file.ts";
import { createRecordIndex, journalPath, type RecordIndex } from "./earlier-records.ts";
import type { RecordFormat } from "./format.ts";
import { createLinesFile } from "./lines-file.ts";
import type { RecordOutput } from "./output.ts";
import { outputError, type OutputTarget } from "./output-target.ts";
import { removeLeftOver } from "./replace-file.ts";
import { createArrayStream, createLineStream, createObjectStream, type Sink } from "./stream-output.ts";

export interface OutputWish {
  /** undefined = stdout. */
  readonly target: OutputTarget | undefined;
  readonly format: RecordFormat;
  /** The only input is one file. */
  readonly isSingle: boolean;
  readonly skipExisting: boolean;
  /** Indent JSON in files. */
  readonly pretty: boolean;
}

export interface OpenedOutput {
  readonly output: RecordOutput;
  /** Records that were there before; undefined without --skip-existing. */
  readonly earlier: RecordIndex | undefined;
}

const openStream = (sink: Sink, { format, isSingle }: OutputWish): RecordOutput => {
  if (format === "jsonl") return createLineStream(sink);
  return isSingle ? createObjectStream(sink) : createArrayStream(sink);
};

const openDevice = async (path: string, wish: OutputWish): Promise<RecordOutput> => {
  const kept = "Nothing else was changed.";
  const handle = await open(path, "w").catch((error: unknown) => {
    throw outputError(path, error, kept);
  });
  const sink: Sink = async (text) => {
    try {
      await handle.writeFile(text); // goes on where the last one ended
    } catch (error) {
      throw outputError(path, error, kept);
    }
  };
  return { ...openStream(sink, wish), [Symbol.asyncDispose]: async () => await handle.close() };
};

export const openOutput = async (wish: OutputWish, stdout: Sink, logger: Logger): Promise<OpenedOutput> => {
  const { target, format, isSingle, skipExisting, pretty } = wish;
  if (target?.kind !== "file") {
    if (skipExisting) logger.warn("--skip-existing needs an output file (--output) to look into; it is ignored.");
    const output = target === undefined ? openStream(stdout, wish) : await openDevice(target.path, wish);
    return { output, earlier: undefined };
  }
  for (const path of [target.path, journalPath(target.path)]) await removeLeftOver(path);
  const earlier = skipExisting ? createRecordIndex() : undefined;
  const output =
    format === "jsonl"
      ? await createLinesFile(target, earlier, logger)
      : await createArrayFile(target, { pretty, isSingle, resume: earlier, logger });
  return { output, earlier };
};
