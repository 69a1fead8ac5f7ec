/** `photon show`. */
import { z } from "zod";
import { shownIds } from "../../search/photo-ids.ts";
import type { Search } from "../../search/types.ts";
import { argument, defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { detailsJson } from "../search/json.ts";
import { createQueryReader } from "../search/options.ts";
import { photoText } from "../search/photo-text.ts";
import type { ThumbnailSource } from "../terminal-images.ts";
import { createThumbnailPrinter } from "../terminal-images.ts";
import { formatJson } from "../terminal.ts";

const IMAGE_ROWS = 14;

export const showCommand = defineCommand({
  options: z.object({
    photo: argument("<id|path>", z.string(), "A photo id (12 or more hex digits) or the path of a processed file."),
    images: flag("--[no-]images", z.boolean().default(true), "Show (no) thumbnail in terminals that can."),
    json: jsonFlag,
  }),
  examples: [
    { command: "photon show 3f2a9c01d4e7", does: "files, metadata and tags of a photo" },
    { command: "photon show ~/Pictures/IMG_0042.jpg --json", does: "the same for programs" },
  ],
  async run({ photo, json, images }, { photon, stdout, environment, workingDirectory }, signal) {
    const library: Search & ThumbnailSource = await photon();
    const path = createQueryReader(workingDirectory).fileAt(photo);
    const details = await library.show(path ?? photo, signal);
    const [id = details.contentHash] = shownIds([details.contentHash]);
    if (json) {
      await stdout.line(formatJson(detailsJson(details, id)));
      return EXIT.done;
    }
    const printThumbnail = await createThumbnailPrinter(library, { isWanted: images, output: stdout, environment });
    await printThumbnail(details.contentHash, IMAGE_ROWS);
    await stdout.write(photoText(details, id, { output: stdout, workingDirectory }));
    return EXIT.done;
  },
});
