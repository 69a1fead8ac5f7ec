/** Turns outcomes into records, messages and counts. */
import { tagCore, toErrorRecord, toRecord, withoutBrokenVector } from "../../photo/record.ts";
import type { RecordFailure, RecordOptions } from "../../photo/record.ts";
import type { PhotoFailure } from "../../photo/types.ts";
import type { ProcessOutcome } from "../../pipeline/outcome.ts";
import type { RecordOutput } from "./output.ts";
import { countFailure, createTally, type Tally } from "./tally.ts";

export interface Reporter {
  readonly tally: Tally;
  readonly report: (outcome: ProcessOutcome) => Promise<void>;
  /** A path or photo without a record. */
  readonly reportFailure: (displayPath: string, failure: PhotoFailure) => Promise<void>;
  /** Writes or prints it without counting. */
  readonly say: (displayPath: string, failure: RecordFailure) => Promise<void>;
}

export interface ReporterOptions {
  readonly output: RecordOutput;
  readonly records: RecordOptions;
  /** Records of several kinds follow each other: each says its own. */
  readonly isTagged: boolean;
  /** Write failures as records instead of messages. */
  readonly errorRecords: boolean;
  /** Writes a line for people. */
  readonly print: (line: string) => void;
}

/** A failed thumbnail is worth a warning only: the record is of use without it. */
const WARNING_STAGE = "thumbnail";

/** Names of files must not steer a terminal. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const printable = (text: string): string => text.replaceAll(/[\u0000-\u001F\u007F-\u009F]/g, "\uFFFD");

export const createReporter = (options: ReporterOptions): Reporter => {
  const { output, records, isTagged, errorRecords, print } = options;
  const tally = createTally();
  const say = async (displayPath: string, failure: RecordFailure): Promise<void> => {
    if (errorRecords) await output.write(toErrorRecord(displayPath, failure));
    else print(printable(`${displayPath}: ${failure.message} (${failure.code})`));
  };
  const sayAndCount = async (displayPath: string, failure: PhotoFailure): Promise<void> => {
    countFailure(tally, failure.code);
    await say(displayPath, failure);
  };
  const reportDone = async (outcome: Extract<ProcessOutcome, { status: "done" }>): Promise<void> => {
    const { displayPath } = outcome.source;
    const { photo, failure } = withoutBrokenVector(outcome.photo);
    const record = toRecord(displayPath, photo, records);
    await output.write(isTagged ? tagCore(record) : record);
    tally.succeeded += 1;
    tally.bytes += photo.fileSize;
    const failures = [...outcome.failures, ...(failure === undefined ? [] : [failure])];
    for (const warning of failures.filter(({ stage }) => stage === WARNING_STAGE)) {
      print(printable(`warning: ${displayPath}: ${warning.message} (no thumbnail)`));
    }
    const lost = failures.filter(({ stage }) => stage !== WARNING_STAGE);
    if (lost.length > 0) tally.incomplete += 1;
    for (const part of lost) await sayAndCount(displayPath, part);
  };
  const reportFailure = async (displayPath: string, failure: PhotoFailure): Promise<void> => {
    tally.failed += 1;
    await sayAndCount(displayPath, failure);
  };
  return {
    tally,
    say,
    reportFailure,
    report: async (outcome) => {
      if (outcome.status === "done") return await reportDone(outcome);
      if (outcome.status === "failed") return await reportFailure(outcome.source.displayPath, outcome.failure);
      outcome.status satisfies "unchanged";
      tally.skipped += 1;
    },
  };
};
