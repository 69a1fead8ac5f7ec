/** `photon models download|add`. */
import { z } from "zod";
import { argument, defineCommand, flag, jsonFlag } from "../command.ts";
import { PRECISIONS } from "../models/precisions.ts";
import { RECOMMENDED_MODEL } from "../models/better-model.ts";
import { runDownload } from "../models/run-download.ts";

const flags = {
  precision: flag(
    "--precision <precision>",
    z.enum(PRECISIONS).optional(),
    "Precision of the weights; unset takes the one photon recommends, mostly int8.",
  ),
  baseUrl: flag(
    "--base-url <url>",
    z.array(z.string()).default([]),
    "Server to download from instead of models.base_url; may be repeated, the next one is asked when one fails.",
  ),
  yes: flag("-y, --yes", z.boolean().default(false), "Download without asking."),
  dryRun: flag("--dry-run", z.boolean().default(false), "Only show what would be downloaded, file by file."),
  json: jsonFlag,
};

const DETAILS =
  "Shows size, licence, server and folder and asks first. A download that is cut short continues where it stopped, and " +
  "counts as installed only after every hash was checked and the self-test passed. HTTPS_PROXY, HTTP_PROXY and NO_PROXY " +
  "are obeyed; HF_TOKEN is sent to the hub only, PHOTON_MODELS_TOKEN to models.base_url only.";

export const modelsDownloadCommand = defineCommand({
  options: z.object({
    id: argument(
      "[id]",
      z.string().default(RECOMMENDED_MODEL),
      `Model of \`photon models list\`; unset is ${RECOMMENDED_MODEL}.`,
    ),
    ...flags,
    from: flag("--from <folder>", z.string().optional(), "Copy the files from a folder instead of the network."),
  }),
  details: DETAILS,
  examples: [
    { command: "photon models download", does: "the recommended model" },
    { command: "photon models download clip-vit-base-patch32 --yes", does: "another one, without asking" },
    { command: "photon models download --dry-run", does: "list files, sizes, hashes and addresses" },
    { command: "photon models download --from ~/Downloads/siglip2", does: "files that were fetched elsewhere" },
  ],
  async run({ id, ...given }, context, signal) {
    const photon = await context.photon();
    return runDownload(
      {
        command: `photon models download ${id}`,
        flags: given,
        offer: (request, access) => photon.offerDownload(id, request, access),
      },
      context,
      signal,
    );
  },
});

export const modelsAddCommand = defineCommand({
  options: z.object({
    repo: argument("<repo>", z.string(), "Repository of the hub, <owner>/<name>, with ONNX files of both towers."),
    ...flags,
  }),
  details: `For any export of CLIP, SigLIP or SigLIP 2. Its configuration files say how it is used, today's revision is pinned, and the hashes of the first download are stored. ${DETAILS}`,
  examples: [
    { command: "photon models add Xenova/clip-vit-base-patch16", does: "a model photon does not know" },
    { command: "photon models add Xenova/clip-vit-base-patch16 --dry-run", does: "only look at it" },
  ],
  async run({ repo, ...given }, context, signal) {
    const photon = await context.photon();
    return runDownload(
      {
        command: `photon models add ${repo}`,
        flags: given,
        offer: (request, access) => photon.offerExport(repo, request, access),
      },
      context,
      signal,
    );
  },
});
