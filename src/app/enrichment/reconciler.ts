/**
 * Adds the jobs that should exist and do not: of kinds that are made by themselves, for photos that came since; and of
 * executions that are under way, where something lost a job. Results, failures and discards count as done.
 */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { LIBRARY_USER_ID } from "../../catalogue/event-outbox.ts";
import type { StoredExecution } from "../../catalogue/execution-repository.ts";
import type { Clock } from "../../clock.ts";
import { DAY, MINUTE } from "../../clock.ts";
import { parseDocumentType, parseScope } from "../../enrichment/scope.ts";
import type { NewJob } from "../../jobs/job-store.ts";
import { PRIORITY } from "../../jobs/job-store.ts";
import type { ConfiguredKind, EnrichmentKinds } from "./kind-types.ts";
import { ANYWHERE, photoRoutes } from "./photo-routes.ts";
import type { FileOfRoot } from "./root-rules.ts";
import type { EnrichmentTargets } from "./target-types.ts";

export const RECONCILE_MS = MINUTE;
const LOT = 500;
/** Name of the executions that jobs of automatic kinds are booked on, one a day. */
const AUTO_COMMAND = "auto";
const WATCHES_KIND = "watch_match";

export interface ReconcilerDeps {
  readonly catalogue: Pick<Catalogue, "backlog" | "executions" | "jobs" | "roots" | "subjects" | "watches">;
  readonly kinds: EnrichmentKinds;
  readonly targets: EnrichmentTargets;
  readonly clock: Clock;
}

export interface Reconciled {
  /** Jobs of automatic kinds. */
  readonly asked: number;
  /** Jobs that something had lost. */
  readonly recovered: number;
  /** Executions that were over. */
  readonly settled: number;
}

/** Kinds that are made by themselves. */
interface AutomaticKinds {
  /** For photos of all roots that say nothing else. */
  readonly everywhere: ReadonlySet<string>;
  /** With those that a root wants of its own. */
  readonly all: readonly string[];
}

const NO_KINDS: AutomaticKinds = { everywhere: new Set(), all: [] };

/** Watches are compared while there is one. */
const isPossible = ({ kind, isEnabled }: ConfiguredKind, hasWatches: boolean): boolean =>
  isEnabled && kind.scopes.includes("photo") && (kind.kind !== WATCHES_KIND || hasWatches);

/** None while nobody is configured who could make them. */
const automaticKinds = async ({ catalogue, kinds, targets }: ReconcilerDeps): Promise<AutomaticKinds> => {
  const availability = targets.availability();
  if (availability !== "ready" && availability.reason === "not_configured") return NO_KINDS;
  const hasWatches = (await catalogue.watches.active()).length > 0;
  const roots = (await catalogue.roots.added()).map(({ path, options }) => ({
    root: path.toString(),
    path: "",
    options,
  }));
  const ofRoots = new Set([...kinds.ofRoot.kinds, ...roots.flatMap((root) => kinds.ofRoot.kindsOf(root) ?? [])]);
  const possible = kinds.all.filter((kind) => isPossible(kind, hasWatches));
  const everywhere = new Set(possible.filter(({ auto }) => auto).map(({ kind }) => kind.kind));
  const names = possible.map(({ kind }) => kind.kind);
  return { everywhere, all: names.filter((name) => everywhere.has(name) || ofRoots.has(name)) };
};

/** Of these photos, those that lie in a root where the kind is made by itself. */
const wanting = async (
  { catalogue, kinds }: ReconcilerDeps,
  { kind, everywhere }: Pick<AutomaticKind, "kind" | "everywhere">,
  contentHashes: readonly string[],
): Promise<readonly string[]> => {
  const files = await catalogue.subjects.files(contentHashes);
  const isWanted = (file: FileOfRoot): boolean => kinds.ofRoot.kindsOf(file)?.includes(kind) ?? everywhere.has(kind);
  return contentHashes.filter((hash) => files.get(hash)?.some(isWanted) === true);
};

/** Route of each scope; those that have to stay here and that nobody here can be asked about are left out. */
const routed = async <Wish extends { readonly scopeId: string; readonly kind: string }>(
  { catalogue, kinds, targets }: ReconcilerDeps,
  wishes: readonly Wish[],
): Promise<readonly (Wish & { readonly route: string })[]> => {
  const photos = wishes.map(({ scopeId }) => scopeId).filter((scopeId) => parseScope(scopeId).type === "photo");
  const routes = await photoRoutes(catalogue, kinds, photos);
  return wishes.flatMap((wish) => {
    const choice = routes.get(wish.scopeId) ?? ANYWHERE;
    const route = targets.routeOf(wish.kind, choice);
    return choice.localOnly && targets.chainOf(route).length === 0 ? [] : [{ ...wish, route }];
  });
};

const add = ({ catalogue: { jobs, executions } }: ReconcilerDeps, lot: readonly NewJob[]): Promise<number> =>
  lot.length === 0 ? Promise.resolve(0) : jobs.transaction((tx) => executions.enqueue(tx, lot));

/** The execution of today, made when there is none. */
const executionOfDay = async (
  { catalogue: { executions }, clock }: ReconcilerDeps,
  kinds: readonly string[],
): Promise<string> =>
  (await executions.reopen(AUTO_COMMAND, clock.now() - DAY)) ??
  (await executions.start({
    command: AUTO_COMMAND,
    kinds,
    filter: {},
    again: { priority: PRIORITY.newPhoto, payload: {} },
  }));

interface AutomaticKind {
  readonly kind: string;
  readonly since: number;
  readonly everywhere: ReadonlySet<string>;
  /** All automatic kinds. */
  readonly among: readonly string[];
}

const askFor = async (
  deps: ReconcilerDeps,
  { kind, since, everywhere, among }: AutomaticKind,
  signal: AbortSignal,
): Promise<number> => {
  let asked = 0;
  for (let after: string | undefined = ""; after !== undefined && !signal.aborted;) {
    const hashes = await deps.catalogue.backlog.missingPhotos({ kind, since, after, limit: LOT });
    const wanted = await wanting(deps, { kind, everywhere }, hashes);
    const wishes = wanted.map((scopeId) => ({ kind, scopeId, documentType: kind }));
    const lot = await routed(deps, wishes);
    if (lot.length > 0) {
      const executionId = await executionOfDay(deps, among);
      const terms = { userId: LIBRARY_USER_ID, executionId, priority: PRIORITY.newPhoto };
      asked += await add(
        deps,
        lot.map((wish) => ({ ...wish, ...terms })),
      );
    }
    after = hashes.length < LOT ? undefined : hashes.at(-1);
  }
  return asked;
};

const askForNewPhotos = async (deps: ReconcilerDeps, signal: AbortSignal): Promise<number> => {
  const { all: among, everywhere } = await automaticKinds(deps);
  let asked = 0;
  for (const [kind, since] of await deps.catalogue.backlog.keepAutoKinds(among)) {
    asked += await askFor(deps, { kind, since, everywhere, among }, signal);
  }
  return asked;
};

const recover = async (deps: ReconcilerDeps, execution: StoredExecution): Promise<number> => {
  const { executionId, again } = execution;
  const lost = await deps.catalogue.executions.lostItems(executionId, LOT);
  const lot = await routed(
    deps,
    lost.map((item) => ({ ...item, kind: parseDocumentType(item.documentType).kind })),
  );
  return add(
    deps,
    lot.map((wish) => ({ ...wish, ...again, userId: LIBRARY_USER_ID, executionId })),
  );
};

/** @param scope all: automatic kinds too. executions: only what somebody has asked for */
export const reconcile = async (
  deps: ReconcilerDeps,
  scope: "all" | "executions",
  signal: AbortSignal,
): Promise<Reconciled> => {
  const { executions } = deps.catalogue;
  let recovered = 0;
  let settled = 0;
  for (const execution of await executions.running()) {
    if (signal.aborted) break;
    recovered += await recover(deps, execution);
    if (await executions.settle(execution.executionId)) settled += 1;
  }
  const asked = scope === "all" && !signal.aborted ? await askForNewPhotos(deps, signal) : 0;
  return { asked, recovered, settled };
};
