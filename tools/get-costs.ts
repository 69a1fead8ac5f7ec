/** `get_costs`: what language models cost. */
import { z } from "zod";
import type { CostsApi } from "../src/app/enrichment/costs-api.ts";
import { parseDateRange } from "../src/search/date-range.ts";
import { costsData, costsResultSchema } from "./costs/costs-data.ts";
import { defineTool } from "./tool.ts";

export const getCosts = defineTool({
  name: "get_costs",
  title: "Costs",
  description: "Calls, tokens and US dollars of photon's language models, by default of 30 days; null = cost unknown.",
  input: z.strictObject({
    from: z.string().max(25).optional(),
    to: z.string().max(25).optional(),
    by: z.enum(["day", "model", "kind", "provider"]).default("day"),
  }),
  output: z.looseObject({
    rows: z.array(z.looseObject({ key: z.string() })),
    total_usd: z.number(),
  }),
  result: costsResultSchema,
  effect: "read",
  async handle({ from, to, by }, { photon }) {
    parseDateRange(from, to); // names what is wrong as this tool calls it
    const { costs }: { readonly costs: CostsApi } = await photon();
    return { kind: "data", data: costsData(await costs.report({ since: from, until: to, by, utc: false })) };
  },
});
