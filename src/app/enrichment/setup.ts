/** Kinds and targets of this library, read when somebody first needs them. */
import type { Clock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import type { Logger } from "../../logger.ts";
import { once } from "../once.ts";
import type { EnrichmentKinds } from "./kinds.ts";
import { loadEnrichmentKinds } from "./kinds.ts";
import type { EnrichmentTargets } from "./targets.ts";
import { createTargets } from "./targets.ts";

export interface EnrichmentSetup {
  /** @throws ConfigError when a section of a kind, or a file it names, is wrong */
  readonly kinds: () => Promise<EnrichmentKinds>;
  /** @throws ConfigError when settings of the chosen provider or of a fallback are wrong */
  readonly targets: () => Promise<EnrichmentTargets>;
}

export const createEnrichmentSetup = (deps: {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
}): EnrichmentSetup => {
  const kinds = once(() => loadEnrichmentKinds(deps));
  return { kinds, targets: once(async () => createTargets({ ...deps, kinds: await kinds() })) };
};
