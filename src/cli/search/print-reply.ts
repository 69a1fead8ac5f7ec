/** Prints one page of an answer: JSON, or a list with thumbnails where the terminal shows them. */
import type { SearchReply } from "../../search/types.ts";
import type { CommandContext } from "../command.ts";
import type { ThumbnailSource } from "../terminal-images.ts";
import { createThumbnailPrinter } from "../terminal-images.ts";
import { formatJson } from "../terminal.ts";
import { searchJson } from "./json.ts";
import { hitText, summaryLines } from "./text.ts";

const IMAGE_ROWS = 6;

export interface PrintOptions {
  readonly json: boolean;
  readonly images: boolean;
  readonly limit: number;
  readonly thumbnails: ThumbnailSource;
}

export const printReply = async (
  reply: SearchReply,
  { json, images, limit, thumbnails }: PrintOptions,
  context: CommandContext,
): Promise<void> => {
  const { stdout, stderr, environment, workingDirectory } = context;
  if (json) return stdout.line(formatJson(searchJson(reply)));
  const printThumbnail = await createThumbnailPrinter(thumbnails, { isWanted: images, output: stdout, environment });
  for (const hit of reply.hits) {
    await printThumbnail(hit.photo.contentHash, IMAGE_ROWS);
    await stdout.write(hitText(hit, { output: stdout, workingDirectory }));
  }
  for (const line of summaryLines(reply, limit)) await stderr.line(stderr.style("dim", line));
};
