/** Long work as Tasks show it. */
import type { Photon } from "../src/app.ts";
import type { ProcessJobsApi } from "../src/app/process-jobs.ts";
import type { StoredProcessJob } from "../src/catalogue/process-job-repository.ts";
import type { Job, Jobs } from "./edge.ts";
import { processData } from "./process/process-data.ts";

const STATUS = { RUNNING: "working", COMPLETED: "completed", CANCELLED: "cancelled" } as const;

const messageOf = ({ counts: { done, queued, skipped, failed } }: StoredProcessJob): string =>
  `${done} done, ${skipped} known, ${failed} failed, ${queued} to do`;

/** As the call would have answered. */
const resultOf = (job: StoredProcessJob): NonNullable<Job["result"]> => {
  const data = processData(job.jobId, job);
  return { structuredContent: data, content: [{ type: "text", text: JSON.stringify(data) }] };
};

const jobOf = (job: StoredProcessJob): Job => ({
  status: STATUS[job.state],
  statusMessage: messageOf(job),
  createdAt: new Date(job.startedAt).toISOString(),
  lastUpdatedAt: new Date(job.completedAt ?? job.startedAt).toISOString(),
  ...(job.state === "COMPLETED" ? { result: resultOf(job) } : {}),
});

export const createJobs = (photon: () => Promise<Photon>): Jobs => ({
  find: async (id) => {
    const library: ProcessJobsApi = await photon();
    const job = await library.processJob(id);
    return job === undefined ? undefined : jobOf(job);
  },
  cancel: async (id) => {
    const library: ProcessJobsApi = await photon();
    await library.cancelProcessJob(id);
  },
});
