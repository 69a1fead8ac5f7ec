/** Models whose provider has named the day they stop answering. */
const END_OF_LIFE: readonly { readonly provider: string; readonly pattern: RegExp; readonly day: string }[] = [
  // https://platform.claude.com/docs/en/about-claude/model-deprecations
  { provider: "anthropic", pattern: /^claude-sonnet-4-5(-20250929)?$/, day: "2026-11-30" },
];

/** @returns the day as `2026-11-30`, undefined when none is known */
export const endOfLife = (provider: string, modelId: string): string | undefined =>
  END_OF_LIFE.find((entry) => entry.provider === provider && entry.pattern.test(modelId))?.day;
