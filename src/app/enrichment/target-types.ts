/** Who may be called for what: the words the parts of enrichment share about targets, chains and routes. */
import type { LanguageModel } from "../../../models/language/language-model.ts";
import type { ConfiguredPrice } from "../../../models/language/settings.ts";
import type { ProviderId } from "../../config.ts";
import type { ServedTarget } from "../../jobs/job-store.ts";
import type { ProviderStore } from "../../jobs/provider-store.ts";

/** `ready`, or why nothing can be called; settings alone decide, nobody is asked. */
export type TargetAvailability =
  | "ready"
  | {
      /** not_configured: no provider is chosen. no_key: the one that is chosen has no key. */
      readonly reason: "not_configured" | "no_key";
      /** One or two sentences for people, ends with what to do. */
      readonly message: (waitingJobs: number) => string;
    };

export interface RouteChoice {
  /** Only providers of this machine may see the scope. */
  readonly localOnly: boolean;
  /** Asked instead of `llm.provider`: `roots[].provider`. */
  readonly provider?: ProviderId;
  /** Somebody named the provider or the model for this run, so the run sends to nobody else: `llm.provider`, `llm.model`. */
  readonly explicit?: boolean;
}

/** A provider that some route leads to. */
export interface ProviderTarget {
  readonly providerKey: string;
  /** Id in the config: `anthropic`. */
  readonly provider: string;
  /** Of its address, with the port where it is not the usual one; `local` for the stub. */
  readonly host: string;
  readonly isLoopback: boolean;
  /** Most calls at a time, over all processes. */
  readonly ceiling: number;
  /** Name, address, models and digest of the key: changes when the user repairs something. */
  readonly fingerprint: string;
  /** `llm.<provider>.prices`, by model. */
  readonly prices: Readonly<Record<string, ConfiguredPrice>>;
}

export interface EnrichmentTargets {
  /** Every kind, route and target this process can call; the targets of one route are its chain, in order. */
  readonly serve: readonly ServedTarget[];
  readonly providers: readonly ProviderTarget[];
  /** @throws InternalError for a target that is not in `serve` */
  readonly model: (providerKey: string, modelId: string) => LanguageModel;
  /** @throws InternalError for a provider that is not in `providers` */
  readonly provider: (providerKey: string) => ProviderTarget;
  /** Primary first, then fallbacks; empty when this process cannot serve the route. */
  readonly chainOf: (route: string) => readonly LanguageModel[];
  /** `vision`, `text` or `model:<provider key>/<model>`, `@local` behind it for what must stay on this machine. */
  readonly routeOf: (kind: string, choice: RouteChoice) => string;
  readonly availability: () => TargetAvailability;
  /** Makes or updates the rows of all providers; before any claim. A followed run starts with its own ceiling. */
  readonly register: (store: ProviderStore) => Promise<void>;
  /** Of all providers together: a process with another one sees other settings. */
  readonly fingerprint: string;
  /** Calls this process may have under way at a time. */
  readonly maxInFlight: number;
}
