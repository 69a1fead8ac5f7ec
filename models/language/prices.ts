/**
 * What a call costs, in whole millionths of a US dollar. Prices are those bundled with @pydantic/genai-prices, those of
 * the config, or what the provider reports; they are never fetched.
 */
import type { PriceCalculation } from "@pydantic/genai-prices";
import type { LanguageReply, Usage } from "./language-model.ts";
import type { ConfiguredPrice } from "./settings.ts";

const MICROS_PER_USD = 1_000_000;
/** Of provider batches. */
export const BATCH_FACTOR = 0.5;
/** Digits of a micro-dollar that floating point keeps; beyond them a half is not told from its neighbours. */
const EXACT_DIGITS = 6;

/**
 * Where a price comes from: `reported` by the provider, `config`, `exact` = the model itself, `approximate` = a model of a
 * similar name, `local` = runs here and costs nothing, `unknown` = no price, which is not the same as nothing.
 */
export type PriceSource = "reported" | "exact" | "approximate" | "config" | "local" | "unknown";

export interface CallPrice {
  /** Whole micro-dollars; null when unknown. */
  readonly micros: number | null;
  readonly source: PriceSource;
}

export interface PricedCall {
  readonly provider: string;
  /** As requested. */
  readonly model: string;
  readonly usage: Usage;
  /** Costs nothing. */
  readonly isLocal: boolean;
  readonly reportedCostUsd?: LanguageReply["reportedCostUsd"];
  /** 1, or the discount of a batch. */
  readonly factor?: number;
  readonly prices?: Readonly<Record<string, ConfiguredPrice>>;
}

/** To the nearest whole number, halves to the even one. */
export const roundHalfEven = (value: number): number => {
  const exact = Number(value.toFixed(EXACT_DIGITS));
  const below = Math.floor(exact);
  if (exact - below !== 0.5) return Math.round(exact);
  return below % 2 === 0 ? below : below + 1;
};

const toMicros = (usd: number, factor: number): number => roundHalfEven(usd * factor * MICROS_PER_USD);

const DATE_SUFFIX = /-(\d{8}|\d{4}-\d\d-\d\d)$/;

/** @param matched the id the price belongs to */
const isSameModel = (requested: string, matched: string): boolean =>
  requested === matched || requested.replace(DATE_SUFFIX, "") === matched.replace(DATE_SUFFIX, "");

/** Ids of the price list, where they differ from photon's. */
type CalcPrice = (
  usage: Record<string, number>,
  model: string,
  options: { providerId: string },
) => PriceCalculation | null;

interface TokenCounts {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

/** The cache tokens are part of the input, so it is at least as large. */
const countsOf = ({ input, output, cacheRead, cacheWrite }: Usage): TokenCounts | undefined =>
  input === null || output === null
    ? undefined
    : { input: Math.max(input, cacheRead + cacheWrite), output, cacheRead, cacheWrite };

const configuredUsd = (price: ConfiguredPrice, counts: TokenCounts): number => {
  const plain = counts.input - counts.cacheRead - counts.cacheWrite;
  const perMillion =
    plain * price.input +
    counts.cacheRead * (price.cache_read ?? price.input) +
    counts.cacheWrite * (price.cache_write ?? price.input) +
    counts.output * price.output;
  return perMillion / 1_000_000;
};

const UNKNOWN: CallPrice = { micros: null, source: "unknown" };

const listedPrice = (call: PricedCall, counts: TokenCounts, calcPrice: CalcPrice): CallPrice => {
  const usage = {
    input_tokens: counts.input,
    cache_read_tokens: counts.cacheRead,
    cache_write_tokens: counts.cacheWrite,
    output_tokens: counts.output,
  };
  const found = calcPrice(usage, call.model, { providerId: call.provider });
  if (found === null) return UNKNOWN;
  const source = isSameModel(call.model, found.model.id) ? "exact" : "approximate";
  return { micros: toMicros(found.total_price, call.factor ?? 1), source };
};

const priceOf = (call: PricedCall, calcPrice: CalcPrice): CallPrice => {
  const { reportedCostUsd = null, factor = 1, prices = {} } = call;
  if (reportedCostUsd !== null) return { micros: toMicros(reportedCostUsd, 1), source: "reported" };
  if (call.isLocal) return { micros: 0, source: "local" };
  const counts = countsOf(call.usage);
  if (counts === undefined) return UNKNOWN;
  const configured = Object.hasOwn(prices, call.model) ? prices[call.model] : undefined;
  if (configured !== undefined)
    return { micros: toMicros(configuredUsd(configured, counts), factor), source: "config" };
  return listedPrice(call, counts, calcPrice);
};

export interface PriceList {
  /** The price of a call made, or, with estimated tokens, of one to be made. */
  readonly priceOf: (call: PricedCall) => CallPrice;
}

/** Reads the list, half a megabyte, when a price is first wanted. */
export const loadPrices = async (): Promise<PriceList> => {
  const { calcPrice } = await import("@pydantic/genai-prices");
  return { priceOf: (call) => priceOf(call, calcPrice) };
};
