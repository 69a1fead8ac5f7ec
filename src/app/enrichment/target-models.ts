/** Makes the models the configuration leads to, each once, with what is known about their providers. */
import { createHash } from "node:crypto";
import { isLoopbackHost } from "../../../models/language/endpoint.ts";
import type { LanguageModel, ModelPurpose } from "../../../models/language/language-model.ts";
import { createLanguageModel } from "../../../models/language/providers.ts";
import type { ConfiguredPrice } from "../../../models/language/settings.ts";
import type { Clock } from "../../clock.ts";
import { SECOND } from "../../clock.ts";
import type { Config, ProviderId } from "../../config.ts";
import { KEY_VARIABLES } from "../../config.ts";
import type { ModelReference } from "./model-reference.ts";
import type { ProviderTarget } from "./target-types.ts";

const TEXT_TIMEOUT_S = 30;

export interface TargetModelsDeps {
  readonly config: Config;
  readonly clock: Clock;
  /** Chosen by llm.provider or llm.model; llm.base_url is its address. */
  readonly chosen: ProviderId | undefined;
  /** Calls at a time of the run that is followed. */
  readonly followed: number | undefined;
}

export interface TargetModels {
  /** False when the provider wants a key and has none. */
  readonly hasKey: (provider: ProviderId) => boolean;
  readonly hasKeyFor: (model: LanguageModel) => boolean;
  /** @throws ConfigError when a setting of the provider is wrong */
  readonly model: (reference: ModelReference, purpose: ModelPurpose) => LanguageModel;
  readonly providerOf: (model: LanguageModel) => ProviderTarget;
}

type Section = Readonly<Record<string, unknown>>;

const definedOnly = (section: object): Section =>
  Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined));

const sectionOf = ({ config, chosen }: TargetModelsDeps, provider: ProviderId): Section => {
  const section = definedOnly(config.llm[provider]);
  const { base_url: address } = config.llm;
  return provider === chosen && address !== undefined && "endpoint" in section
    ? { ...section, endpoint: address }
    : section;
};

const digest = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");

const isProviderId = (id: string, { llm }: Config): id is ProviderId => Object.hasOwn(llm, id);

/** The stub runs here too, but has no graphics card that does one thing at a time. */
const ceilingOf = ({ config, followed }: TargetModelsDeps, section: Section, model: LanguageModel): number => {
  const { concurrency } = section;
  if (typeof concurrency === "number") return concurrency;
  if (!model.leavesMachine && model.provider !== "stub") return 1;
  return followed ?? config.llm.concurrency;
};

const describeProvider = (deps: TargetModelsDeps, model: LanguageModel): ProviderTarget => {
  const { providerKey, provider } = model;
  const section = isProviderId(provider, deps.config) ? sectionOf(deps, provider) : {};
  const origin = providerKey.slice(provider.length + 1);
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  const prices = section["prices"] as Readonly<Record<string, ConfiguredPrice>> | undefined; // checked by the provider
  const { model: ownModel, vision_model, text_model, fallback_models } = deps.config.llm;
  return {
    providerKey,
    provider,
    host: url?.host ?? origin,
    isLoopback: url === undefined || isLoopbackHost(url.hostname),
    ceiling: ceilingOf(deps, section, model),
    fingerprint: digest([providerKey, section, ownModel, vision_model, text_model, fallback_models]),
    prices: prices ?? {},
  };
};

export const createTargetModels = (deps: TargetModelsDeps): TargetModels => {
  const { llm, limits } = deps.config;
  const { timeout_seconds: allSeconds } = llm;
  const timeouts = {
    imageTimeoutMs: allSeconds === undefined ? limits.llm_timeout_ms : allSeconds * SECOND,
    textTimeoutMs: (allSeconds ?? TEXT_TIMEOUT_S) * SECOND,
  };
  const models = new Map<string, LanguageModel>();
  const providers = new Map<string, ProviderTarget>();
  const hasKey = (provider: ProviderId): boolean =>
    !Object.hasOwn(KEY_VARIABLES, provider) || sectionOf(deps, provider)["api_key"] !== undefined;
  return {
    hasKey,
    hasKeyFor: ({ provider }) => isProviderId(provider, deps.config) && hasKey(provider),
    model: ({ provider, model }, purpose) => {
      const options = { clock: deps.clock, purpose, ...timeouts, ...(model === undefined ? {} : { model }) };
      const made = createLanguageModel(provider, sectionOf(deps, provider), options);
      const name = `${made.providerKey}/${made.modelId}`;
      const known = models.get(name) ?? made;
      models.set(name, known);
      return known;
    },
    providerOf: (model) => {
      const known = providers.get(model.providerKey) ?? describeProvider(deps, model);
      providers.set(model.providerKey, known);
      return known;
    },
  };
};
