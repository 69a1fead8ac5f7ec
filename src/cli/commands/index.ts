/** `photon index rebuild|status`. */
import { z } from "zod";
import type { AdministrationApi, IndexReport } from "../../library/administration.ts";
import { defineCommand, EXIT, jsonFlag } from "../command.ts";
import { formatBytes, formatCount, formatJson, formatPlural, formatTable } from "../terminal.ts";

const reportText = ({ tables, photosInCatalogue, pending }: IndexReport): string => {
  const head = ["", "vector key", "dimension", "rows", "size", "vector index", "outside the index"];
  const rows = tables.map((table) => [
    table.active ? "*" : "",
    table.vectorKey,
    String(table.dimension),
    formatCount(table.rows),
    formatBytes(table.bytes),
    table.vectorIndex === "none" ? "none (exact scan)" : table.vectorIndex,
    table.vectorIndex === "none" ? "" : formatCount(table.unindexedRows),
  ]);
  const summary = `${formatPlural(photosInCatalogue, "photo")} in the catalogue, ${formatCount(pending)} waiting for the index.`;
  return `${rows.length === 0 ? "There is no index yet.\n" : formatTable([head, ...rows])}${summary}\n`;
};

export const indexStatusCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  details: "The table marked * is the one that search uses.",
  examples: [{ command: "photon index status", does: "rows, size and what is pending" }],
  async run({ json }, { photon, stdout, stderr }) {
    const library: AdministrationApi = await photon();
    const report = await library.indexReport();
    await stdout.write(json ? `${formatJson(report)}\n` : reportText(report));
    if (!json && report.committer !== undefined) await stderr.line(`It is being written by ${report.committer}.`);
    return EXIT.done;
  },
});

export const indexRebuildCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  details:
    "The index is derived: everything comes from the catalogue, no photo is read and no model is run. Search is empty while it is rebuilt.",
  examples: [{ command: "photon index rebuild", does: "drop the index and write it again" }],
  async run({ json }, { photon, stdout, stderr }, signal) {
    const library: AdministrationApi = await photon();
    const showProgress = ({ done, total }: { readonly done: number; readonly total: number }): void => {
      stderr.stream.write(`\r${formatCount(done)} of ${formatPlural(total, "photo")} indexed`);
    };
    const report = await library.rebuildIndex({ signal, ...(stderr.isTerminal ? { onProgress: showProgress } : {}) });
    if (stderr.isTerminal) await stderr.line();
    await stdout.write(json ? `${formatJson(report)}\n` : reportText(report));
    return EXIT.done;
  },
});
