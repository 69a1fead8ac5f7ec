/**
 * Names of models in the configuration: `provider/model`, or a model of the chosen provider. Where models themselves have
 * names with a slash (`openai/gpt-oss-20b` of a compatible server), the chosen provider's come first.
 */
import type { ProviderId } from "../../config.ts";
import { PROVIDER_IDS } from "../../config.ts";
import { ConfigError } from "../../errors.ts";

export interface ModelReference {
  readonly provider: ProviderId;
  /** undefined = the one the provider's section names. */
  readonly model: string | undefined;
}

/** Providers whose models are called `maker/model`. */
const MAKERS_IN_NAMES: readonly ProviderId[] = ["openrouter", "hyperbolic", "openai-compatible"];

const prefixOf = (name: string): ProviderId | undefined => PROVIDER_IDS.find((id) => name.startsWith(`${id}/`));

/** `openrouter/auto` is the whole name of a model; what is routed to a maker is called `openrouter/maker/model`. */
const withoutPrefix = (name: string, provider: ProviderId): string => {
  const rest = name.slice(provider.length + 1);
  return provider === "openrouter" && !rest.includes("/") ? name : rest;
};

/** Whom `llm.model` alone chooses. */
export const providerOfName = (name: string | undefined): ProviderId | undefined =>
  name === undefined ? undefined : prefixOf(name);

/** `llm.model`, `llm.vision_model` and `llm.text_model`. */
export const referenceOf = (name: string, chosen: ProviderId): ModelReference => {
  const prefix = prefixOf(name);
  if (prefix === chosen) return { provider: chosen, model: withoutPrefix(name, chosen) };
  if (prefix === undefined || MAKERS_IN_NAMES.includes(chosen)) return { provider: chosen, model: name };
  return { provider: prefix, model: withoutPrefix(name, prefix) };
};

/**
 * Names that may lead to any provider: `llm.fallback_models` and `enrichment.kinds.<kind>.model`.
 * @throws ConfigError when there is no provider in the name and none is chosen
 */
export const anyReferenceOf = (name: string, chosen: ProviderId | undefined, key: string): ModelReference => {
  const provider = prefixOf(name) ?? chosen;
  if (provider === undefined) {
    throw new ConfigError(`Expected provider/model for ${key}, received "${name}".`, {
      hint: `Write for example "openai/${name}"; the providers are ${PROVIDER_IDS.join(", ")}.`,
    });
  }
  return { provider, model: prefixOf(name) === undefined ? name : withoutPrefix(name, provider) };
};
