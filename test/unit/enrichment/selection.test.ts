/** Which scopes a run takes up. */
import { expect, test } from "vitest";
import type { ScopeState } from "../../../src/catalogue/scope-states.ts";
import type { SelectionRule } from "../../../src/enrichment/selection.ts";
import { selectScopes } from "../../../src/enrichment/selection.ts";

const scope = (scopeId: string, state: ScopeState["state"], promptVersion?: number): ScopeState => ({
  scopeId,
  state,
  promptVersion,
});

const SCOPES = [
  scope("new", "NONE"),
  scope("pending", "PENDING"),
  scope("running", "ENRICHING"),
  scope("redone", "PENDING", 1),
  scope("ready", "READY_TO_CONFIRM", 2),
  scope("old", "CONFIRMED", 1),
  scope("current", "CONFIRMED", 2),
  scope("failed", "FAILED"),
  scope("discarded", "DISCARDED"),
];

const rule = (given: Partial<SelectionRule> = {}): SelectionRule => ({
  wanted: "missing",
  promptVersion: 2,
  limit: undefined,
  ...given,
});

test("missing is what was never asked for and what still waits; results, failures and discards count as done", () => {
  const { scopeIds, counts } = selectScopes(SCOPES, rule());
  expect(scopeIds).toEqual(["new", "pending", "running", "redone"]);
  expect(counts).toEqual({ matching: 9, chosen: 4, waiting: 3, done: 3, outdated: 1, failed: 1, discarded: 1 });
});

test("outdated are results of an older prompt version, and nothing else", () => {
  expect(selectScopes(SCOPES, rule({ wanted: "outdated" })).scopeIds).toEqual(["old"]);
});

test("all takes everything, in the order given", () => {
  expect(selectScopes(SCOPES, rule({ wanted: "all" })).scopeIds).toEqual(SCOPES.map(({ scopeId }) => scopeId));
});

test("the limit counts chosen scopes, not those looked at", () => {
  const { scopeIds, counts } = selectScopes(SCOPES.toReversed(), rule({ limit: 2 }));
  expect(scopeIds).toEqual(["redone", "running"]);
  expect(counts).toMatchObject({ matching: 9, chosen: 2 });
});
