/** What people are told when there is nobody to ask. */
import type { TargetAvailability } from "./target-types.ts";

const STATUS = 'See "photon llm status".';

/** Nothing is said of jobs where none waits. */
const waiting = (jobs: number): string => {
  if (jobs === 0) return "";
  return jobs === 1 ? "; 1 enrichment job stays queued" : `; ${jobs} enrichment jobs stay queued`;
};

export const NOT_CONFIGURED: TargetAvailability = {
  reason: "not_configured",
  message: (jobs) =>
    `no language model is configured${waiting(jobs)}. Set llm.provider (photon config init) or OPENAI_API_KEY with --llm openai; local: --llm ollama. ${STATUS}`,
};

/** @param variables where the keys of providers are looked for */
export const missingKey = (provider: string, variables: Readonly<Record<string, string>>): TargetAvailability => ({
  reason: "no_key",
  message: (jobs) =>
    `${provider} has no key${waiting(jobs)}. Set ${variables[provider] ?? "its key"} in the environment or llm.${provider}.api_key; local: --llm ollama. ${STATUS}`,
});
