/** Scores photo vectors against a label bank: one product and a top-k in one graph. Runs inside a host. */
import { ConfigError } from "../../src/errors.ts";
import type { Tower } from "./image-tower.ts";
import { openSession } from "./inference-session.ts";
import type { SessionSettings } from "./inference-session.ts";
import { readLabelBank } from "./label-bank-file.ts";
import type { LabelBank } from "./label-bank-file.ts";
import { bytesOf, encodeOnnxModel } from "./onnx-graph.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

export interface TagScorerSpec extends SessionSettings {
  readonly bankPath: string;
  readonly bankKey: string;
}

export interface ScoreRequest {
  readonly vector: Float32Array;
  /** Number of best terms wanted. */
  readonly limit: number;
}

/** Best first; equal cosines in row order. */
export interface TermScores {
  readonly termIds: readonly string[];
  readonly cosines: Float32Array;
}

/** `vectors [n, d]`, `limit [1]` to `cosines [n, limit]`, `rows [n, limit]`. */
const scoringGraph = ({ header, rows }: LabelBank): OnnxGraph => ({
  name: "tag_scoring",
  inputs: [
    { name: "vectors", type: "float32", shape: ["photos", header.dimension] },
    { name: "limit", type: "int64", shape: [1] },
  ],
  outputs: [
    { name: "cosines", type: "float32", shape: ["photos", "limit"] },
    { name: "rows", type: "int64", shape: ["photos", "limit"] },
  ],
  initializers: [{ name: "bank", type: "float32", shape: [header.count, header.dimension], data: bytesOf(rows) }],
  nodes: [
    { op: "Gemm", inputs: ["vectors", "bank"], outputs: ["all"], attributes: { transB: 1 } },
    { op: "TopK", inputs: ["all", "limit"], outputs: ["cosines", "rows"], attributes: { axis: -1 } },
  ],
});

/** @throws ConfigError when the bank is missing or is not the one asked for */
export const openTagScorer = async (spec: TagScorerSpec): Promise<Tower<ScoreRequest, TermScores>> => {
  const { Tensor } = await import("onnxruntime-node");
  const bank = await readLabelBank(spec.bankPath, spec.bankKey);
  if (bank === undefined) {
    throw new ConfigError(`expected a complete label bank at ${spec.bankPath}, received none`, {
      hint: "Run the command again: photon makes the label bank anew.",
    });
  }
  const { termIds, dimension, count } = bank.header;
  const { session, device } = await openSession(encodeOnnxModel(scoringGraph(bank)), spec);

  // One photo per run: a photo's tags must not depend on what was scored beside it.
  const score = async ({ vector, limit }: ScoreRequest): Promise<TermScores> => {
    const wanted = BigInt64Array.of(BigInt(Math.min(limit, count)));
    const results = await session.run({
      vectors: new Tensor("float32", vector, [1, dimension]),
      limit: new Tensor("int64", wanted, [1]),
    });
    // The graph above declares both types.
    const cosines = results["cosines"]?.data as Float32Array;
    const rows = results["rows"]?.data as BigInt64Array;
    return { termIds: Array.from(rows, (row) => termIds[Number(row)] ?? ""), cosines: cosines.slice() };
  };
  const run = async (requests: readonly ScoreRequest[]): Promise<readonly TermScores[]> => {
    const scores: TermScores[] = [];
    for (const request of requests) scores.push(await score(request));
    return scores;
  };
  return { device, run };
};
