/** `get_status`: what the library holds, what is pending, who works on it, what went wrong. */
import { z } from "zod";
import type { ToolContext } from "./outcome.ts";
import type { JobData } from "./status/job-status.ts";
import { jobData, jobSchema, processJobData } from "./status/job-status.ts";
import type { StatusData, StatusLibrary } from "./status/status-data.ts";
import { readStatusData, statusSchema } from "./status/status-data.ts";
import { defineTool } from "./tool.ts";

/** Also what `photon://status` shows. */
export const readStatus = async (
  { photon, version }: Pick<ToolContext, "photon" | "version">,
  signal: AbortSignal = new AbortController().signal,
): Promise<StatusData> => {
  const library: StatusLibrary = await photon();
  return readStatusData(library, version, signal);
};

const readJob = async (library: StatusLibrary, jobId: string): Promise<JobData> => {
  const process = await library.processJob(jobId);
  return process === undefined ? jobData(await library.enrichment.status(jobId)) : processJobData(process);
};

export const getStatus = defineTool({
  name: "get_status",
  title: "Library status",
  description:
    "What is indexed, pending and failed, the photo folders, who works, enrichment with queue and providers; with job_id how far that job is.",
  input: z.strictObject({ job_id: z.string().max(40).optional() }),
  output: z.looseObject({
    indexed: z.number(),
    pending: z.number(),
    failed: z.number(),
  }),
  result: statusSchema.extend({ job: jobSchema.optional() }),
  effect: "read",
  async handle({ job_id: jobId }, context, signal) {
    const library: StatusLibrary = await context.photon();
    const job = jobId === undefined ? undefined : await readJob(library, jobId);
    const status = await readStatus(context, signal);
    return { kind: "data", data: { ...status, ...(job === undefined ? {} : { job }) } };
  },
});
