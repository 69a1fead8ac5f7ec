/** The answer of `process`, and what its job gives when it has ended. */
import { z } from "zod";
import type { ProcessJobResult } from "../../src/app/process-jobs.ts";
import type { StoredProcessJob } from "../../src/catalogue/process-job-repository.ts";
import { outsideName } from "../photos/outside-text.ts";

const MOST_ERRORS = 20;
const STATES = { RUNNING: "working", COMPLETED: "completed", CANCELLED: "cancelled" } as const;

const errorSchema = z.strictObject({ path: z.string(), code: z.string(), message: z.string() });

export const processResultSchema = z.strictObject({
  job_id: z.string(),
  state: z.enum(["working", "completed", "cancelled"]),
  /** Photos that are new or were made anew. */
  done: z.number(),
  /** Found and not done yet. */
  queued: z.number(),
  /** Known and unchanged. */
  skipped: z.number(),
  failed: z.number(),
  errors: z.array(errorSchema),
  /** The first 50. */
  ids: z.array(z.string()),
  note: z.string().optional(),
});
export type ProcessData = z.output<typeof processResultSchema>;

type PathError = z.output<typeof errorSchema>;

const NO_RESULT: ProcessJobResult = { ids: [], errors: [], describing: 0, unconfirmed: 0 };

const notesOf = (state: ProcessData["state"], { describing, unconfirmed }: ProcessJobResult): readonly string[] => [
  ...(state === "working" ? ["It goes on; get_status with job_id tells how far it is."] : []),
  ...(describing > 0 ? [`${describing} descriptions were queued; read them with get_enrichment.`] : []),
  ...(unconfirmed > 0
    ? [`${unconfirmed} photos lack a description; so many need the user's yes: request_enrichment.`]
    : []),
];

/** By its last names: what lies above is nobody's business. */
const shownPath = (path: string): string => outsideName(path.split("/").slice(-2).join("/"), 200);

export const processData = (
  jobId: string,
  job: StoredProcessJob | undefined,
  refused: readonly PathError[] = [],
): ProcessData => {
  const state = STATES[job?.state ?? "CANCELLED"];
  const { done = 0, queued = 0, skipped = 0, failed = 0 } = job?.counts ?? {};
  const result = (job?.result ?? NO_RESULT) as ProcessJobResult; // written by process-jobs.ts
  const errors = [
    ...refused.map(({ path, ...error }) => ({ path: outsideName(path, 200), ...error })),
    ...result.errors.map(({ path, ...error }) => ({ path: shownPath(path), ...error })),
  ].slice(0, MOST_ERRORS);
  const notes = notesOf(state, result);
  return {
    job_id: jobId,
    state,
    done,
    queued,
    skipped,
    failed: failed + refused.length,
    errors,
    ids: [...result.ids],
    ...(notes.length === 0 ? {} : { note: notes.join(" ") }),
  };
};
