/** `photon enrich-stats`. */
import { z } from "zod";
import type { EnrichmentStats } from "../../app/enrichment/enrichment-stats.ts";
import { defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { formatCount, formatPlural, formatTable } from "../terminal.ts";

const withShare = (count: number, percent: number): string => `${formatCount(count)} (${percent.toFixed(1)} %)`;

const statesText = (states: Readonly<Record<string, number>>): string =>
  Object.entries(states)
    .map(([state, count]) => `${formatCount(count)} ${state.toLowerCase().replaceAll("_", " ")}`)
    .join(", ");

const statsRows = (stats: EnrichmentStats): readonly (readonly [string, string])[] => [
  ["photos", formatCount(stats.total_photos)],
  ["described", withShare(stats.enriched_descriptions, stats.enrichment_coverage)],
  ["profiles", withShare(stats.photo_profiles, stats.profile_coverage)],
  ["translated", withShare(stats.with_translations, stats.translation_coverage)],
  ...Object.entries(stats.states).map(([kind, states]) => [kind, statesText(states)] as const),
  ["queue", `${formatPlural(stats.queue.depth, "job")}, ${formatCount(stats.queue.running)} running`],
  [
    "cache",
    `${formatPlural(stats.cache.size, "answer")}, ${(100 * stats.cache.hit_rate).toFixed(1)} % of ${formatPlural(stats.cache.total_requests, "request")} answered`,
  ],
];

export const enrichStatsCommand = defineCommand({
  options: z.object({
    folder: flag("--folder <folder>", z.array(z.string().min(1)).default([]), "Photos in this folder. Repeatable."),
    album: flag("--album <album>", z.array(z.string().min(1)).default([]), "Photos of this album. Repeatable."),
    json: jsonFlag,
  }),
  examples: [
    { command: "photon enrich-stats", does: "how much of the library is described" },
    { command: "photon enrich-stats --folder Holidays --json", does: "one folder, for programs" },
  ],
  async run({ folder, album, json }, { photon, stdout }) {
    const { enrichment } = await photon();
    const stats = await enrichment.stats({ folders: folder, albums: album });
    if (json) await stdout.line(JSON.stringify(stats, undefined, 2));
    else await stdout.write(formatTable(statsRows(stats).map(([name, value]) => [stdout.style("dim", name), value])));
    return EXIT.done;
  },
});
