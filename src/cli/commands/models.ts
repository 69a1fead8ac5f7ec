/** `photon models list|path`. */
import { z } from "zod";
import { NotFoundError } from "../../errors.ts";
import type { AdministrationApi, ModelListing } from "../../library/administration.ts";
import type { ModelChangeApi } from "../../library/model-change.ts";
import { argument, defineCommand, EXIT, jsonFlag } from "../command.ts";
import { basicModelText, betterModelText } from "../models/better-model.ts";
import { modelNotes, modelTable } from "../models/model-table.ts";
import { formatJson } from "../terminal.ts";

/** Ready to be used, and not the one that is there anyway. */
const isBetterThanBasic = ({ state, basic }: ModelListing): boolean => state === "verified" && !basic;

export const modelsListCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  details:
    "The model marked * is the one this library searches with. What each one finds is as published, for its weights in full precision; --json names every figure and its source.",
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
    await stdout.write(modelTable(models, (name) => stdout.style("dim", name)));
    for (const { problem, id } of models) {
      if (problem !== undefined) await stderr.line(`${id}: ${problem}`);
    }
    for (const note of modelNotes(models)) await stderr.line(note);
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
    const models = (await library.listModels()).filter((model) => model.id === id);
    const directory = models.find((model) => model.directory !== undefined)?.directory;
    if (directory === undefined) {
      const isOffered = models.length > 0;
      throw new NotFoundError(`Expected an installed model for ID, received ${id}.`, {
        hint: `${isOffered ? `Run \`photon models download ${id}\` to install it. ` : ""}Run \`photon models list\` to see which models are installed.`,
      });
    }
    await stdout.line(directory);
    return EXIT.done;
  },
});
