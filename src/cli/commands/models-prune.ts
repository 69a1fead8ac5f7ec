/** `photon models prune`. */
import { z } from "zod";
import type { ModelChangeApi, RetiredModel } from "../../library/model-change.ts";
import { defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { formatBytes, formatCount, formatJson, formatTable } from "../terminal.ts";

const listText = (models: readonly RetiredModel[]): string =>
  models.length === 0
    ? "No vectors of other models are kept.\n"
    : formatTable([
        ["model", "vectors", "size"],
        ...models.map(({ modelId, vectors, bytes }) => [modelId, formatCount(vectors), `about ${formatBytes(bytes)}`]),
      ]);

export const modelsPruneCommand = defineCommand({
  options: z.object({
    dryRun: flag("--dry-run", z.boolean().default(false), "Show what would go; the same as leaving out --yes."),
    yes: flag("--yes", z.boolean().default(false), "Remove; without it only what would go is shown."),
    json: jsonFlag,
  }),
  details:
    "Changing the model keeps the vectors of the one before, so that going back takes no time. This removes them. The files of the models stay installed; photon models remove deletes those.",
  examples: [
    { command: "photon models prune", does: "show what is kept of other models" },
    { command: "photon models prune --yes", does: "remove it" },
  ],
  async run({ dryRun, yes, json }, { photon, stdout, stderr }, signal) {
    const library: ModelChangeApi = await photon();
    if (dryRun || !yes) {
      const models = await library.retiredModels();
      const bytes = models.reduce((sum, model) => sum + model.bytes, 0);
      await stdout.write(json ? `${formatJson({ models, bytes, removed: false })}\n` : listText(models));
      if (models.length > 0) {
        await stderr.line(`Nothing was removed. Add --yes to remove them and free about ${formatBytes(bytes)}.`);
      }
      return EXIT.done;
    }
    const report = await library.pruneModels({ signal });
    if (json) await stdout.line(formatJson({ ...report, models: report.removed, removed: true }));
    else await stdout.write(listText(report.removed));
    if (report.removed.length > 0) await stderr.line(`Removed; ${formatBytes(report.bytesFreed)} freed.`);
    if (!report.compacted) {
      await stderr.line("The catalogue keeps its size for now: new photos use the space that became free in it.");
    }
    return EXIT.done;
  },
});
