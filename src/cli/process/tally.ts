/** Counts what became of the photos, and says it. */
import type { PhotoFailureCode } from "../../errors.ts";
import { EXIT } from "../command.ts";
import { formatCount } from "../terminal.ts";

export interface Tally {
  /** Photos with a record. */
  succeeded: number;
  /** Photos and paths without a record. */
  failed: number;
  /** Photos with a record that lacks a part. */
  incomplete: number;
  /** Photos that were up to date. */
  skipped: number;
  /** Bytes of the photos with a record. */
  bytes: number;
  readonly codes: Map<PhotoFailureCode, number>;
}

export const createTally = (): Tally => ({
  succeeded: 0,
  failed: 0,
  incomplete: 0,
  skipped: 0,
  bytes: 0,
  codes: new Map(),
});

export const countFailure = ({ codes }: Tally, code: PhotoFailureCode): void =>
  void codes.set(code, (codes.get(code) ?? 0) + 1);

export const finished = ({ succeeded, failed, skipped }: Tally): number => succeeded + failed + skipped;

export const exitCode = ({ succeeded, failed, incomplete, skipped }: Tally): number => {
  if (failed === 0 && incomplete === 0) return EXIT.done;
  return succeeded + skipped === 0 ? EXIT.failed : EXIT.partlyFailed;
};

const MEGABYTE = 1_000_000;

/** `118 succeeded, 2 failed (decode_failed 2), 5 skipped, 125 in total, 12.3 s, 9.6 img/s, 30.1 MB/s` */
export const summaryText = (tally: Tally, seconds: number): string => {
  const codes = [...tally.codes].map(([code, count]) => `${code} ${formatCount(count)}`).join(", ");
  const incomplete = tally.incomplete === 0 ? [] : [`${formatCount(tally.incomplete)} of them incomplete`];
  const rate = (amount: number): string => (seconds > 0 ? (amount / seconds).toFixed(1) : "0.0");
  return [
    `${formatCount(tally.succeeded)} succeeded`,
    ...incomplete,
    `${formatCount(tally.failed)} failed${codes === "" ? "" : ` (${codes})`}`,
    `${formatCount(tally.skipped)} skipped`,
    `${formatCount(finished(tally))} in total`,
    `${seconds.toFixed(1)} s`,
    `${rate(tally.succeeded)} img/s`,
    `${rate(tally.bytes / MEGABYTE)} MB/s`,
  ].join(", ");
};

/** What a user can do about each kind of failure. */
const HINTS: Readonly<Record<PhotoFailureCode, string>> = {
  not_found: "the file was moved or deleted during the run; run the command again.",
  unreadable: "check the permissions of the file or folder, or the disk.",
  too_large: "raise limits.max_file_size_mb in the configuration (`photon config path`).",
  too_many_pixels: "raise limits.max_image_dimension or limits.max_megapixels in the configuration.",
  unsupported_format: "`photon doctor` lists the formats this installation reads.",
  decode_failed: "the file is damaged or incomplete; copy it again from its source.",
  decode_timeout: "raise limits.decode_timeout_ms in the configuration.",
  unstable_file: "the file is still being written; run the command again when the copy is done.",
  embed_failed: "run `photon doctor` to check the model.",
  embed_timeout: "raise limits.embed_timeout_ms in the configuration, or lower --parallel.",
  tag_failed: "run `photon doctor` to check the model and the vocabulary.",
  cancelled: "run the command again to process what is left.",
  internal: "this looks like a bug; run the command again with --verbose and report what it prints.",
};

export const failureHints = ({ codes }: Tally): readonly string[] =>
  [...codes.keys()].map((code) => `hint: ${code}: ${HINTS[code]}`);
