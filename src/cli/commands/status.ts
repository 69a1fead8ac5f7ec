/** `photon status`. */
import { z } from "zod";
import type { AdministrationApi, LibraryStatus } from "../../library/administration.ts";
import { defineCommand, EXIT, jsonFlag } from "../command.ts";
import { formatBytes, formatCount, formatJson, formatPlural, formatTable } from "../terminal.ts";

const modelText = ({ model }: LibraryStatus): string => {
  if (model === undefined) return "none (search works by words and filters)";
  const kind = model.sample ? ", sample encoder: colours and little else" : "";
  return `${model.modelId}${kind}, ${formatPlural(model.vectors, "vector")} of ${model.dimension} numbers`;
};

const pendingText = ({ pending }: LibraryStatus): string =>
  pending.files === 0 && pending.index === 0
    ? "nothing, up to date"
    : `${formatPlural(pending.files, "file")} to process, ${formatPlural(pending.index, "photo")} to index`;

const statesText = ({ filesByState }: LibraryStatus): string =>
  Object.entries(filesByState)
    .map(([state, count]) => `${formatCount(count)} ${state}`)
    .join(", ");

const statusRows = (status: LibraryStatus): readonly (readonly [string, string])[] => {
  const { catalogue, vectors, renditions, models } = status.bytes;
  const disk = `catalogue ${formatBytes(catalogue)}, index ${formatBytes(vectors)}, thumbnails ${formatBytes(renditions)}, models ${formatBytes(models)}`;
  const roots = status.roots.map(
    ({ path, kind, files }) => ["folder", `${path} (${kind}, ${formatPlural(files, "file")})`] as const,
  );
  return [
    ["library", status.dataDirectory],
    ["photos", `${formatCount(status.photos)} in ${formatPlural(status.files, "file")}`],
    ["files", statesText(status) || "none"],
    ...(status.forgotten > 0 ? [["forgotten", formatCount(status.forgotten)] as const] : []),
    ["model", modelText(status)],
    ["pending", pendingText(status)],
    ["disk", disk],
    ...roots,
  ];
};

export const statusCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  examples: [
    { command: "photon status", does: "photos, model, pending work, disk use" },
    { command: "photon status --json", does: "the same for programs" },
  ],
  async run({ json }, { photon, stdout, stderr }) {
    const library: AdministrationApi = await photon();
    const status = await library.status();
    if (json) {
      await stdout.line(formatJson(status));
      return EXIT.done;
    }
    await stdout.write(formatTable(statusRows(status).map(([name, value]) => [stdout.style("dim", name), value])));
    if (status.photos === 0) await stderr.line("Run `photon process <folder> -o photos.jsonl` to add photos.");
    const quarantined = status.filesByState["quarantined"] ?? 0;
    if (quarantined > 0) await stderr.line("Run `photon quarantine list` to see why photos could not be processed.");
    return EXIT.done;
  },
});
