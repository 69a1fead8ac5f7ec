/** `photon retag`. */
import { z } from "zod";
import type { TaggingApi } from "../../app/tagging.ts";
import type { ProcessApi } from "../../pipeline/outcome.ts";
import type { RetagReport, TagChange } from "../../pipeline/retag.ts";
import { defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { createTaggingProgress } from "../tagging-progress.ts";
import { formatCount, formatJson, formatPlural } from "../terminal.ts";

/** Names of each list that people are shown; `--json` has all. */
const SHOWN_CHANGES = 12;

const changesText = (title: string, changes: readonly TagChange[]): string => {
  if (changes.length === 0) return "";
  const shown = changes.slice(0, SHOWN_CHANGES).map(({ name, photos }) => `${name} (${formatCount(photos)})`);
  const more = changes.length - shown.length;
  return `${title}: ${shown.join(", ")}${more > 0 ? ` and ${formatCount(more)} more` : ""}\n`;
};

const reportText = ({ photos, changed, gained, lost }: RetagReport, dryRun: boolean): string => {
  if (photos === 0) return "All tags are current.\n";
  const verb = dryRun ? "would change" : changed === 1 ? "has other tags now" : "have other tags now";
  return (
    `${formatPlural(photos, "photo")} looked at, ${formatCount(changed)} ${verb}.\n` +
    changesText("gained", gained) +
    changesText("lost", lost)
  );
};

export const retagCommand = defineCommand({
  options: z.object({
    set: flag(
      "--set <name>",
      z.array(z.string()).optional(),
      "Take tags from this vocabulary instead of those in the settings. Repeatable.",
      { config: "tagging.vocabulary.sets" },
    ),
    dryRun: flag("--dry-run", z.boolean().default(false), "Only show what would change."),
    json: jsonFlag,
  }),
  details:
    "For when vocabulary, prompts, calibration or thresholds changed. Works on stored vectors: no photo is read, and photos whose tags are current are passed over. Your own tags and refusals stay. A run that is stopped goes on where it ended. Write a set that you want to keep into the settings, or the next process goes back to theirs.",
  examples: [
    { command: "photon retag --dry-run", does: "show what the settings of now would change" },
    { command: "photon retag", does: "bring all tags up to date" },
    { command: "photon retag --set visual --set garden", does: "with your own vocabulary garden.json as well" },
  ],
  async run({ dryRun, json }, context, signal) {
    const photon: TaggingApi & ProcessApi = await context.photon();
    const report = await (async () => {
      await using progress = createTaggingProgress(context);
      return await photon.retag({ dryRun, signal, onProgress: progress.update });
    })();
    if (!dryRun) await photon.waitUntilIndexed(() => undefined, signal);
    await context.stdout.write(json ? `${formatJson({ ...report, dryRun })}\n` : reportText(report, dryRun));
    return EXIT.done;
  },
});
