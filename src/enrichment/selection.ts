/** Which scopes a run takes up, and why not the others. */
import type { ScopeState } from "../catalogue/scope-states.ts";

/**
 * missing: what was never asked, or is still waiting. outdated: results of an older prompt version. all: everything,
 * results, failures and discards too.
 */
export type Wanted = "missing" | "outdated" | "all";

/** Scopes of the filter by what they have. */
export interface SelectionCounts {
  /** Those that the filter means. */
  readonly matching: number;
  /** Those that are taken up. */
  readonly chosen: number;
  /** Of the chosen ones: asked for before and not done yet. */
  readonly waiting: number;
  /** Have a result. */
  readonly done: number;
  /** Of these: by an older prompt version. */
  readonly outdated: number;
  readonly failed: number;
  readonly discarded: number;
}

export interface SelectionRule {
  readonly wanted: Wanted;
  /** The current one. */
  readonly promptVersion: number;
  /** undefined = no limit. */
  readonly limit: number | undefined;
}

export interface Selection {
  readonly scopeIds: readonly string[];
  readonly counts: SelectionCounts;
}

const isDone = ({ state }: ScopeState): boolean => state === "READY_TO_CONFIRM" || state === "CONFIRMED";
const isWaiting = ({ state }: ScopeState): boolean => state === "PENDING" || state === "ENRICHING";

const isOutdated = (scope: ScopeState, { promptVersion }: SelectionRule): boolean =>
  isDone(scope) && scope.promptVersion !== undefined && scope.promptVersion < promptVersion;

const isWanted = (scope: ScopeState, rule: SelectionRule): boolean => {
  switch (rule.wanted) {
    case "missing":
      return scope.state === "NONE" || isWaiting(scope);
    case "outdated":
      return isOutdated(scope, rule);
    case "all":
      return true;
    default:
      return rule.wanted satisfies never;
  }
};

/** Pure; keeps the order. */
export const selectScopes = (scopes: readonly ScopeState[], rule: SelectionRule): Selection => {
  const chosen = scopes.filter((scope) => isWanted(scope, rule)).slice(0, rule.limit);
  const count = (list: readonly ScopeState[], is: (scope: ScopeState) => boolean): number => list.filter(is).length;
  return {
    scopeIds: chosen.map(({ scopeId }) => scopeId),
    counts: {
      matching: scopes.length,
      chosen: chosen.length,
      waiting: count(chosen, isWaiting),
      done: count(scopes, isDone),
      outdated: count(scopes, (scope) => isOutdated(scope, rule)),
      failed: count(scopes, ({ state }) => state === "FAILED"),
      discarded: count(scopes, ({ state }) => state === "DISCARDED"),
    },
  };
};
