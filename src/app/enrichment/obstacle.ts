/** Why jobs that could be done are not done, in words for people. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { EnrichmentObstacle } from "./process-run-types.ts";
import type { EnrichmentTargets } from "./target-types.ts";

const TEXTS = {
  RATE_LIMITED: "the provider asks to wait",
  AUTH: "the provider does not accept the key",
  QUOTA: "the account at the provider has no credit left",
  CONFIG: "the provider refuses the requests, or has no such model",
  BUDGET: "the budget is used up",
  USER: "calls are paused",
} as const;

export const findObstacle = async (
  { providers }: Pick<Catalogue, "providers">,
  targets: Pick<EnrichmentTargets, "providers">,
): Promise<EnrichmentObstacle | undefined> => {
  const keys = targets.providers.map(({ providerKey }) => providerKey);
  const pause = (await providers.pauses()).find(
    ({ target }) =>
      target === "all" ||
      target.startsWith("kind:") ||
      keys.some((key) => target === `provider:${key}` || target.startsWith(`model:${key}/`)),
  );
  if (pause !== undefined) return { reason: pause.reason, text: TEXTS[pause.reason] };
  const states = await providers.states();
  if (states.some(({ providerKey, circuit }) => keys.includes(providerKey) && circuit !== "closed")) {
    return { reason: "unreachable", text: "the provider cannot be reached" };
  }
  return undefined;
};
