/**
 * Scores photo vectors against a label bank: one product and a top-k in one graph. Runs inside a host. The calibration
 * is folded into the bank, row by row, so the product gives the logits of the terms' chances and the top-k ranks by
 * them.
 */
import { ConfigError } from "../../src/errors.ts";
import type { Tower } from "./image-tower.ts";
import { openSession } from "./inference-session.ts";
import type { SessionSettings } from "./inference-session.ts";
import { readLabelBank } from "./label-bank-file.ts";
import type { LabelBank } from "./label-bank-file.ts";
import { loadOnnxRuntime } from "./onnx-runtime.ts";
import { bytesOf, encodeOnnxModel } from "./onnx-graph.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { foldIntoRows, needsReference, spreadOf } from "./tag-calibration.ts";
import type { CosineSpread, TagCalibration } from "./tag-calibration.ts";

export interface TagScorerSpec extends SessionSettings {
  readonly bankPath: string;
  readonly bankKey: string;
  readonly calibration: TagCalibration;
}

export interface ScoreRequest {
  /** `photos x dimension`. */
  readonly vectors: Float32Array;
  /** Number of best terms wanted per photo. */
  readonly limit: number;
  /** Terms below are left out. */
  readonly minLogit: number;
}

/** Photo after photo, best first; equal logits in row order. */
export interface TermScores {
  /** Terms of each photo. */
  readonly counts: Int32Array;
  /** Rows of the bank. */
  readonly rows: Int32Array;
  readonly logits: Float32Array;
}

/** Terms whose reference cosines are computed at once. */
const TERMS_PER_RUN = 4096;

/** `terms [n, d]` to their cosines `[n, reference photos]`. */
const referenceGraph = (reference: Float32Array, dimension: number): OnnxGraph => ({
  name: "reference_cosines",
  inputs: [{ name: "terms", type: "float32", shape: ["terms", dimension] }],
  outputs: [{ name: "cosines", type: "float32", shape: ["terms", reference.length / dimension] }],
  initializers: [
    {
      name: "reference",
      type: "float32",
      shape: [reference.length / dimension, dimension],
      data: bytesOf(reference),
    },
  ],
  nodes: [{ op: "Gemm", inputs: ["terms", "reference"], outputs: ["cosines"], attributes: { transB: 1 } }],
});

const spreadsOf = async (
  { header, rows }: LabelBank,
  calibration: TagCalibration,
  settings: SessionSettings,
): Promise<readonly CosineSpread[]> => {
  const { count, dimension } = header;
  if (!needsReference(calibration)) return Array.from({ length: count }, () => ({ mean: 0, deviation: 1 }));
  const { Tensor } = await loadOnnxRuntime();
  const { reference } = calibration;
  const { session } = await openSession(encodeOnnxModel(referenceGraph(reference, dimension)), settings);
  const photos = reference.length / dimension;
  const spreads: CosineSpread[] = [];
  for (let start = 0; start < count; start += TERMS_PER_RUN) {
    const terms = rows.subarray(start * dimension, Math.min(count, start + TERMS_PER_RUN) * dimension);
    const results = await session.run({ terms: new Tensor("float32", terms, [terms.length / dimension, dimension]) });
    const cosines = results["cosines"]?.data as Float32Array; // as the graph above declares it
    for (let at = 0; at < cosines.length; at += photos) spreads.push(spreadOf(cosines.subarray(at, at + photos)));
  }
  await session.release();
  return spreads;
};

/** `vectors [n, d]`, `limit [1]` to `logits [n, limit]`, `rows [n, limit]`. */
const scoringGraph = ({ header, rows }: LabelBank, offsets: Float32Array): OnnxGraph => ({
  name: "tag_scoring",
  inputs: [
    { name: "vectors", type: "float32", shape: ["photos", header.dimension] },
    { name: "limit", type: "int64", shape: [1] },
  ],
  outputs: [
    { name: "logits", type: "float32", shape: ["photos", "limit"] },
    { name: "rows", type: "int64", shape: ["photos", "limit"] },
  ],
  initializers: [
    { name: "bank", type: "float32", shape: [header.count, header.dimension], data: bytesOf(rows) },
    { name: "offsets", type: "float32", shape: [header.count], data: bytesOf(offsets) },
  ],
  nodes: [
    { op: "Gemm", inputs: ["vectors", "bank", "offsets"], outputs: ["all"], attributes: { transB: 1 } },
    { op: "TopK", inputs: ["all", "limit"], outputs: ["logits", "rows"], attributes: { axis: -1 } },
  ],
});

/** The terms that pass, photo after photo. */
const passing = (logits: Float32Array, rows: BigInt64Array, limit: number, minLogit: number): TermScores => {
  const counts = new Int32Array(limit === 0 ? 0 : logits.length / limit);
  const kept: number[] = [];
  for (const [place, logit] of logits.entries()) {
    if (logit < minLogit) continue;
    const photo = Math.floor(place / limit);
    counts[photo] = (counts[photo] ?? 0) + 1;
    kept.push(place);
  }
  return {
    counts,
    rows: Int32Array.from(kept, (place) => Number(rows[place])),
    logits: Float32Array.from(kept, (place) => logits[place] ?? 0),
  };
};

/** @throws ConfigError when the bank is missing or is not the one asked for */
export const openTagScorer = async (spec: TagScorerSpec): Promise<Tower<ScoreRequest, TermScores>> => {
  const { Tensor } = await loadOnnxRuntime();
  const bank = await readLabelBank(spec.bankPath, spec.bankKey);
  if (bank === undefined) {
    throw new ConfigError(`expected a complete label bank at ${spec.bankPath}, received none`, {
      hint: "Run the command again: photon makes the label bank anew.",
    });
  }
  const { dimension, count } = bank.header;
  const spreads = await spreadsOf(bank, spec.calibration, spec);
  const offsets = foldIntoRows(bank.rows, spec.calibration, spreads); // the rows are not needed otherwise
  const { session, device } = await openSession(encodeOnnxModel(scoringGraph(bank, offsets)), spec);

  const score = async ({ vectors, limit, minLogit }: ScoreRequest): Promise<TermScores> => {
    const wanted = Math.min(limit, count);
    const results = await session.run({
      vectors: new Tensor("float32", vectors, [vectors.length / dimension, dimension]),
      limit: new Tensor("int64", BigInt64Array.of(BigInt(wanted)), [1]),
    });
    // The graph above declares both types.
    const logits = results["logits"]?.data as Float32Array;
    const rows = results["rows"]?.data as BigInt64Array;
    return passing(logits, rows, wanted, minLogit);
  };
  const run = async (requests: readonly ScoreRequest[]): Promise<readonly TermScores[]> => {
    const scores: TermScores[] = [];
    for (const request of requests) scores.push(await score(request));
    return scores;
  };
  return { device, run };
};
