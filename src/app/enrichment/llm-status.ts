/** The state of providers and queue, as `photon llm status` and others show it. */
import type { LanguageModel } from "../../../models/language/language-model.ts";
import type { PriceSource } from "../../../models/language/prices.ts";
import type { CircuitState, JobState, PauseReason } from "../../catalogue/enrichment-schema.ts";
import type { PresentWorker } from "../../catalogue/presence-repository.ts";
import type { ProviderState, StoredPause } from "../../jobs/provider-store.ts";
import type { EnrichmentTargets } from "./target-types.ts";

/** What a health call found out. */
export interface ProbeResult {
  readonly ok: boolean;
  /** Public code of the failure, and what to do about it. */
  readonly code?: string;
  readonly hint?: string;
}

export interface ModelStatus {
  readonly provider_key: string;
  readonly model: string;
  /** `vision`, `text`, `vision@local`, `text@local`, and kinds with a model of their own. */
  readonly serves: readonly string[];
  /** Whether it takes pictures; null = nobody knows before it was asked (`--probe`). */
  readonly vision: boolean | null;
  /** Where its price is known from; `unknown` = nowhere. */
  readonly price: PriceSource;
  readonly leaves_machine: boolean;
  /** Day on which the provider stops serving it; null = none is known. */
  readonly end_of_life: string | null;
}

export interface ProviderStatus {
  readonly provider_key: string;
  readonly provider: string;
  readonly host: string;
  readonly circuit: CircuitState;
  /** Milliseconds UTC, null = it can be reached. */
  readonly unavailable_since: number | null;
  readonly next_probe_at: number | null;
  readonly last_success_at: number | null;
  /** Calls at the same time: now, and at most. */
  readonly concurrency: number;
  readonly ceiling: number;
  readonly ready: boolean;
  /** Left out when it was not asked. */
  readonly probe?: ProbeResult;
}

export interface PauseStatus {
  /** `all`, `provider:<key>`, `model:<key>/<model>`, `kind:<kind>`. */
  readonly target: string;
  readonly reason: PauseReason;
  /** Milliseconds UTC; null = until somebody resumes it. */
  readonly until: number | null;
  readonly since: number;
}

export interface LlmStatus {
  /** Something that was asked for can be called now. */
  readonly ready: boolean;
  /** Why nothing can be called; null when something can. */
  readonly problem: string | null;
  readonly providers: readonly ProviderStatus[];
  readonly models: readonly ModelStatus[];
  readonly pauses: readonly PauseStatus[];
  readonly queue: {
    /** Jobs by state. */
    readonly states: Readonly<Partial<Record<JobState, number>>>;
    readonly kinds: Readonly<Record<string, { readonly available: number; readonly running: number }>>;
    /** Waiting jobs on routes that these settings do not serve. */
    readonly unserved: readonly { readonly route: string; readonly jobs: number }[];
  };
  readonly workers: readonly PresentWorker[];
}

/** What of the pauses and circuits bears on a target now; a pause whose time is over does not. */
export const isPaused = (
  pauses: readonly StoredPause[],
  { providerKey, modelId }: Pick<LanguageModel, "providerKey" | "modelId">,
  { kind, now }: { readonly kind: string | undefined; readonly now: number },
): boolean => {
  const targets = new Set(["all", `provider:${providerKey}`, `model:${providerKey}/${modelId}`, `kind:${kind ?? ""}`]);
  return pauses.some(({ target, until }) => targets.has(target) && (until === null || until > now));
};

const REASONS: Readonly<Record<PauseReason, string>> = {
  RATE_LIMITED: "The provider asks to wait.",
  AUTH: "The provider does not accept the key.",
  QUOTA: "The account at the provider has no credit left.",
  CONFIG: "The provider refuses the requests, or does not have the model.",
  BUDGET: "The budget is used up.",
  USER: "Calls were paused with photon llm pause.",
};
/** One sentence. */
export const pauseText = (reason: PauseReason): string => REASONS[reason];

const CIRCUITS: Readonly<Record<Exclude<CircuitState, "closed">, string>> = {
  open: "The provider cannot be reached; photon tests from time to time whether it is back.",
  half_open: "The provider could not be reached; a first job tests whether it is back.",
};

export interface Obstacles {
  readonly models: readonly LanguageModel[];
  readonly pauses: readonly StoredPause[];
  readonly states: ReadonlyMap<string, ProviderState>;
  readonly kind: string | undefined;
  readonly now: number;
}

const obstacleOf = (model: LanguageModel, { pauses, states, kind, now }: Obstacles): string | undefined => {
  const circuit = states.get(model.providerKey)?.circuit ?? "closed";
  const pause = pauses.find((one) => isPaused([one], model, { kind, now }));
  if (pause !== undefined) return pauseText(pause.reason);
  return circuit === "closed" ? undefined : CIRCUITS[circuit];
};

/** Why none of the models can be called now; undefined when one can. */
export const problemOf = (obstacles: Obstacles): string | undefined => {
  const found = obstacles.models.map((model) => obstacleOf(model, obstacles));
  return found.includes(undefined) ? undefined : found[0];
};

const OWN_ROUTES = ["vision", "text", "vision@local", "text@local"];

/** Names under which a model is reached without being named. */
export const servedBy = (model: LanguageModel, targets: Pick<EnrichmentTargets, "chainOf">): readonly string[] =>
  OWN_ROUTES.filter((route) => targets.chainOf(route).includes(model));
