/**
 * Pauses of a used-up budget end by themselves when their day or month is over. This ends them earlier, when the user
 * has raised the limit or told the price of a model.
 */
import type { PriceList } from "../../../models/language/prices.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Clock } from "../../clock.ts";
import type { BudgetSettings, PricedTargets } from "./call-terms.ts";
import { budgetLimits, priceCall } from "./call-terms.ts";

export interface BudgetPausesDeps {
  readonly catalogue: Pick<Catalogue, "calls" | "jobs" | "providers">;
  readonly budget: BudgetSettings;
  readonly targets: PricedTargets;
  readonly prices: () => Promise<PriceList>;
  readonly clock: Clock;
  /** As in CallJournalDeps. */
  readonly timeZone?: string;
}

const PROVIDER = "provider:";
const SOME_USAGE = { input: 1000, cacheRead: 0, cacheWrite: 0, output: 100 } as const;

const hasRoom = async ({ catalogue, budget, clock, timeZone }: BudgetPausesDeps): Promise<boolean> => {
  for (const { from, micros } of budgetLimits(budget, clock.now(), timeZone)) {
    if ((await catalogue.calls.spentSince(from)) >= micros) return false;
  }
  return true;
};

/** Whether calls of the provider's models are refused for want of a price. */
const lacksPrice = async (deps: BudgetPausesDeps, providerKey: string): Promise<boolean> => {
  const { budget, targets, prices, clock, timeZone } = deps;
  if (budget.allow_unpriced || budgetLimits(budget, clock.now(), timeZone).length === 0) return false;
  const list = await prices();
  const own = targets.serve.filter((target) => target.providerKey === providerKey);
  return own.some(({ model }) => {
    const { micros } = priceCall(list, targets, { model: targets.model(providerKey, model), usage: SOME_USAGE });
    return micros === null;
  });
};

/** @returns provider keys that may be called again */
export const liftBudgetPauses = async (deps: BudgetPausesDeps): Promise<readonly string[]> => {
  const { providers, jobs } = deps.catalogue;
  const pauses = (await providers.pauses()).filter(
    ({ target, reason }) => reason === "BUDGET" && target.startsWith(PROVIDER),
  );
  if (pauses.length === 0 || !(await hasRoom(deps))) return [];
  const lifted: string[] = [];
  for (const { target } of pauses) {
    const providerKey = target.slice(PROVIDER.length);
    if (await lacksPrice(deps, providerKey)) continue;
    await jobs.resume(target);
    lifted.push(providerKey);
  }
  return lifted;
};
