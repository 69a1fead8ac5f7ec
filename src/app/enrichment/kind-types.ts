/** The kinds of this library with what is configured for each. */
import type { EnrichmentKind } from "../../enrichment/enrichment-kind.ts";
import type { KindRegistry } from "../../enrichment/kind-registry.ts";
import type { VersionShares } from "../../enrichment/prompts/prompt-settings.ts";
import type { IsLocalOnly } from "./local-only.ts";
import type { RootRules } from "./root-rules.ts";

export interface ConfiguredKind {
  readonly kind: EnrichmentKind;
  /** False: switched off by `llm.features.<kind>`; it is neither made by itself nor on request. */
  readonly isEnabled: boolean;
  /** Made for new photos without being asked for. */
  readonly auto: boolean;
  /** undefined = as the kind says; see `confirmsItself`. */
  readonly autoConfirm: boolean | undefined;
  /** What is sent, 0..2. */
  readonly temperature: number;
  /** Language of answers, BCP 47. */
  readonly language: string;
  /** undefined = everybody gets the current prompt version; see `choosePromptVersion`. */
  readonly shares: VersionShares | undefined;
  /** `enrichment.kinds.<kind>.model`: `provider/model`, or a model of the chosen provider. */
  readonly model: string | undefined;
  /** Texts of library and album that are added to the prompt, in this order; see `kind.buildPrompt`. */
  readonly overrides: (albumIds?: readonly string[]) => readonly string[];
}

export interface EnrichmentKinds {
  readonly registry: KindRegistry;
  readonly all: readonly ConfiguredKind[];
  /** @throws NotFoundError that names those there are */
  readonly get: (name: string) => ConfiguredKind;
  /**
   * Whether a file must not leave this machine, by `roots[].local_only` and its folders. Ask for every file of a photo:
   * one such file is enough.
   * @param rootPath absolute
   * @param relativePath within the root
   * @param options of the root, as the library has them
   */
  readonly isLocalOnly: IsLocalOnly;
  readonly ofRoot: RootRules;
}
