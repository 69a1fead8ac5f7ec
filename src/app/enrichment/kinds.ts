/** photon's kinds and the user's, each with its section of the configuration. */
import { readFile } from "node:fs/promises";
import type { Config, KindSection } from "../../config.ts";
import { nearestName } from "../../config.ts";
import type { EnrichmentKind } from "../../enrichment/enrichment-kind.ts";
import { createKindRegistry } from "../../enrichment/kind-registry.ts";
import type { KindSettings } from "../../enrichment/kind-settings.ts";
import { checkKindSettings } from "../../enrichment/kind-settings.ts";
import { kinds as ownKinds } from "../../enrichment/kinds.ts";
import { loadUserKinds } from "../../enrichment/load-user-kinds.ts";
import { temperatureOf } from "../../enrichment/temperature.ts";
import { userKindSettingsSchema } from "../../enrichment/user-kinds.ts";
import { ConfigError } from "../../errors.ts";
import type { ConfiguredKind, EnrichmentKinds } from "./kind-types.ts";
import { createLocalOnly } from "./local-only.ts";
import { createRootRules } from "./root-rules.ts";

export type { EnrichmentKinds } from "./kind-types.ts";

/** Keys that every section may have. */
const COMMON_KEYS = [
  "auto",
  "auto_confirm",
  "model",
  "temperature",
  "language",
  "ab",
  "library_prompt",
  "album_prompts",
] as const satisfies readonly (keyof KindSection)[];

const isOwn = (name: string): boolean => ownKinds.some(({ kind }) => kind === name);

const unknownKind = (name: string): ConfigError => {
  const nearest = nearestName(
    name,
    ownKinds.map(({ kind }) => kind),
  );
  return new ConfigError(
    `Expected a kind of photon's or one with a prompt_file under enrichment.kinds, received "${name}".`,
    {
      hint:
        nearest === undefined
          ? `Add enrichment.kinds.${name}.prompt_file, or take the section out.`
          : `Did you mean ${nearest}?`,
    },
  );
};

/** Sections are open, because kinds of the user's own have keys of their own; what nobody reads is a mistake. */
const checkSections = (sections: Readonly<Record<string, KindSection>>): void => {
  for (const [name, section] of Object.entries(sections)) {
    if (!isOwn(name) && section["prompt_file"] === undefined) throw unknownKind(name);
    const known = isOwn(name) ? COMMON_KEYS : [...COMMON_KEYS, ...Object.keys(userKindSettingsSchema.shape)];
    const unknown = Object.keys(section).find((key) => !(known as readonly string[]).includes(key));
    if (unknown === undefined) continue;
    throw new ConfigError(`Expected only ${known.join(", ")} in enrichment.kinds.${name}, received ${unknown}.`, {
      hint: `Take enrichment.kinds.${name}.${unknown} out, or correct its name.`,
    });
  }
};

const checkRootKinds = ({ roots }: Config, known: ReadonlySet<string>): void => {
  for (const { path, kinds = [] } of roots) {
    const unknown = kinds.find((name) => !known.has(name));
    if (unknown === undefined) continue;
    throw new ConfigError(`Expected kinds of enrichment for kinds of the root ${path}, received "${unknown}".`, {
      hint: `The kinds are ${[...known].join(", ")}.`,
    });
  }
};

const settingsOf = ({ auto, auto_confirm, temperature, language, ab }: KindSection): KindSettings => ({
  ...(auto === undefined ? {} : { auto }),
  ...(auto_confirm === undefined ? {} : { auto_confirm }),
  ...(temperature === undefined ? {} : { temperature }),
  ...(language === undefined ? {} : { language }),
  ...(ab === undefined ? {} : { ab }),
});

const overridesOf =
  ({ library_prompt: library, album_prompts: albums = {} }: KindSection) =>
  (albumIds: readonly string[] = []): readonly string[] => [
    ...(library === undefined ? [] : [library]),
    ...albumIds.flatMap((id) => (Object.hasOwn(albums, id) ? [albums[id] ?? ""] : [])),
  ];

const configuredKind = ({ enrichment, llm }: Config, kind: EnrichmentKind): ConfiguredKind => {
  const section: KindSection = enrichment.kinds[kind.kind] ?? {};
  checkKindSettings(kind, settingsOf(section));
  const features: Readonly<Record<string, boolean>> = llm.features;
  const isEnabled = features[kind.kind] ?? true;
  return {
    kind,
    isEnabled,
    auto: isEnabled && (section.auto ?? kind.auto),
    autoConfirm: section.auto_confirm,
    temperature: temperatureOf(kind, section.temperature),
    language: section.language ?? enrichment.language,
    shares: section.ab,
    model: section.model,
    overrides: overridesOf(section),
  };
};

export interface KindsDeps {
  readonly config: Config;
  /** Of the files that kinds of the user's own name. */
  readonly readText?: (path: string) => Promise<string>;
}

/** @throws ConfigError naming the key that is wrong */
export const loadEnrichmentKinds = async ({ config, readText }: KindsDeps): Promise<EnrichmentKinds> => {
  const { kinds: sections } = config.enrichment;
  checkSections(sections);
  const userKinds = await loadUserKinds(sections, {
    readText: readText ?? ((path) => readFile(path, "utf8")),
    defaultTemperature: config.llm.temperature,
  });
  const registry = createKindRegistry(userKinds);
  const all = registry.all.map((kind) => configuredKind(config, kind));
  const byName = new Map(all.map((configured) => [configured.kind.kind, configured]));
  checkRootKinds(config, new Set(byName.keys()));
  return {
    registry,
    all,
    get: (name) => byName.get(name) ?? configuredKind(config, registry.get(name)),
    isLocalOnly: createLocalOnly(config),
    ofRoot: createRootRules(config),
  };
};
