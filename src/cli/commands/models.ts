/** `photon models list|path`. */
import { z } from "zod";
import { NotFoundError } from "../../errors.ts";
import type { AdministrationApi, ModelListing } from "../../library/administration.ts";
import type { ModelChangeApi } from "../../library/model-change.ts";
import { argument, defineCommand, EXIT, jsonFlag } from "../command.ts";
import { basicModelText, betterModelText } from "../models/better-model.ts";
import { formatBytes, formatJson, formatTable } from "../terminal.ts";

const nameText = ({ id, basic, addedByUser, pinnedAtDownload }: ModelListing): string => {
  if (basic) return `${id} (basic)`;
  if (addedByUser === true) return `${id} (added by you)`;
  return pinnedAtDownload === true ? `${id} (pinned at download)` : id;
};

const row = (model: ModelListing): readonly string[] => [
  model.active ? "*" : "",
  nameText(model),
  model.variant ?? "",
  model.state,
  model.bytes === 0 ? "" : formatBytes(model.bytes),
  model.licence ?? "",
  model.languages.join(" "),
];

/** Ready to be used, and not the one that is there anyway. */
const isBetterThanBasic = ({ state, basic }: ModelListing): boolean => state === "verified" && !basic;

export const modelsListCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  details: "The model marked * is the one this library searches with.",
  examples: [
    { command: "photon models list", does: "every known model and its state" },
    { command: "photon models list --json", does: "the same for programs" },
  ],
  async run({ json }, { photon, stdout, stderr }) {
    const library: AdministrationApi & ModelChangeApi = await photon();
    const models = await library.listModels();
    if (json) {
      await stdout.line(formatJson(models));
      return EXIT.done;
    }
    const head = ["", "model", "variant", "state", "size", "licence", "languages"];
    const rows = [head.map((name) => stdout.style("dim", name)), ...models.map(row)];
    if (models.length > 0) await stdout.write(formatTable(rows));
    for (const { problem, id } of models) {
      if (problem !== undefined) await stderr.line(`${id}: ${problem}`);
    }
    const better = await library.betterModel();
    if (better !== undefined) await stderr.line(betterModelText(better));
    else if (!models.some(isBetterThanBasic)) await stderr.line(basicModelText);
    return EXIT.done;
  },
});

export const modelsPathCommand = defineCommand({
  options: z.object({ id: argument("[id]", z.string().optional(), "Model; without it the folder of all models.") }),
  examples: [
    { command: "photon models path", does: "the folder of all models" },
    { command: "photon models path siglip2-base-patch16-224", does: "the folder of one" },
  ],
  async run({ id }, { config, photon, stdout }) {
    if (id === undefined) {
      await stdout.line(config.general.model_dir);
      return EXIT.done;
    }
    const library: AdministrationApi = await photon();
    const directory = (await library.listModels()).find((model) => model.id === id)?.directory;
    if (directory === undefined) {
      throw new NotFoundError(`Expected an installed model for ID, received ${id}.`, {
        hint: "Run `photon models list` to see which models are installed.",
      });
    }
    await stdout.line(directory);
    return EXIT.done;
  },
});
