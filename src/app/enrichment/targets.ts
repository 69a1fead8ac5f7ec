/**
 * Which targets this process can call, and by which routes jobs reach them:
 *
 *   vision, text                    llm.provider with its model, then llm.fallback_models
 *   model:<provider key>/<model>    that target, then fallbacks at the same provider: nobody else was named
 *   ...@local                       of these, what stays on this machine
 */
import type { LanguageModel, ModelPurpose } from "../../../models/language/language-model.ts";
import type { Clock } from "../../clock.ts";
import { systemClock } from "../../clock.ts";
import type { Config, ProviderId } from "../../config.ts";
import { KEY_VARIABLES, PROVIDER_IDS } from "../../config.ts";
import type { EnrichmentKind } from "../../enrichment/enrichment-kind.ts";
import { takesImage } from "../../enrichment/prompts/assemble-inputs.ts";
import { ConfigError, InternalError } from "../../errors.ts";
import type { ServedTarget } from "../../jobs/job-store.ts";
import type { Logger } from "../../logger.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import type { ModelReference } from "./model-reference.ts";
import { anyReferenceOf, providerOfName, referenceOf } from "./model-reference.ts";
import { missingKey, NOT_CONFIGURED } from "./no-provider.ts";
import type { TargetModels } from "./target-models.ts";
import { createTargetModels } from "./target-models.ts";
import type { EnrichmentTargets, ProviderTarget, RouteChoice, TargetAvailability } from "./target-types.ts";

export type { EnrichmentTargets, ProviderTarget } from "./target-types.ts";

export interface TargetsDeps {
  readonly config: Config;
  readonly kinds: EnrichmentKinds;
  readonly clock?: Clock;
  readonly logger: Logger;
  /** Providers that roots of the library name, beside those of the configuration. */
  readonly rootProviders?: readonly ProviderId[];
  /** Calls at a time of the run that is followed, e.g. `llm.batch.concurrent`; left out = no run is followed. */
  readonly followed?: number;
}

const LOCAL = "@local";

const targetName = ({ providerKey, modelId }: LanguageModel): string => `${providerKey}/${modelId}`;
const modelRoute = (model: LanguageModel): string => `model:${targetName(model)}`;

const ROUTES: Readonly<Record<ModelPurpose, string>> = { photo: "vision", text: "text" };

const purposeOf = (kind: EnrichmentKind): ModelPurpose => (takesImage(kind) ? "photo" : "text");

const distinct = (models: readonly LanguageModel[]): readonly LanguageModel[] => [...new Set(models)];

type Models = Readonly<Record<ModelPurpose, LanguageModel>>;

interface Plan {
  readonly chosen: ProviderId | undefined;
  readonly primary: Models | undefined;
  readonly fallbacks: readonly LanguageModel[];
  /** `enrichment.kinds.<kind>.model` */
  readonly ofKinds: ReadonlyMap<string, LanguageModel>;
  /** `roots[].provider` */
  readonly ofRoots: ReadonlyMap<ProviderId, Models>;
  /** What may have been asked for by name, now or earlier: models of all providers the user has a key of. */
  readonly others: readonly LanguageModel[];
}

/** `llm.model` of another provider waits until that one is chosen. */
const primaryReference = (config: Config, chosen: ProviderId, purpose: ModelPurpose): ModelReference => {
  const { model, vision_model: visionModel, text_model: textModel } = config.llm;
  const own = purpose === "photo" ? visionModel : textModel;
  if (own !== undefined) return referenceOf(own, chosen);
  const shared = model === undefined ? undefined : referenceOf(model, chosen);
  return shared?.provider === chosen ? shared : { provider: chosen, model: undefined };
};

const othersOf = ({ logger }: TargetsDeps, models: TargetModels): readonly LanguageModel[] =>
  PROVIDER_IDS.filter((id) => Object.hasOwn(KEY_VARIABLES, id) && models.hasKey(id)).flatMap((provider) => {
    try {
      return (["photo", "text"] as const).map((purpose) => models.model({ provider, model: undefined }, purpose));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      logger.debug(`The settings of ${provider}, which is not in use, are wrong. ${error.message}`);
      return [];
    }
  });

const rootProviders = ({ config, rootProviders: known = [] }: TargetsDeps): readonly ProviderId[] => [
  ...new Set([...config.roots.flatMap(({ provider }) => provider ?? []), ...known]),
];

const planOf = (deps: TargetsDeps, chosen: ProviderId | undefined, models: TargetModels): Plan => {
  const { config, kinds } = deps;
  const primary = (provider: ProviderId, purpose: ModelPurpose): LanguageModel =>
    models.model(primaryReference(config, provider, purpose), purpose);
  const ofKinds = kinds.all.flatMap(({ kind, model: name }) => {
    if (name === undefined) return [];
    const reference = anyReferenceOf(name, chosen, `enrichment.kinds.${kind.kind}.model`);
    return [[kind.kind, models.model(reference, purposeOf(kind))] as const];
  });
  const fallbacks = config.llm.fallback_models.map((name) =>
    models.model(anyReferenceOf(name, chosen, "llm.fallback_models"), "photo"),
  );
  const both = (provider: ProviderId): Models => ({
    photo: primary(provider, "photo"),
    text: primary(provider, "text"),
  });
  return {
    chosen,
    primary: chosen === undefined ? undefined : both(chosen),
    // Fallbacks stand in for the one that was chosen: without it there is nothing to stand in for.
    fallbacks: chosen === undefined ? [] : fallbacks,
    ofKinds: new Map(ofKinds),
    ofRoots: new Map(rootProviders(deps).map((provider) => [provider, both(provider)])),
    others: othersOf(deps, models),
  };
};

/** Everything the settings name, whether it can be called or not. */
const namedModels = ({ primary, fallbacks, ofKinds, ofRoots }: Plan): readonly LanguageModel[] => {
  const pairs = [...(primary === undefined ? [] : [primary]), ...ofRoots.values()];
  return distinct([...pairs.flatMap(({ photo, text }) => [photo, text]), ...fallbacks, ...ofKinds.values()]);
};

/** Chains by route, without targets that lack a key and without routes that lead nowhere. */
const chainsOf = (plan: Plan, models: TargetModels): ReadonlyMap<string, readonly LanguageModel[]> => {
  const { primary, fallbacks, others } = plan;
  const chains = new Map<string, readonly LanguageModel[]>();
  if (primary !== undefined) {
    chains.set("vision", distinct([primary.photo, ...fallbacks]));
    chains.set("text", distinct([primary.text, ...fallbacks]));
  }
  for (const model of distinct([...namedModels(plan), ...others])) {
    const beside = fallbacks.filter(({ providerKey }) => providerKey === model.providerKey);
    chains.set(modelRoute(model), distinct([model, ...beside]));
  }
  const callable = [...chains].map(([route, chain]) => [route, chain.filter(models.hasKeyFor)] as const);
  const locals = callable.map(
    ([route, chain]) => [route + LOCAL, chain.filter(({ leavesMachine }) => !leavesMachine)] as const,
  );
  return new Map([...callable, ...locals].filter(([, chain]) => chain.length > 0));
};

const warnOfEnds = (models: readonly LanguageModel[], logger: Logger): void => {
  for (const { provider, modelId, endOfLife } of models) {
    if (endOfLife !== undefined) {
      logger.warn(
        `${provider} stops serving ${modelId} on ${endOfLife}; choose another model in llm.${provider}.model.`,
      );
    }
  }
};

const availabilityOf = ({ chosen, primary, fallbacks }: Plan, models: TargetModels): TargetAvailability => {
  if (chosen === undefined || primary === undefined) return NOT_CONFIGURED;
  return [primary.photo, ...fallbacks].some(models.hasKeyFor) ? "ready" : missingKey(chosen, KEY_VARIABLES);
};

const serveOf = (
  kinds: EnrichmentKinds,
  chains: ReadonlyMap<string, readonly LanguageModel[]>,
  models: TargetModels,
): readonly ServedTarget[] =>
  kinds.all
    .filter(({ isEnabled }) => isEnabled)
    .flatMap(({ kind }) => {
      const foreign = ROUTES[purposeOf(kind) === "photo" ? "text" : "photo"];
      return [...chains]
        .filter(([route]) => route !== foreign && route !== foreign + LOCAL)
        .flatMap(([route, chain]) =>
          chain.map((model) => ({
            kind: kind.kind,
            route,
            providerKey: model.providerKey,
            model: model.modelId,
            ceiling: models.providerOf(model).ceiling,
          })),
        );
    });

const routeFor = (plan: Plan, kinds: EnrichmentKinds, name: string, choice: RouteChoice): string => {
  const purpose = purposeOf(kinds.get(name).kind);
  const ofKind = plan.ofKinds.get(name);
  const { provider } = choice;
  // A model that was chosen for the kind is as good where it is of that provider.
  const isForeign = provider !== undefined && ofKind?.provider !== provider;
  const wanted = isForeign ? plan.ofRoots.get(provider)?.[purpose] : ofKind;
  const model = choice.explicit === true ? plan.primary?.[purpose] : wanted;
  const route = model === undefined ? ROUTES[purpose] : modelRoute(model);
  return choice.localOnly ? route + LOCAL : route;
};

/** @throws ConfigError when settings of the chosen provider or of a fallback are wrong */
export const createTargets = (deps: TargetsDeps): EnrichmentTargets => {
  const { config, kinds, clock = systemClock, logger, followed } = deps;
  const chosen = config.llm.provider ?? providerOfName(config.llm.model);
  const models = createTargetModels({ config, clock, chosen, followed });
  const plan = planOf(deps, chosen, models);
  const chains = (): ReadonlyMap<string, readonly LanguageModel[]> => chainsOf(plan, models); // what is local may change
  const all = distinct([...chains().values()].flat());
  warnOfEnds(namedModels(plan).filter(models.hasKeyFor), logger);
  const providers = [...new Map(all.map((model) => [model.providerKey, models.providerOf(model)])).values()];
  const find = <Value>(value: Value | undefined, name: string): Value => {
    if (value !== undefined) return value;
    throw new InternalError(`Expected a target that is served, received ${name}.`);
  };
  return {
    get serve() {
      return serveOf(kinds, chains(), models);
    },
    providers,
    model: (key, id) =>
      find(
        all.find((model) => model.providerKey === key && model.modelId === id),
        `${key}/${id}`,
      ),
    provider: (key) =>
      find(
        providers.find(({ providerKey }) => providerKey === key),
        key,
      ),
    chainOf: (route) => chains().get(route) ?? [],
    routeOf: (kind, choice) => routeFor(plan, kinds, kind, choice),
    availability: () => availabilityOf(plan, models),
    register: async (store) => {
      for (const { providerKey, ceiling, fingerprint } of providers) {
        await store.register({ providerKey, ceiling, fingerprint, restart: followed !== undefined });
      }
    },
    fingerprint: providers.map(({ fingerprint }) => fingerprint).join("+"),
    maxInFlight: maxInFlight(plan, providers),
  };
};

/** Every provider in use busy at the same time. */
const maxInFlight = (plan: Plan, providers: readonly ProviderTarget[]): number => {
  const inUse = new Set(namedModels(plan).map(({ providerKey }) => providerKey));
  const busy = providers.filter(({ providerKey }) => inUse.has(providerKey)).map(({ ceiling }) => ceiling);
  return Math.max(
    1,
    busy.reduce((sum, ceiling) => sum + ceiling, 0),
  );
};
