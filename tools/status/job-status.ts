/** What has become of a job, in the names that programs know. */
import { z } from "zod";
import type { ExecutionStatus } from "../../src/app/enrichment/follow-execution.ts";
import type { StoredProcessJob } from "../../src/catalogue/process-job-repository.ts";
import { outsideName } from "../photos/outside-text.ts";

export const jobSchema = z.strictObject({
  job_id: z.string(),
  command: z.string().describe("Name of the tool or command that began it."),
  state: z.enum(["working", "completed", "cancelled"]),
  success: z.boolean().describe("Nothing has failed so far."),
  message: z.string(),
  total: z.number(),
  pending: z.number(),
  processed_count: z.number(),
  failed_count: z.number(),
  failures: z.record(z.string(), z.number()).optional().describe("Failed items by public code."),
  eta_s: z.number().optional(),
});
export type JobData = z.output<typeof jobSchema>;

const STATES = { RUNNING: "working", COMPLETED: "completed", CANCELLED: "cancelled" } as const;

const messageOf = ({ progress: { total, pending, processed, failed } }: ExecutionStatus): string =>
  [
    `${processed} of ${total} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(pending > 0 ? [`${pending} waiting`] : []),
  ].join(", ");

export const jobData = (status: ExecutionStatus): JobData => {
  const { executionId, command, state, progress, failures, etaSeconds } = status;
  const isDone = state === "RUNNING" && progress.total > 0 && progress.pending === 0;
  return {
    job_id: executionId,
    command: outsideName(command),
    state: isDone ? "completed" : STATES[state],
    success: progress.failed === 0,
    message: messageOf(status),
    total: progress.total,
    pending: progress.pending,
    processed_count: progress.processed,
    failed_count: progress.failed,
    ...(Object.keys(failures).length === 0 ? {} : { failures: { ...failures } }),
    ...(etaSeconds === undefined ? {} : { eta_s: etaSeconds }),
  };
};

/** Of a job of `process`. */
export const processJobData = ({ jobId, state, counts }: StoredProcessJob): JobData => {
  const { done, queued, skipped, failed } = counts;
  const total = done + queued + skipped + failed;
  return {
    job_id: jobId,
    command: "process",
    state: STATES[state],
    success: failed === 0,
    message: `${done} done, ${skipped} known before, ${failed} failed, ${queued} to do`,
    total,
    pending: queued,
    processed_count: done + skipped,
    failed_count: failed,
  };
};
