/** How watched folders are and what waits to be done, for people and programs. Read from the catalogue alone. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { AgentError, StuckQueue } from "../catalogue/agent-repository.ts";
import type { AddedRoot } from "../catalogue/root-repository.ts";
import type { FailedWork, RootFiles, WaitingWork } from "../catalogue/status-repository.ts";
import type { FreezeReason } from "./scan/root-check.ts";
import { FREEZE_TEXTS } from "./scan/root-check.ts";

export interface WatchedRootStatus {
  readonly id: number;
  /** Absolute path as text. */
  readonly path: string;
  /**
   * How changes are found; off: nobody watches it. frozen: the folder cannot be trusted now, its photos are kept and marked
   * offline. held: so many photos are gone that a person is asked first.
   */
  readonly mode: "events" | "timed" | "frozen" | "held" | "off";
  /** Why it is not `events`, part of a sentence. */
  readonly reason: string | undefined;
  /** What a person can do about it, whole sentences. */
  readonly fix: string | undefined;
  readonly offline: boolean;
  /** End of the last whole scan, milliseconds UTC. */
  readonly lastScanAt: number | undefined;
  readonly lastScanMs: number | undefined;
  readonly nextScanAt: number | undefined;
  /** Folders that are watched. */
  readonly watchedFolders: number;
  readonly files: {
    readonly present: number;
    /** Found, and not processed yet. */
    readonly new: number;
    /** Of these and of changed files: not whole yet, looked at again and again. */
    readonly unstable: number;
    readonly quarantined: number;
    /** Not there; kept for when they come back. */
    readonly missing: number;
    /** Not seen by the last scan; decided about in a moment. */
    readonly unseen: number;
    /** Left out by a rule. */
    readonly excluded: number;
  };
}

export interface StageStatus extends Omit<WaitingWork, "perMinute"> {
  /** Of the last minutes, rounded; undefined when nothing was done. */
  readonly perMinute: number | undefined;
  readonly etaSeconds: number | undefined;
}

export interface WatchStatus {
  readonly roots: readonly WatchedRootStatus[];
  readonly stages: readonly StageStatus[];
  readonly agent: {
    /** `host|pid|...` of the process; undefined when none runs. */
    readonly owner: string | undefined;
    readonly paused: boolean;
    /** Milliseconds UTC; undefined also for a pause without end. */
    readonly pausedUntil: number | undefined;
    readonly lastError: AgentError | undefined;
    /** The queue has not moved for five minutes. */
    readonly stuck: StuckQueue | undefined;
  };
  /** Files and photos that wait, enrichments not among them. */
  readonly queueDepth: number;
  /** How long the file that waits longest does, milliseconds. */
  readonly lagMs: number;
  /** Milliseconds UTC; undefined while something waits, and while nobody watches. */
  readonly upToDateSince: number | undefined;
}

const AGENT_ROLE = "agent";
const watcherRole = ({ id }: AddedRoot): string => `watcher:${id}`;

interface RootView {
  readonly mode: WatchedRootStatus["mode"];
  readonly reason: string | undefined;
  readonly fix: string | undefined;
}

const FROZEN_FIX =
  "photon goes on by itself when the folder is back; until then its photos stay searchable. If it is gone for good: photon roots remove.";

const viewOf = (root: AddedRoot, isWatched: boolean): RootView => {
  const path = root.path.toString();
  if (root.state === "frozen") {
    return { mode: "frozen", reason: FREEZE_TEXTS[root.stateReason as FreezeReason], fix: FROZEN_FIX }; // written from one
  }
  if (root.state === "held") {
    const fix = `Look whether the photos are there. If they are gone: photon roots confirm ${JSON.stringify(path)}.`;
    return { mode: "held", reason: "many photos are gone at once", fix };
  }
  if (isWatched && root.reported !== undefined) {
    const { mode, reason, fix } = root.reported;
    return { mode, reason, fix };
  }
  const reason = root.watch ? "the agent does not run" : "it is not to be watched";
  return { mode: "off", reason, fix: root.watch ? "Start it: photon agent start, or photon watch." : undefined };
};

const filesOf = (root: AddedRoot, files: readonly RootFiles[]): WatchedRootStatus["files"] => {
  const { byState = {}, unstable = 0, unseen = 0 } = files.find(({ rootId }) => rootId === root.id) ?? {};
  const { present = 0, pending = 0, quarantined = 0, missing = 0, excluded = 0 } = byState;
  return { present, new: pending, unstable, quarantined, missing, unseen, excluded };
};

const rootStatus = (root: AddedRoot, files: readonly RootFiles[], isWatched: boolean): WatchedRootStatus => ({
  id: root.id,
  path: root.path.toString(),
  ...viewOf(root, isWatched),
  offline: root.state === "frozen",
  lastScanAt: root.scannedAt,
  lastScanMs: root.scanMs,
  nextScanAt: isWatched ? root.reported?.nextScanAt : undefined,
  watchedFolders: isWatched ? (root.reported?.folders ?? 0) : 0,
  files: filesOf(root, files),
});

const stageStatus = ({ perMinute, ...work }: WaitingWork): StageStatus => ({
  ...work,
  perMinute: perMinute === 0 ? undefined : Math.round(perMinute * 10) / 10,
  etaSeconds: perMinute === 0 || work.queued === 0 ? undefined : Math.ceil((work.queued / perMinute) * 60),
});

const indexStage = (marks: number): WaitingWork => ({
  stage: "index",
  queued: marks,
  running: 0,
  perMinute: 0,
  lastError: undefined,
});

/** When the last of the watched folders came to rest. */
const settledSince = (roots: readonly AddedRoot[], watched: ReadonlySet<number>): number | undefined => {
  const wanted = roots.filter(({ watch }) => watch);
  const times = wanted.map(({ id, reported }) => (watched.has(id) ? reported?.settledAt : undefined));
  return times.length === 0 || times.includes(undefined) ? undefined : Math.max(...times.map((time) => time ?? 0));
};

const watchedRoots = async ({ leases }: Catalogue, roots: readonly AddedRoot[]): Promise<ReadonlySet<number>> => {
  const holders = await Promise.all(
    roots.map(async (root) => [root.id, await leases.holder(watcherRole(root))] as const),
  );
  return new Set(holders.filter(([, holder]) => holder !== undefined).map(([id]) => id));
};

const agentStatus = async ({ agent, leases }: Catalogue): Promise<WatchStatus["agent"]> => {
  const pause = await agent.paused();
  return {
    owner: (await leases.holder(AGENT_ROLE))?.owner,
    paused: pause !== undefined,
    pausedUntil: pause?.until,
    lastError: await agent.lastError(),
    stuck: await agent.stuck(),
  };
};

const newestError = (failure: FailedWork | undefined, noted: AgentError | undefined): FailedWork | undefined =>
  noted !== undefined && (failure === undefined || noted.at > failure.at) ? noted : failure;

export const readWatchStatus = async (catalogue: Catalogue, now: number): Promise<WatchStatus> => {
  const roots = await catalogue.roots.added();
  const watched = await watchedRoots(catalogue, roots);
  const files = await catalogue.status.files();
  const agent = await agentStatus(catalogue);
  const fileWork = (await catalogue.status.fileWork()).map((work) =>
    work.stage === "process" ? { ...work, lastError: newestError(work.lastError, agent.lastError) } : work,
  );
  const marks = await catalogue.index.countMarks();
  const since = await catalogue.status.waitingSince();
  const queueDepth = fileWork.reduce((sum, { queued, running }) => sum + queued + running, marks);
  return {
    roots: roots.map((root) => rootStatus(root, files, watched.has(root.id))),
    stages: [...fileWork, indexStage(marks), ...(await catalogue.status.enrichments())].map(stageStatus),
    agent,
    queueDepth,
    lagMs: since === undefined ? 0 : Math.max(0, now - since),
    upToDateSince: queueDepth === 0 ? settledSince(roots, watched) : undefined,
  };
};

/** Fields of the log line that the agent writes every ten minutes. */
export const statusFields = ({ roots, stages, queueDepth, lagMs, upToDateSince, agent }: WatchStatus) => ({
  event: "status",
  roots: roots.map(({ path, mode, files: { present, quarantined, missing } }) => ({
    path,
    mode,
    present,
    quarantined,
    missing,
  })),
  queued: Object.fromEntries(stages.map(({ stage, queued, running }) => [stage, queued + running])),
  queue_depth: queueDepth,
  lag_ms: lagMs,
  ...(upToDateSince === undefined ? {} : { up_to_date_since: new Date(upToDateSince).toISOString() }),
  ...(agent.stuck === undefined ? {} : { stuck_on: agent.stuck.path }),
});
