/** Counts what became of the photos, and says it. */
import type { RecordFailureCode } from "../../photo/record.ts";
import { EXIT } from "../command.ts";
import { formatCount, formatPlural } from "../terminal.ts";

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
  readonly codes: Map<RecordFailureCode, number>;
  /** What language models were asked about the photos. */
  readonly enrichment: {
    /** Results of the asked kinds, whether or not a record was written for them. */
    described: number;
    failed: number;
    /** Left to wait for their provider. */
    queued: number;
    readonly codes: Map<RecordFailureCode, number>;
  };
}

export const createTally = (): Tally => ({
  succeeded: 0,
  failed: 0,
  incomplete: 0,
  skipped: 0,
  bytes: 0,
  codes: new Map(),
  enrichment: { described: 0, failed: 0, queued: 0, codes: new Map() },
});

export const countFailure = ({ codes }: Pick<Tally, "codes">, code: RecordFailureCode): void =>
  void codes.set(code, (codes.get(code) ?? 0) + 1);

export const finished = ({ succeeded, failed, skipped }: Tally): number => succeeded + failed + skipped;

/** Enrichments that have ended, well or badly. */
export const answered = ({ enrichment: { described, failed } }: Tally): number => described + failed;

export const exitCode = ({ succeeded, failed, incomplete, skipped, enrichment }: Tally): number => {
  if (failed === 0 && incomplete === 0 && enrichment.failed === 0) return EXIT.done;
  return succeeded + skipped === 0 ? EXIT.failed : EXIT.partlyFailed;
};

const MEGABYTE = 1_000_000;

/** ` (decode_failed 2)` */
const codesText = (codes: Tally["codes"]): string =>
  codes.size === 0 ? "" : ` (${[...codes].map(([code, count]) => `${code} ${formatCount(count)}`).join(", ")})`;

/**
 * `118 succeeded, 2 failed (decode_failed 2), 5 skipped, 125 in total, 12.3 s, 9.6 img/s, 30.1 MB/s`
 * @param seconds that the photos took, without waiting for language models
 */
export const summaryText = (tally: Tally, seconds: number): string => {
  const incomplete = tally.incomplete === 0 ? [] : [`${formatCount(tally.incomplete)} of them incomplete`];
  const rate = (amount: number): string => (seconds > 0 ? (amount / seconds).toFixed(1) : "0.0");
  return [
    `${formatCount(tally.succeeded)} succeeded`,
    ...incomplete,
    `${formatCount(tally.failed)} failed${codesText(tally.codes)}`,
    `${formatCount(tally.skipped)} skipped`,
    `${formatCount(finished(tally))} in total`,
    `${seconds.toFixed(1)} s`,
    `${rate(tally.succeeded)} img/s`,
    `${rate(tally.bytes / MEGABYTE)} MB/s`,
  ].join(", ");
};

/** What a user can do about each kind of failure. */
const HINTS: Readonly<Record<RecordFailureCode, string>> = {
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
  llm_unavailable:
    "`photon llm status` says what is wrong with the provider; what failed is asked again by the next run.",
  llm_timeout: "allow more time in llm.<provider>.timeout_ms, or choose a faster model.",
  llm_rejected: "the model refused, or gave no usable answer; try another one with --llm-model.",
  llm_empty: "the model gave an empty answer; try another one with --llm-model.",
  llm_budget: "raise llm.budget or --budget, or wait until the day or month is over; what waits stays in the queue.",
  internal: "this looks like a bug; run the command again with --verbose and report what it prints.",
};

export interface EnrichmentCosts {
  /** US dollars of the calls whose price is known. */
  readonly costUsd: number;
  readonly unpricedCalls: number;
}

/** `$0.0123`, or `$0.0123 and 3 calls without a known price` */
export const costText = ({ costUsd, unpricedCalls }: EnrichmentCosts): string => {
  const unpriced = unpricedCalls === 0 ? "" : ` and ${formatPlural(unpricedCalls, "call")} without a known price`;
  return `$${costUsd.toFixed(costUsd < 1 ? 4 : 2)}${unpriced}`;
};

/** `42 described, 1 failed (llm_rejected 1), 3 queued, $0.0123` */
export const enrichmentSummary = ({ enrichment }: Tally, costs: EnrichmentCosts): string => {
  const { described, failed, queued, codes } = enrichment;
  return [
    `${formatCount(described)} described`,
    `${formatCount(failed)} failed${codesText(codes)}`,
    ...(queued > 0 ? [`${formatCount(queued)} queued`] : []),
    costText(costs),
  ].join(", ");
};

export const failureHints = ({ codes, enrichment }: Tally): readonly string[] =>
  [...new Set([...codes.keys(), ...enrichment.codes.keys()])].map((code) => `hint: ${code}: ${HINTS[code]}`);
