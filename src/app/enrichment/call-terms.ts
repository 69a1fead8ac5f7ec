/** On what terms calls are made: prices, budget, whom a refusal stops. */
import type { PriceList, PricedCall } from "../../../models/language/prices.ts";
import type { BudgetLimit } from "../../catalogue/call-log.ts";
import type { Config } from "../../config.ts";
import type { CallableModel } from "../../enrichment/attempt.ts";
import { roundHalfEven } from "../../../models/language/prices.ts";
import { dayAround, monthAround } from "./budget-period.ts";
import type { EnrichmentTargets } from "./target-types.ts";

export type BudgetSettings = Config["llm"]["budget"];

const MICROS_PER_USD = 1_000_000;

const toMicros = (usd: number): number => roundHalfEven(usd * MICROS_PER_USD);
export const toUsd = (micros: number): number => micros / MICROS_PER_USD;

/** The limits of now, for days and months of the zone. */
export const budgetLimits = (
  { daily_usd: daily, monthly_usd: monthly, total_usd: total }: BudgetSettings,
  now: number,
  timeZone?: string,
): readonly BudgetLimit[] => [
  ...(daily === undefined ? [] : [{ ...dayAround(now, timeZone), micros: toMicros(daily) }]),
  ...(monthly === undefined ? [] : [{ ...monthAround(now, timeZone), micros: toMicros(monthly) }]),
  ...(total === undefined ? [] : [{ from: null, until: null, micros: toMicros(total) }]),
];

/** What is needed of the targets to know prices. */
export type PricedTargets = Pick<EnrichmentTargets, "serve" | "model" | "providers">;

/** Providers whose calls cost something: those that a used-up budget stops. */
export const pricedProviders = ({ serve, model }: PricedTargets): readonly string[] => [
  ...new Set(
    serve.flatMap((target) => (model(target.providerKey, target.model).leavesMachine ? [target.providerKey] : [])),
  ),
];

/** Prices of the config for a provider; a provider no route leads to has none. */
const configuredPrices = ({ providers }: PricedTargets, providerKey: string): PricedCall["prices"] =>
  providers.find((known) => known.providerKey === providerKey)?.prices;

export const priceCall = (
  list: PriceList,
  targets: PricedTargets,
  call: Pick<PricedCall, "usage" | "reportedCostUsd" | "factor"> & { readonly model: CallableModel },
): ReturnType<PriceList["priceOf"]> => {
  const { model, ...rest } = call;
  const prices = configuredPrices(targets, model.providerKey);
  return list.priceOf({
    ...rest,
    provider: model.provider,
    model: model.modelId,
    isLocal: !model.leavesMachine,
    ...(prices === undefined ? {} : { prices }),
  });
};
