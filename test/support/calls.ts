/** A journal of calls on a real catalogue; only time and the language model belong to the test. */
import { createHash } from "node:crypto";
import type { LanguageRequest } from "../../models/language/language-model.ts";
import { loadPrices } from "../../models/language/prices.ts";
import type { CallJournalDeps, CallSubject } from "../../src/app/enrichment/journal.ts";
import type { PricedTargets } from "../../src/app/enrichment/call-terms.ts";
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import type { CallableModel, PlannedCall } from "../../src/enrichment/attempt.ts";
import type { Clock } from "../../src/clock.ts";
import { createLogger } from "../../src/logger.ts";

export const PROVIDER_KEY = "openai@https://api.openai.com";

export const priced: CallableModel = {
  provider: "openai",
  modelId: "gpt-4o-mini",
  providerKey: PROVIDER_KEY,
  leavesMachine: true,
  generate: () => Promise.reject(new Error("This model is not called.")),
};

const request: LanguageRequest = {
  system: "s".repeat(4000),
  user: "u".repeat(400),
  turns: [],
  image: null,
  maxTokens: 1024,
  temperature: 0.3,
  detail: "low",
  jsonSchema: null,
  cacheKey: "prompt",
};

/** 1100 tokens of input by rule, 250 of output: 315 micro-dollars for gpt-4o-mini. */
export const ESTIMATE_MICROS = 315;

export const plannedCall = (given: Partial<PlannedCall> & { readonly key?: string } = {}): PlannedCall => ({
  model: priced,
  request,
  reason: "first",
  number: 1,
  resultKey: createHash("sha256")
    .update(given.key ?? "key")
    .digest("hex"),
  ...given,
});

export const subjectOf = (given: Partial<CallSubject> = {}): CallSubject => ({
  executionId: "run",
  stepId: "image_tag",
  scopeId: "a".repeat(64),
  photo: { contentHash: "a".repeat(64) },
  promptVersion: 1,
  fields: ["image", "tags"],
  purpose: "enrich",
  ...given,
});

const targetsOf = (models: readonly CallableModel[]): PricedTargets => ({
  providers: [],
  serve: models.map(({ providerKey, modelId }) => ({
    kind: "image_tag",
    route: "vision",
    providerKey,
    model: modelId,
    ceiling: 3,
  })),
  model: (providerKey, modelId) => {
    const found = models.find((model) => model.providerKey === providerKey && model.modelId === modelId);
    if (found === undefined) throw new Error(`There is no ${providerKey}/${modelId}.`);
    return found as ReturnType<PricedTargets["model"]>; // only what prices need is read
  },
});

export interface JournalSetting {
  readonly budget?: Partial<CallJournalDeps["settings"]["budget"]>;
  readonly cache?: Partial<CallJournalDeps["settings"]["cache"]>;
  readonly isLocalOnly?: CallJournalDeps["isLocalOnly"];
  readonly models?: readonly CallableModel[];
  readonly timeZone?: string;
}

export const journalDeps = (
  { calls }: Pick<Catalogue, "calls">,
  clock: Clock,
  { budget, cache, isLocalOnly = () => false, models = [priced], timeZone = "UTC" }: JournalSetting = {},
): CallJournalDeps & { readonly logLines: readonly string[] } => {
  const logLines: string[] = [];
  const logger = createLogger({ level: "warn", format: "pretty", write: (line) => logLines.push(line) });
  return {
    calls,
    settings: {
      cache: { enabled: true, max_size: 1000, ttl_seconds: 3600, ...cache },
      budget: { allow_unpriced: false, ...budget },
    },
    targets: targetsOf(models),
    prices: loadPrices,
    isLocalOnly,
    clock,
    logger,
    timeZone,
    logLines,
  };
};
