/** `photon costs`. */
import { z } from "zod";
import { COST_KEYS } from "../../app/enrichment/costs-api.ts";
import { InvalidInputError } from "../../errors.ts";
import { defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { costReportText, dailyReportText } from "../llm/cost-text.ts";
import { formatJson } from "../terminal.ts";

export const costsCommand = defineCommand({
  options: z.object({
    by: flag("--by <key>", z.enum(COST_KEYS).optional(), "One row for each day, model, kind, provider or execution."),
    since: flag(
      "--since <date>",
      z.string().optional(),
      "From this local date on: 2026, 2026-03, 2026-03-29. Default: 30 days.",
    ),
    until: flag("--until <date>", z.string().optional(), "Until the end of this local date. Default: now."),
    daily: flag("--daily", z.boolean().default(false), "The report of one day, today or that of --since."),
    utc: flag("--utc", z.boolean().default(false), "Days of UTC instead of those of this machine."),
    json: jsonFlag,
  }),
  details:
    "Costs are those of calls whose price is known; calls without a known price are counted apart and never as 0. Answers out of photon's own cache cost nothing.",
  examples: [
    { command: "photon costs", does: "the last 30 days, day by day" },
    { command: "photon costs --by model --since 2026-03", does: "what each model cost since March" },
    { command: "photon costs --daily --json", does: "today's report for programs" },
  ],
  async run({ by, since, until, daily, utc, json }, { photon, stdout }) {
    const { costs } = await photon();
    if (daily) {
      if (by !== undefined || until !== undefined) {
        throw new InvalidInputError("Expected --daily without --by and --until, received both.", {
          hint: "The daily report has tables by model and by kind; --since names its day.",
        });
      }
      const report = await costs.daily({ day: since, utc });
      await stdout.write(json ? `${formatJson(report)}\n` : dailyReportText(report, stdout));
      return EXIT.done;
    }
    const report = await costs.report({ by: by ?? "day", since, until, utc });
    await stdout.write(json ? `${formatJson(report)}\n` : costReportText(report, stdout));
    return EXIT.done;
  },
});
