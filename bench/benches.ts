/** All benches. To add one: its file and its line here. */
import { decodeBench } from "./decode.ts";
import { jobQueueBench } from "./job-queue.ts";
import { libraryWritesBench } from "./library-writes.ts";
import { llmBatchingBench } from "./llm-batching.ts";
import { mcpBench } from "./mcp.ts";
import { llmCoreBench, llmCoreManyBench } from "./llm-core.ts";
import { llmMemoryBench, memoryBench } from "./memory.ts";
import { modelSizesBench } from "./model-sizes.ts";
import { photonMiniBench } from "./photon-mini.ts";
import { processBench } from "./process.ts";
import { startUpBench, unchangedBench } from "./start-up.ts";
import { retagBench } from "./retag.ts";
import { scanBench } from "./scan.ts";
import type { Bench } from "./support/bench.ts";
import { watchBench } from "./watch.ts";
import { vectorCommitBench } from "./vector-commit.ts";
import { vectorSearchBenches } from "./vector-search.ts";

export const benches: readonly Bench[] = [
  decodeBench,
  processBench,
  photonMiniBench,
  modelSizesBench,
  libraryWritesBench,
  jobQueueBench,
  llmBatchingBench,
  llmCoreBench,
  llmCoreManyBench,
  retagBench,
  mcpBench,
  vectorCommitBench,
  ...vectorSearchBenches,
  startUpBench,
  unchangedBench,
  scanBench,
  watchBench,
  memoryBench,
  llmMemoryBench,
];
