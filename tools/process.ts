/** `process`: photos in the user's folders are indexed; a job that goes on when the call has ended. */
import { z } from "zod";
import type { LibraryGuide } from "../src/app/library-guide.ts";
import type { ProcessJobsApi } from "../src/app/process-jobs.ts";
import { SECOND } from "../src/clock.ts";
import { realPathInsideRoots } from "../src/library/root-gate.ts";
import { NotFoundError } from "../src/errors.ts";
import { processData, processResultSchema } from "./process/process-data.ts";
import { CALL_LIMIT_MS } from "./run-call.ts";
import { defineTool } from "./tool.ts";

const checked = async (library: LibraryGuide, paths: readonly string[]) => {
  const { added } = await library.readableRoots();
  const found: string[] = [];
  const refused: { readonly path: string; readonly code: string; readonly message: string }[] = [];
  for (const path of new Set(paths)) {
    try {
      found.push(await realPathInsideRoots(path, added));
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      refused.push({ path, code: error.code, message: error.message });
    }
  }
  return { found, refused };
};

export const processPhotos = defineTool({
  name: "process",
  title: "Process photos",
  description:
    "Index new or changed photos: files or folders inside the user's photo folders. Returns counts and ids, or a job_id when it takes longer; get_status with it tells how far it is.",
  input: z.strictObject({
    paths: z.array(z.string().min(1).max(4096)).min(1).max(200),
    recursive: z.boolean().default(true),
    force: z.boolean().default(false),
    enrich: z.enum(["auto", "skip"]).default("auto"),
    wait_seconds: z.int().min(0).max(45).default(20),
  }),
  result: processResultSchema,
  effect: "write",
  openWorld: ({ provider }) => provider?.leavesMachine === true,
  timeLimitMs: ({ wait_seconds: wait }) => CALL_LIMIT_MS + wait * SECOND,
  async handle({ paths, recursive, force, enrich, wait_seconds: wait }, { photon, progress }, signal) {
    const library: LibraryGuide & ProcessJobsApi = await photon();
    const { found, refused } = await checked(library, paths);
    const [first] = refused;
    if (found.length === 0 && first !== undefined) {
      throw new NotFoundError(first.message, {
        hint: "Give a path in one of the photo folders; get_status lists them. The user adds folders with photon roots add.",
      });
    }
    const jobId = await library.startProcessJob({ paths: found, recursive, force, enrich: enrich === "auto" });
    let told = 0;
    const onCounts = ({
      done,
      skipped,
      failed,
      queued,
    }: {
      done: number;
      skipped: number;
      failed: number;
      queued: number;
    }) => {
      const ended = done + skipped + failed;
      if (ended <= told) return;
      told = ended;
      void progress(ended, ended + queued, `${ended} of ${ended + queued} photos`).catch(() => undefined); // the client has gone
    };
    const waiting = AbortSignal.any([signal, AbortSignal.timeout(wait * SECOND)]);
    const job = await library.awaitProcessJob(jobId, { signal: waiting, onCounts });
    signal.throwIfAborted();
    return { kind: "job", jobId, data: processData(jobId, job, refused) };
  },
});
