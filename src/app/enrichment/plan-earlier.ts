/** What a kind builds on: results that are asked for together with it, where they are not there yet. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { EnrichmentKind } from "../../enrichment/enrichment-kind.ts";
import { parseScope } from "../../enrichment/scope.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import { toldBy } from "./known-inputs.ts";
import type { PlannedJob } from "./plan.ts";
import { ANYWHERE, photoRoutes } from "./photo-routes.ts";
import type { EnrichmentTargets } from "./target-types.ts";

export interface PlanEarlierDeps {
  readonly catalogue: Pick<Catalogue, "executions" | "subjects">;
  readonly kinds: Pick<EnrichmentKinds, "get" | "isLocalOnly" | "ofRoot">;
  readonly targets: Pick<EnrichmentTargets, "availability" | "chainOf" | "routeOf">;
}

/** Each once, and behind those it builds on itself; kinds that are switched off are left out. */
const earlierKinds = (
  kinds: PlanEarlierDeps["kinds"],
  { requires }: Pick<EnrichmentKind, "requires">,
): readonly string[] => [
  ...new Set(
    requires.flatMap((name) => {
      const { kind, isEnabled } = kinds.get(name);
      return isEnabled ? [...earlierKinds(kinds, kind), name] : [];
    }),
  ),
];

/** Photos whose results the kind is given. */
const photosOf = async (
  { catalogue: { subjects } }: PlanEarlierDeps,
  scopeIds: readonly string[],
): Promise<readonly string[]> => {
  const hashes = new Set<string>();
  for (const scopeId of scopeIds) {
    const { type, id } = parseScope(scopeId);
    if (type === "photo") hashes.add(id);
    if (type === "album") for (const hash of toldBy((await subjects.album(id))?.contentHashes ?? [])) hashes.add(hash);
  }
  return [...hashes];
};

/** In the order in which they have to be made: those that were never asked for, and those that wait. */
export const planEarlier = async (
  deps: PlanEarlierDeps,
  kind: Pick<EnrichmentKind, "requires">,
  scopeIds: readonly string[],
): Promise<readonly PlannedJob[]> => {
  const { catalogue, kinds, targets } = deps;
  const names = earlierKinds(kinds, kind);
  if (names.length === 0) return [];
  const hashes = await photosOf(deps, scopeIds);
  const routeOf = await photoRoutes(catalogue, kinds, hashes);
  const isReady = targets.availability() === "ready";
  const jobs: PlannedJob[] = [];
  for (const name of names) {
    for (const { scopeId, state } of await catalogue.executions.photoStates(name, hashes)) {
      if (state !== "NONE" && state !== "PENDING" && state !== "ENRICHING") continue;
      const choice = routeOf.get(scopeId) ?? ANYWHERE;
      const route = targets.routeOf(name, choice);
      const isServed = !choice.localOnly || !isReady || targets.chainOf(route).length > 0;
      if (isServed) jobs.push({ kind: name, scopeId, documentType: name, route });
    }
  }
  return jobs;
};
