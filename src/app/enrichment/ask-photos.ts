/** Adds the jobs of photos while they are being stored: part of the pipeline's transaction, so none is lost or doubled. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { FileOfPhoto } from "../../catalogue/photo-scope.ts";
import type { Tx } from "../../catalogue/transaction.ts";
import { parseDocumentType } from "../../enrichment/scope.ts";
import type { NewJob } from "../../jobs/job-store.ts";
import { PRIORITY } from "../../jobs/job-store.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import { photoRoute } from "./photo-routes.ts";
import type { EnrichmentTargets } from "./target-types.ts";

const LIBRARY_USER = 1;

export interface AskingDeps {
  readonly catalogue: Pick<Catalogue, "executions" | "results">;
  readonly targets: Pick<EnrichmentTargets, "routeOf" | "chainOf">;
  readonly kinds: Pick<EnrichmentKinds, "isLocalOnly" | "ofRoot">;
  readonly executionId: string;
  /** Kinds, or `kind:<qualifier>`. */
  readonly documentTypes: readonly string[];
  readonly wish: { readonly explicit: boolean; readonly force: boolean };
  /** Called when there is something to do; the transaction may not have been committed yet. */
  readonly onWork: () => void;
}

export interface Asking {
  readonly ask: (tx: Tx, contentHashes: readonly string[]) => Promise<void>;
  /** Photos that nobody may be asked about. */
  readonly localOnly: () => number;
}

type Places = ReadonlyMap<string, readonly FileOfPhoto[]>;

export const createAsking = (deps: AskingDeps): Asking => {
  const { catalogue, targets, kinds, executionId, documentTypes, wish, onWork } = deps;
  const { explicit, force } = wish;
  /** Copies of a content are asked about once, also in a run that asks anew. */
  const asked = new Set<string>();
  let localOnly = 0;

  const jobsOf = async (tx: Tx, documentType: string, places: Places): Promise<readonly NewJob[]> => {
    const { kind } = parseDocumentType(documentType);
    const failed = force ? undefined : await catalogue.results.failedAmong(tx, [...places.keys()], documentType);
    return [...places].flatMap(([scopeId, files]) => {
      const choice = photoRoute(kinds, files);
      const route = targets.routeOf(kind, { ...choice, explicit });
      if (choice.localOnly && targets.chainOf(route).length === 0) return [];
      const redo = failed === undefined || failed.has(scopeId);
      const job: NewJob = {
        kind,
        scopeId,
        documentType,
        route,
        userId: LIBRARY_USER,
        executionId,
        priority: PRIORITY.bulk,
        ...(force ? { payload: { force: true } } : {}),
        ...(redo ? { redo } : {}),
      };
      return [job];
    });
  };

  /** Jobs of an earlier run that nobody has done yet are work too. */
  const isLeftOver = (tx: Tx, jobs: readonly NewJob[]): Promise<boolean> =>
    catalogue.results.isAnyWaiting(
      tx,
      jobs.map(({ scopeId }) => scopeId),
    );

  return {
    ask: async (tx, contentHashes) => {
      const fresh = contentHashes.filter((hash) => !asked.has(hash));
      if (fresh.length === 0) return;
      const places = await catalogue.results.placesOf(tx, fresh);
      const jobs: NewJob[] = [];
      for (const type of documentTypes) jobs.push(...(await jobsOf(tx, type, places)));
      const added = jobs.length === 0 ? 0 : await catalogue.executions.enqueue(tx, jobs);
      const left = added > 0 || jobs.length === 0 ? false : await isLeftOver(tx, jobs);
      for (const hash of fresh) asked.add(hash);
      const withJobs = new Set(jobs.map(({ scopeId }) => scopeId));
      localOnly += [...places.keys()].filter((hash) => !withJobs.has(hash)).length;
      if (added > 0 || left) onWork();
    },
    localOnly: () => localOnly,
  };
};
