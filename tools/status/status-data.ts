/** The answer of `get_status`, and the content of `photon://status`. */
import { z } from "zod";
import type { EnrichmentApi } from "../../src/app/enrichment/enrichment-api.ts";
import type { LlmApi } from "../../src/app/enrichment/llm-api.ts";
import type { LlmStatus } from "../../src/app/enrichment/llm-status.ts";
import type { LibraryGuide } from "../../src/app/library-guide.ts";
import type { ProcessJobsApi } from "../../src/app/process-jobs.ts";
import { errorReport, PhotonError } from "../../src/errors.ts";
import type { AdministrationApi, LibraryOverview } from "../../src/library/administration.ts";
import type { WatchStatus } from "../../src/library/watch-status.ts";
import { outsideName } from "../photos/outside-text.ts";
import { enrichmentSchema, enrichmentStatus } from "./enrichment-status.ts";
import { lastErrors, lastErrorSchema } from "./last-errors.ts";

export interface StatusLibrary
  extends
    LibraryGuide,
    ProcessJobsApi,
    Pick<AdministrationApi, "overview" | "roleHolders" | "quarantined" | "watchStatus">,
    Pick<LlmApi, "llmStatus"> {
  readonly enrichment: EnrichmentApi;
}

const COMMITTER = "committer";
const MOST_ROOTS = 30;

const processSchema = z.string().describe("Host and process id");

export const statusSchema = z.strictObject({
  version: z.string(),
  indexed: z.number(),
  files: z.number(),
  pending: z.number().describe("Files to process, and photos whose index row is out of date."),
  failed: z.number().describe("Files that cannot be processed."),
  roots: z.array(
    z.strictObject({
      path: z.string(),
      kind: z.enum(["added", "visited"]).describe("visited: its photos are served by id, no tool takes paths in it."),
      files: z.number(),
      online: z.boolean(),
    }),
  ),
  watched: z
    .array(
      z.strictObject({
        path: z.string(),
        mode: z.enum(["events", "timed", "frozen", "held", "off"]).describe("How the agent finds changes."),
        why: z.string().optional().describe("Why it is not `events`."),
        fix: z.string().optional().describe("What the user can do about it."),
        offline: z.boolean(),
        new_files: z.number().describe("Found and not processed yet."),
      }),
    )
    .describe("Added folders as the agent sees them."),
  model: z.strictObject({ id: z.string(), vectors: z.number(), basic: z.boolean() }).nullable(),
  workers: z.array(z.strictObject({ role: z.string(), process: processSchema })).describe("Who works on enrichments."),
  committer: processSchema.nullable().describe("Who writes the search index; null = nobody has to."),
  agent: z.strictObject({ alive: z.boolean(), paused: z.boolean() }),
  enrichment: enrichmentSchema,
  last_errors: z.array(lastErrorSchema),
});
export type StatusData = z.output<typeof statusSchema>;

/** `host|pid|...` of a lease, without what only leases need. */
const processOf = (owner: string): string => outsideName(owner.split("|").slice(0, 2).join(" "));

const rootsOf = async (library: StatusLibrary, { roots }: LibraryOverview): Promise<StatusData["roots"]> => {
  const { added, visited } = await library.readableRoots();
  const online = new Set([...added, ...visited]);
  return roots
    .slice(0, MOST_ROOTS)
    .map(({ path, kind, files }) => ({ path: outsideName(path, 300), kind, files, online: online.has(path) }));
};

const watchedOf = ({ roots }: WatchStatus): StatusData["watched"] =>
  roots.slice(0, MOST_ROOTS).map(({ path, mode, reason, fix, offline, files }) => ({
    path: outsideName(path, 300),
    mode,
    ...(reason === undefined ? {} : { why: outsideName(reason, 300) }),
    ...(fix === undefined ? {} : { fix: outsideName(fix, 500) }),
    offline,
    new_files: files.new,
  }));

/** Wrong settings of a provider are part of the answer: everything else is to be told all the same. */
const readLlm = async (library: StatusLibrary, signal: AbortSignal): Promise<LlmStatus | string> => {
  try {
    return await library.llmStatus({ probe: false }, signal);
  } catch (error) {
    if (error instanceof PhotonError) return errorReport(error).message;
    throw error;
  }
};

export const readStatusData = async (
  library: StatusLibrary,
  version: string,
  signal: AbortSignal,
): Promise<StatusData> => {
  const overview = await library.overview();
  const { model, filesByState } = overview;
  const llm = await readLlm(library, signal);
  const holders = await library.roleHolders([COMMITTER]);
  const watching = await library.watchStatus();
  return {
    version,
    indexed: overview.photos,
    files: overview.files,
    pending: overview.pending.files + overview.pending.index,
    failed: filesByState["quarantined"] ?? 0,
    roots: await rootsOf(library, overview),
    watched: watchedOf(watching),
    model: model === undefined ? null : { id: model.modelId, vectors: model.vectors, basic: model.basic },
    workers: (typeof llm === "string" ? [] : llm.workers).map(({ role, owner }) => ({
      role: outsideName(role),
      process: processOf(owner),
    })),
    committer: holders[COMMITTER] === undefined ? null : processOf(holders[COMMITTER]),
    agent: { alive: watching.agent.owner !== undefined, paused: watching.agent.paused },
    enrichment: enrichmentStatus(await library.enrichment.stats({}), llm),
    last_errors: await lastErrors(library),
  };
};
