/** `photon status`. */
import { z } from "zod";
import type { AdministrationApi, LibraryStatus } from "../../library/administration.ts";
import type { ModelChangeApi, ModelChangeStatus } from "../../library/model-change.ts";
import { defineCommand, EXIT, jsonFlag } from "../command.ts";
import { basicModelText, betterModelText } from "../models/better-model.ts";
import { remainingText } from "../progress-display.ts";
import { watchRows } from "../status/watch-text.ts";
import { formatBytes, formatCount, formatJson, formatPlural, formatTable } from "../terminal.ts";

const modelText = ({ model }: LibraryStatus): string => {
  if (model === undefined) return "none yet";
  const kind = model.basic ? ", the basic model" : "";
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

const changeText = ({ modelId, percent, done, total, running, secondsLeft }: ModelChangeStatus): string => {
  const progress = `to ${modelId}: ${percent}%, ${formatCount(done)} of ${formatPlural(total, "photo")} embedded`;
  if (!running) return `${progress}, stopped (photon models use ${modelId} goes on)`;
  return secondsLeft === undefined ? progress : `${progress}, ETA ${remainingText(secondsLeft)}`;
};

interface ModelNews {
  /** undefined when none is in progress. */
  readonly modelChange: ModelChangeStatus | undefined;
  readonly betterModel: string | undefined;
}

const statusRows = (status: LibraryStatus, { modelChange }: ModelNews): readonly (readonly [string, string])[] => {
  const { catalogue, vectors, renditions, models } = status.bytes;
  const disk = `catalogue ${formatBytes(catalogue)}, index ${formatBytes(vectors)}, thumbnails ${formatBytes(renditions)}, models ${formatBytes(models)}`;
  const roots = status.roots
    .filter(({ kind }) => kind === "visited")
    .map(({ path, kind, files }) => ["folder", `${path} (${kind}, ${formatPlural(files, "file")})`] as const);
  return [
    ["library", status.dataDirectory],
    ["photos", `${formatCount(status.photos)} in ${formatPlural(status.files, "file")}`],
    ["files", statesText(status) || "none"],
    ...(status.forgotten > 0 ? [["forgotten", formatCount(status.forgotten)] as const] : []),
    ["model", modelText(status)],
    ...(modelChange === undefined ? [] : [["change", changeText(modelChange)] as const]),
    ["pending", pendingText(status)],
    ["disk", disk],
    ...watchRows(status.watching, Date.now()),
    ...roots,
  ];
};

export const statusCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  examples: [
    { command: "photon status", does: "photos, model, watched folders, waiting work, disk use" },
    { command: "photon status --json", does: "the same for programs" },
  ],
  async run({ json }, { photon, stdout, stderr }) {
    const library: AdministrationApi & ModelChangeApi = await photon();
    const status = await library.status();
    const news: ModelNews = { modelChange: await library.modelChange(), betterModel: await library.betterModel() };
    if (json) {
      await stdout.line(formatJson({ ...status, ...news }));
      return EXIT.done;
    }
    await stdout.write(
      formatTable(statusRows(status, news).map(([name, value]) => [stdout.style("dim", name), value])),
    );
    if (status.photos === 0) await stderr.line("Run `photon process <folder> -o photos.jsonl` to add photos.");
    if (news.modelChange === undefined) {
      if (news.betterModel !== undefined) await stderr.line(betterModelText(news.betterModel));
      else if (status.model?.basic === true) await stderr.line(basicModelText);
    }
    const quarantined = status.filesByState["quarantined"] ?? 0;
    if (quarantined > 0) await stderr.line("Run `photon quarantine list` to see why photos could not be processed.");
    return EXIT.done;
  },
});
