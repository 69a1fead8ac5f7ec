/** `photon quarantine list|retry`. */
import { z } from "zod";
import type { AdministrationApi, QuarantineEntry } from "../../library/administration.ts";
import { argument, defineCommand, EXIT, jsonFlag } from "../command.ts";
import type { Output } from "../terminal.ts";
import { formatJson, formatPlural } from "../terminal.ts";

const entryText = (entry: QuarantineEntry, { style }: Output): string => {
  const stage = entry.stage === undefined ? "" : ` in ${entry.stage}`;
  const since = new Date(entry.since).toISOString().slice(0, 10);
  const facts = style("dim", `${formatPlural(entry.tries, "try").replace("trys", "tries")}, since ${since}`);
  return `${entry.path}\n  ${style("yellow", entry.code)}${stage}: ${entry.message} ${facts}\n`;
};

export const quarantineListCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  details: "A quarantined photo is tried again when its file changes, when photon's decoders change, or by `retry`.",
  examples: [
    { command: "photon quarantine list", does: "path, reason and number of tries of each" },
    { command: "photon quarantine list --json | jq -r '.[].path'", does: "only the paths" },
  ],
  async run({ json }, { photon, stdout, stderr }) {
    const library: AdministrationApi = await photon();
    const entries = await library.quarantined();
    if (json) {
      await stdout.line(formatJson(entries));
      return EXIT.done;
    }
    for (const entry of entries) await stdout.write(entryText(entry, stdout));
    await stderr.line(
      entries.length === 0 ? "Nothing is quarantined." : `${formatPlural(entries.length, "photo")} quarantined.`,
    );
    return EXIT.done;
  },
});

export const quarantineRetryCommand = defineCommand({
  options: z.object({
    paths: argument("[path...]", z.array(z.string()).default([]), "Files to try; without any, all of them."),
    json: jsonFlag,
  }),
  details: "Exit code 3 when some still fail, 1 when all do.",
  examples: [
    { command: "photon quarantine retry", does: "try all of them again" },
    { command: "photon quarantine retry ~/Pictures/IMG_0042.CR3", does: "try one" },
  ],
  async run({ paths, json }, { photon, stdout, stderr }, signal) {
    const library: AdministrationApi = await photon();
    const result = await library.retryQuarantined(paths, { signal });
    if (json) await stdout.line(formatJson(result));
    else {
      for (const entry of result.failed) await stdout.write(entryText(entry, stdout));
      await stderr.line(`${formatPlural(result.tried, "photo")} tried, ${result.recovered} recovered.`);
    }
    if (result.failed.length === 0) return EXIT.done;
    return result.recovered === 0 ? EXIT.failed : EXIT.partlyFailed;
  },
});
