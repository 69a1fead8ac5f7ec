/** What a run would send, to whom, and what it may cost; nothing is sent for it. Good to about half. */
import type { LanguageModel } from "../../../models/language/language-model.ts";
import type { CallPrice, PriceList } from "../../../models/language/prices.ts";
import { BATCH_FACTOR } from "../../../models/language/prices.ts";
import type { CallLogRepository } from "../../catalogue/call-log.ts";
import type { Config } from "../../config.ts";
import type { EnrichmentKind } from "../../enrichment/enrichment-kind.ts";
import type { ImageSize, InputName } from "../../enrichment/inputs.ts";
import { takesImage } from "../../enrichment/prompts/assemble-inputs.ts";
import { estimateImageTokens } from "../../enrichment/prompts/estimate-tokens.ts";
import { estimateInput, meanCall, USUAL_OUTPUT_TOKENS } from "./call-estimate.ts";
import { priceCall, toUsd } from "./call-terms.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import type { EnrichmentTargets } from "./target-types.ts";

/** Either way, in percent. */
const ACCURACY_PERCENT = 50;
/** Of the data block, for lack of a better number. */
const USUAL_DATA_TOKENS = 120;
/** Width to height of most photos. */
const USUAL_ASPECT = 4 / 3;

export interface ForecastDeps {
  /** Left out where there is no library yet. */
  readonly calls?: Pick<CallLogRepository, "meanUsage"> | undefined;
  readonly targets: Pick<EnrichmentTargets, "chainOf" | "provider" | "providers" | "serve" | "model">;
  readonly kinds: Pick<EnrichmentKinds, "get">;
  readonly settings: Pick<Config["llm"], "image" | "send_fields">;
  readonly prices: () => Promise<PriceList>;
}

export interface ForecastCount {
  readonly kind: string;
  /** See EnrichmentTargets.routeOf. */
  readonly route: string;
  /** Scopes that the kind would be made of. */
  readonly items: number;
}

export interface ForecastRequest {
  readonly counts: readonly ForecastCount[];
  /** Photos that must stay on this machine, where nobody can be asked about them. */
  readonly heldBack: number;
  /** By the batch interface of the provider, where it has one. */
  readonly noHurry?: boolean;
}

/** One kind at one target. */
export interface ForecastLine {
  readonly kind: string;
  readonly items: number;
  /** undefined: nobody can be asked; the work waits in the queue. */
  readonly target: ForecastTarget | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** null = nobody knows the price. */
  readonly usd: number | null;
  /** Where the price comes from. */
  readonly priceSource: CallPrice["source"];
  /** own_calls: as the last calls of this model and kind were. rule: by length of text and size of picture. */
  readonly basis: "own_calls" | "rule";
  /** Kinds of data in each request; empty when nothing leaves the process. */
  readonly sends: readonly string[];
}

export interface ForecastTarget {
  readonly provider: string;
  readonly model: string;
  readonly host: string;
  readonly leavesMachine: boolean;
  readonly isBatch: boolean;
}

export interface Forecast {
  readonly items: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Sum of what is known; null = no price is known at all. */
  readonly usd: number | null;
  /** Items whose price nobody knows; they are not in the sum. */
  readonly unpricedItems: number;
  /** The truth lies within this much of the numbers, as a rule. */
  readonly accuracyPercent: number;
  /** Photos left out because they must stay on this machine. */
  readonly heldBack: number;
  readonly lines: readonly ForecastLine[];
}

const usualSize = (maxEdge: number): ImageSize => ({ width: maxEdge, height: Math.round(maxEdge / USUAL_ASPECT) });

const NAMES: Partial<Readonly<Record<InputName, string>>> = { capture_time: "capture_date", caption: "user_caption" };
/** What is about the photo and goes along only as far as `llm.send_fields` allows. */
const CONTEXT: ReadonlySet<InputName> = new Set([
  "tags",
  "capture_time",
  "camera",
  "place",
  "file_name",
  "folder",
  "caption",
]);

/** What a request of the kind may hold beside the prompt's own words. */
const sentFields = (
  { inputs: { required, optional } }: Pick<EnrichmentKind, "inputs">,
  sendFields: Config["llm"]["send_fields"],
): readonly string[] => {
  const subjects = new Set(required.flat());
  const allowed: readonly string[] = sendFields;
  return [...new Set([...subjects, ...optional])].flatMap((name) => {
    const shown = NAMES[name] ?? name;
    if (subjects.has(name) || !CONTEXT.has(name) || allowed.includes(shown)) return [shown];
    return name === "capture_time" && allowed.includes("capture_month") ? ["capture_month"] : [];
  });
};

interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly basis: ForecastLine["basis"];
}

const tokensByRule = (kind: EnrichmentKind, language: string, maxEdge: number): Tokens => {
  const scopeId = "0".repeat(64);
  const { system, user } = kind.buildPrompt({ scopeId, language });
  const image = takesImage(kind) ? estimateImageTokens(usualSize(maxEdge)) : 0;
  const input = estimateInput({ system, user, turns: [] }, undefined) + USUAL_DATA_TOKENS + image;
  return { input, output: USUAL_OUTPUT_TOKENS, basis: "rule" };
};

const tokensOf = async (deps: ForecastDeps, name: string, model: LanguageModel | undefined): Promise<Tokens> => {
  const { kind, language } = deps.kinds.get(name);
  const mean =
    model === undefined
      ? undefined
      : await deps.calls?.meanUsage({ provider: model.provider, model: model.modelId, stepId: name });
  if (mean === undefined) return tokensByRule(kind, language, deps.settings.image.max_edge);
  const { input, output } = meanCall(mean);
  return { input: input ?? 0, output: output ?? 0, basis: "own_calls" };
};

const targetOf = ({ targets }: ForecastDeps, model: LanguageModel, noHurry: boolean): ForecastTarget => ({
  provider: model.provider,
  model: model.modelId,
  host: targets.provider(model.providerKey).host,
  leavesMachine: model.leavesMachine,
  isBatch: noHurry && model.batches !== undefined,
});

const forecastLine = async (
  deps: ForecastDeps,
  { kind, route, items }: ForecastCount,
  noHurry: boolean,
): Promise<ForecastLine> => {
  const [model] = deps.targets.chainOf(route);
  const tokens = await tokensOf(deps, kind, model);
  const line = {
    kind,
    items,
    inputTokens: tokens.input * items,
    outputTokens: tokens.output * items,
    basis: tokens.basis,
  };
  if (model === undefined) return { ...line, target: undefined, usd: null, priceSource: "unknown", sends: [] };
  const target = targetOf(deps, model, noHurry);
  const usage = { input: tokens.input, output: tokens.output, cacheRead: 0, cacheWrite: 0 };
  const factor = target.isBatch ? BATCH_FACTOR : 1;
  const { micros, source } = priceCall(await deps.prices(), deps.targets, { model, usage, factor });
  return {
    ...line,
    target,
    usd: micros === null ? null : toUsd(micros * items),
    priceSource: source,
    sends: model.provider === "stub" ? [] : sentFields(deps.kinds.get(kind).kind, deps.settings.send_fields),
  };
};

const sumOf = (lines: readonly ForecastLine[], valueOf: (line: ForecastLine) => number): number =>
  lines.reduce((sum, line) => sum + valueOf(line), 0);

export const forecast = async (deps: ForecastDeps, request: ForecastRequest): Promise<Forecast> => {
  const { counts, heldBack, noHurry = false } = request;
  const lines: ForecastLine[] = [];
  for (const count of counts) {
    if (count.items > 0) lines.push(await forecastLine(deps, count, noHurry));
  }
  const priced = lines.filter(({ usd }) => usd !== null);
  return {
    items: sumOf(lines, ({ items }) => items),
    inputTokens: sumOf(lines, ({ inputTokens }) => inputTokens),
    outputTokens: sumOf(lines, ({ outputTokens }) => outputTokens),
    usd: lines.length > 0 && priced.length === 0 ? null : sumOf(priced, ({ usd }) => usd ?? 0),
    unpricedItems: sumOf(lines, ({ usd, items }) => (usd === null ? items : 0)),
    accuracyPercent: ACCURACY_PERCENT,
    heldBack,
    lines,
  };
};

/** Jobs counted by kind and route. */
export const countJobs = (
  jobs: Iterable<{ readonly kind: string; readonly route: string }>,
): readonly ForecastCount[] => {
  const counts = new Map<string, ForecastCount>();
  for (const { kind, route } of jobs) {
    const key = `${kind} ${route}`;
    counts.set(key, { kind, route, items: (counts.get(key)?.items ?? 0) + 1 });
  }
  return [...counts.values()];
};
