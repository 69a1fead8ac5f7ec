/** People decide about results: look, confirm, change, discard, compare, bring back. Commands and tools are thin calls. */
import { join } from "node:path";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { DiscardedExecution } from "../../catalogue/execution-repository.ts";
import type { EnrichmentKey, StoredDocument } from "../../catalogue/document-repository.ts";
import type { Clock } from "../../clock.ts";
import { applyDocument } from "../../enrichment/apply-document.ts";
import type { SearchAction } from "../../enrichment/intent-mapping.ts";
import type { FieldDifference } from "../../enrichment/review/content-diff.ts";
import { diffContents } from "../../enrichment/review/content-diff.ts";
import type { ContentEdit } from "../../enrichment/review/content-edit.ts";
import { editContent } from "../../enrichment/review/content-edit.ts";
import { parseDocumentType } from "../../enrichment/scope.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import { PRIORITY } from "../../jobs/job-store.ts";
import type { ExportedEvents } from "./calendar-files.ts";
import { EVENTS_FOLDER, exportCalendar } from "./calendar-files.ts";
import { knownExecution } from "./follow-execution.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import { ANYWHERE, photoRoutes } from "./photo-routes.ts";
import type { Decided, Decision } from "./review-decisions.ts";
import { decide } from "./review-decisions.ts";
import type { ReviewList, ReviewRequest, ReviewResult, ReviewTarget } from "./review-items.ts";
import { bodyOf, findTarget, listReview, resultOf, versionOf } from "./review-items.ts";
import type { EnrichmentTargets } from "./target-types.ts";
import { documentWrite } from "./user-version.ts";

/** A result by the id that was listed, or by what it is about and its kind. */
export interface ReviewReference {
  readonly id: string;
  /** Kind or document type, for photos, albums and mails; default `image_tag`. */
  readonly documentType?: string;
}

export interface ReviewDifference {
  readonly from: StoredDocument;
  readonly to: StoredDocument;
  readonly fields: readonly FieldDifference[];
}

export interface RetriedResults {
  /** undefined = nothing was to be done again. */
  readonly executionId: string | undefined;
  readonly queued: number;
}

export interface ReviewApi {
  readonly list: (request: ReviewRequest) => Promise<ReviewList>;
  /** @throws NotFoundError */
  readonly show: (reference: ReviewReference) => Promise<ReviewResult | Exclude<ReviewTarget, { type: "result" }>>;
  /** Confirms or discards; each by itself, what fails is part of the answer. */
  readonly decide: (
    references: readonly ReviewReference[],
    decision: Decision,
    signal: AbortSignal,
  ) => Promise<readonly Decided[]>;
  /** Takes back all results of a run: the versions before them are current again. */
  readonly discardExecution: (executionId: string) => Promise<DiscardedExecution>;
  /** The new version is the user's, and confirmed. @throws InvalidInputError naming fields that do not fit */
  readonly edit: (reference: ReviewReference, edit: ContentEdit) => Promise<ReviewResult>;
  /** Newest first. */
  readonly history: (reference: ReviewReference) => Promise<readonly StoredDocument[]>;
  /** Versions to compare; by default the newest with the one before. */
  readonly diff: (
    reference: ReviewReference,
    versions: { readonly from?: number; readonly to?: number },
  ) => Promise<ReviewDifference>;
  /** Writes the content of an older version as a new one, and confirms it; by default the one before the newest. */
  readonly restore: (reference: ReviewReference, version?: number) => Promise<ReviewResult>;
  /** Asks again for failed and discarded results. */
  readonly retry: (references: readonly ReviewReference[]) => Promise<RetriedResults>;
  /**
   * Writes calendar files of confirmed events that have none.
   * @param directory default: `events` in the data folder
   */
  readonly exportEvents: (directory?: string) => Promise<ExportedEvents>;
}

export interface ReviewDeps {
  readonly catalogue: () => Promise<Catalogue>;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly targets: () => Promise<EnrichmentTargets>;
  readonly clock: Clock;
  /** Folder of the library. */
  readonly dataFolder: string;
  /** Content hashes of what a search finds well, best first. */
  readonly find: (search: SearchAction, limit: number, signal: AbortSignal) => Promise<readonly string[]>;
  /** Readers' columns or tags have changed. */
  readonly onChange: () => void;
}

const noSuchResult = (): InvalidInputError =>
  new InvalidInputError("Expected a result of a language model, received an event or a proposal.", {
    hint: "Events and proposals can be confirmed and discarded.",
  });

const resultTarget = async (catalogue: Catalogue, { id, documentType }: ReviewReference) => {
  const target = await findTarget(catalogue, id, documentType);
  if (target.type !== "result") throw noSuchResult();
  return target;
};

const loadResult = async (catalogue: Catalogue, { scopeId, documentType }: EnrichmentKey): Promise<ReviewResult> => {
  const items = await catalogue.reviews.list({ states: [], scopeId, limit: Number.MAX_SAFE_INTEGER });
  const item = items.find((candidate) => candidate.documentType === documentType);
  if (item !== undefined) return resultOf(catalogue, item);
  throw new NotFoundError(`There is no result ${documentType} of ${scopeId.slice(0, 12)}.`, {
    hint: `Ask for one: photon enrich --kind ${parseDocumentType(documentType).kind}.`,
  });
};

/** A version without a call, booked on an execution of its own. */
const writeVersion = async (
  { catalogue, kinds }: { readonly catalogue: Catalogue; readonly kinds: EnrichmentKinds },
  { scopeId, documentType }: EnrichmentKey,
  make: (kind: ReturnType<EnrichmentKinds["get"]>["kind"], executionId: string) => ReturnType<typeof documentWrite>,
): Promise<ReviewResult> => {
  const { kind } = kinds.get(parseDocumentType(documentType).kind);
  const { executions, documents } = catalogue;
  // Made first: what does not fit leaves no trace.
  make(kind, "");
  const executionId = await executions.start({ command: "review", kinds: [kind.kind], filter: { scopeId } });
  await documents.writeVersion({ scopeId, documentType, kind: kind.kind }, make(kind, executionId));
  await executions.settle(executionId);
  return loadResult(catalogue, { scopeId, documentType });
};

const edit = async (deps: ReviewDeps, reference: ReviewReference, change: ContentEdit): Promise<ReviewResult> => {
  const catalogue = await deps.catalogue();
  const { key } = await resultTarget(catalogue, reference);
  const [current] = await catalogue.documents.history(key);
  const body = current === undefined ? { status: "ok" as const } : bodyOf(current.content);
  const parts = { catalogue, kinds: await deps.kinds() };
  return writeVersion(parts, key, (kind, executionId) =>
    documentWrite(kind, editContent(kind, body, change), {
      scopeId: key.scopeId,
      step: "edit",
      executionId,
      model: "user",
    }),
  );
};

const restore = async (
  deps: ReviewDeps,
  reference: ReviewReference,
  version: number | undefined,
): Promise<ReviewResult> => {
  const catalogue = await deps.catalogue();
  const { key } = await resultTarget(catalogue, reference);
  const history = await catalogue.documents.history(key);
  const old = versionOf(history, version ?? Math.max(1, versionOf(history, undefined).version - 1));
  if (bodyOf(old.content).status === "needs_clarification") {
    throw new InvalidInputError(`Expected a version with a result, received version ${old.version}: a question.`, {
      hint: '"photon review history" lists the versions; choose another with --to.',
    });
  }
  const parts = { catalogue, kinds: await deps.kinds() };
  return writeVersion(parts, key, (kind, executionId) =>
    documentWrite(kind, bodyOf(old.content), {
      scopeId: key.scopeId,
      step: "restore",
      executionId,
      model: old.model,
      prompt: { version: old.promptVersion, hash: old.promptHash },
      metadata: { restored_version: old.version },
    }),
  );
};

const diff = async (
  deps: ReviewDeps,
  reference: ReviewReference,
  { from, to }: { readonly from?: number; readonly to?: number },
): Promise<ReviewDifference> => {
  const catalogue = await deps.catalogue();
  const { key } = await resultTarget(catalogue, reference);
  const history = await catalogue.documents.history(key);
  const later = versionOf(history, to);
  const earlier = versionOf(history, from ?? Math.max(1, later.version - 1));
  return { from: earlier, to: later, fields: diffContents(bodyOf(earlier.content), bodyOf(later.content)) };
};

const retry = async (deps: ReviewDeps, references: readonly ReviewReference[]): Promise<RetriedResults> => {
  const [catalogue, kinds, targets] = await Promise.all([deps.catalogue(), deps.kinds(), deps.targets()]);
  const wanted: EnrichmentKey[] = [];
  for (const reference of references) {
    const { key } = await resultTarget(catalogue, reference);
    const state = (await catalogue.documents.enrichment(key))?.state;
    if (state === "FAILED" || state === "DISCARDED") wanted.push(key);
  }
  if (wanted.length === 0) return { executionId: undefined, queued: 0 };
  const kindNames = [...new Set(wanted.map(({ documentType }) => parseDocumentType(documentType).kind))];
  const { executions, jobs } = catalogue;
  const executionId = await executions.start({
    command: "review retry",
    kinds: kindNames,
    filter: {},
    isFilling: true,
  });
  const scopes = [...new Set(wanted.map(({ scopeId }) => scopeId))];
  const routes = await photoRoutes(catalogue, kinds, scopes);
  const queued = await jobs.transaction((tx) =>
    executions.enqueue(
      tx,
      wanted.map(({ scopeId, documentType }) => {
        const { kind } = parseDocumentType(documentType);
        const route = targets.routeOf(kind, routes.get(scopeId) ?? ANYWHERE);
        const priority = wanted.length === 1 ? PRIORITY.onePhoto : PRIORITY.bulk;
        return { kind, scopeId, documentType, route, userId: 1, executionId, priority, redo: true };
      }),
    ),
  );
  await executions.filled(executionId);
  return { executionId, queued };
};

const discardExecution = async (deps: ReviewDeps, executionId: string): Promise<DiscardedExecution> => {
  const [catalogue, kinds] = await Promise.all([deps.catalogue(), deps.kinds()]);
  await knownExecution(catalogue, executionId);
  await catalogue.executions.cancel(executionId);
  return catalogue.executions.discard(executionId, ({ documentType, scopeId, content }, confirmed) => {
    const { kind } = kinds.get(parseDocumentType(documentType).kind);
    const body = bodyOf(content);
    return [false, ...(confirmed ? [true] : [])].flatMap((step) =>
      applyDocument(kind, body, { scopeId, confirmed: step }),
    );
  });
};

export const createReviewApi = (deps: ReviewDeps): ReviewApi => {
  const changed = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work;
    deps.onChange();
    return result;
  };
  const exportEvents = async (directory?: string): Promise<ExportedEvents> => {
    const { calendar } = await deps.catalogue();
    return exportCalendar({ calendar, clock: deps.clock }, directory ?? join(deps.dataFolder, EVENTS_FOLDER));
  };
  return {
    list: async (request) => listReview(await deps.catalogue(), request),
    show: async ({ id, documentType }) => {
      const catalogue = await deps.catalogue();
      const target = await findTarget(catalogue, id, documentType);
      return target.type === "result" ? loadResult(catalogue, target.key) : target;
    },
    decide: async (references, decision, signal) => {
      const [catalogue, kinds] = await Promise.all([deps.catalogue(), deps.kinds()]);
      return changed(decide({ catalogue, kinds, find: deps.find, signal }, references, decision));
    },
    discardExecution: (executionId) => changed(discardExecution(deps, executionId)),
    edit: (reference, change) => changed(edit(deps, reference, change)),
    history: async (reference) => {
      const catalogue = await deps.catalogue();
      return catalogue.documents.history((await resultTarget(catalogue, reference)).key);
    },
    diff: (reference, versions) => diff(deps, reference, versions),
    restore: (reference, version) => changed(restore(deps, reference, version)),
    retry: (references) => retry(deps, references),
    exportEvents,
  };
};
