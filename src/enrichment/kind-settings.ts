/** The section `[enrichment.kinds.<kind>]` of a kind, checked against what the kind allows. */
import { ConfigError } from "../errors.ts";
import type { EnrichmentKind } from "./enrichment-kind.ts";
import { checkVersionShares, type VersionShares } from "./prompts/prompt-settings.ts";
import { isLanguageTag } from "./quality/language.ts";
import { temperatureOf } from "./temperature.ts";

export interface KindSettings {
  /** undefined = as the kind says. */
  readonly auto?: boolean;
  readonly auto_confirm?: boolean;
  readonly temperature?: number;
  /** BCP 47. */
  readonly language?: string;
  readonly ab?: VersionShares;
}

/** @throws ConfigError naming the key */
export const checkKindSettings = (kind: EnrichmentKind, settings: KindSettings): void => {
  const key = `enrichment.kinds.${kind.kind}`;
  temperatureOf(kind, settings.temperature);
  if (settings.auto_confirm === true && kind.confirmation === "always") {
    throw new ConfigError(`Expected no automatic confirmation for ${key}.auto_confirm, received true.`, {
      hint: `Its results have effects outside of photon, so a person confirms them: take ${key}.auto_confirm out.`,
    });
  }
  if (settings.language !== undefined && !isLanguageTag(settings.language)) {
    throw new ConfigError(`Expected a language tag for ${key}.language, received "${settings.language}".`, {
      hint: `Write for example ${key}.language = "de".`,
    });
  }
  if (settings.ab !== undefined) checkVersionShares(kind.kind, settings.ab, kind.promptVersions);
};
