/**
 * What each family of models understands. The first row whose pattern matches counts; a model of no row gets what is
 * accepted everywhere. The config overrides single fields.
 */
import type { Capabilities } from "./language-model.ts";
import type { CapabilitySettings } from "./settings.ts";

/** The wire formats; several providers share one. */
export type WireKind = "anthropic" | "openai" | "openai-compatible" | "ollama";

const PLAIN: Capabilities = {
  temperature: true,
  legacyMaxTokens: false,
  thinkingOff: false,
  effort: null,
  structured: true,
  legacyHeaders: false,
  promptCacheKey: false,
};

interface Family {
  readonly pattern: RegExp;
  readonly capabilities: Partial<Capabilities>;
}

/** No Claude model gets a temperature: the current ones answer 400 to it. */
const CLAUDE: Capabilities = { ...PLAIN, temperature: false };
/** https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting */
const CLAUDE_FAMILIES: readonly Family[] = [
  { pattern: /^claude-(3|2|instant)/, capabilities: { structured: false } },
  { pattern: /^claude-(opus|sonnet)-4(-0|-1)?(-\d{8})?$/, capabilities: { thinkingOff: true, structured: false } },
  { pattern: /^claude-(opus|sonnet|haiku)-4-[5-9]/, capabilities: { thinkingOff: true } },
  { pattern: /^claude-haiku-5-5/, capabilities: { thinkingOff: true } },
  { pattern: /^claude-(opus|sonnet)-5(-\d{8})?$/, capabilities: { thinkingOff: true } },
  { pattern: /^claude-/, capabilities: { effort: "low" } }, // thinks whatever is asked for
];

const OPENAI: Capabilities = { ...PLAIN, promptCacheKey: true };
const REASONING = { temperature: false } as const;
/** https://developers.openai.com/api/docs/guides/reasoning */
const OPENAI_FAMILIES: readonly Family[] = [
  { pattern: /^gpt-5(\.\d+)?-chat/, capabilities: { ...REASONING } },
  {
    pattern: /^(gpt-5\.\d+|gpt-[6-9](\.\d+)?)(-(mini|nano|sol|terra|luna|astra))*(-\d{4}-\d\d-\d\d)?$/,
    capabilities: { ...REASONING, effort: "none" },
  },
  { pattern: /^gpt-[5-9]/, capabilities: { ...REASONING, effort: "low" } },
  { pattern: /^o\d/, capabilities: { ...REASONING, effort: "low" } },
  { pattern: /^(gpt-3|gpt-4(-\d|-turbo|-vision|$))/, capabilities: { structured: false } },
];

/** Compatible servers differ: they get nothing that is not in the oldest version of the interface. */
const COMPATIBLE: Capabilities = { ...PLAIN, legacyMaxTokens: true, structured: false };

const TABLE: Readonly<Record<WireKind, { readonly base: Capabilities; readonly families: readonly Family[] }>> = {
  anthropic: { base: { ...CLAUDE, structured: false }, families: CLAUDE_FAMILIES },
  openai: { base: OPENAI, families: OPENAI_FAMILIES },
  "openai-compatible": { base: COMPATIBLE, families: [] },
  ollama: { base: PLAIN, families: [] },
};

const familyOf = (wire: WireKind, modelId: string): Capabilities => {
  const { base, families } = TABLE[wire];
  const family = families.find(({ pattern }) => pattern.test(modelId));
  if (family === undefined) return base;
  return { ...base, ...(wire === "anthropic" ? { structured: true } : {}), ...family.capabilities };
};

export const capabilitiesOf = (
  wire: WireKind,
  modelId: string,
  overrides: CapabilitySettings = {},
  legacyHeaders = false,
): Capabilities => {
  const known = familyOf(wire, modelId);
  return {
    temperature: overrides.temperature ?? known.temperature,
    legacyMaxTokens: overrides.legacy_max_tokens ?? known.legacyMaxTokens,
    thinkingOff: overrides.thinking_off ?? known.thinkingOff,
    effort: overrides.effort === undefined ? known.effort : overrides.effort === "unset" ? null : overrides.effort,
    structured: overrides.structured ?? known.structured,
    legacyHeaders,
    promptCacheKey: overrides.prompt_cache_key ?? known.promptCacheKey,
  };
};

/** The SDK of Anthropic refuses larger limits without streaming. */
const MAX_TOKENS_CAP = 16_000;
/** Thinking counts against the limit. */
const THINKING_TOKENS = 4096;

/** The limit that is sent. */
export const maxTokensFor = ({ effort }: Capabilities, asked: number): number =>
  Math.min(MAX_TOKENS_CAP, effort === "low" ? Math.max(THINKING_TOKENS, asked) : asked);
