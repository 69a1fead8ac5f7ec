/** `photon similar`. */
import { z } from "zod";
import { NotFoundError } from "../../errors.ts";
import { isPhotoId } from "../../search/photo-ids.ts";
import type { Search, TermSource } from "../../search/types.ts";
import { argument, defineCommand, EXIT } from "../command.ts";
import { createQueryReader, filterFlags, pageFlags, rankingFlags, requestOf } from "../search/options.ts";
import { printReply } from "../search/print-reply.ts";
import type { ThumbnailSource } from "../terminal-images.ts";

/** The stored photo of a known file, so that it is left out of its own answer; else the file itself. */
const sourceOf = async (
  photo: string,
  { search, workingDirectory, signal }: { search: Search; workingDirectory: string; signal: AbortSignal },
): Promise<TermSource> => {
  const path = createQueryReader(workingDirectory).fileAt(photo);
  if (path === undefined && isPhotoId(photo)) return { kind: "photo", id: photo };
  if (path === undefined) {
    throw new NotFoundError(`There is no file "${photo}", and it is no photo id.`, {
      hint: 'Give the path of a picture, or an id that "photon search" prints (12 or more hex digits).',
    });
  }
  const known = await search.show(path, signal).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  });
  const [id] = known === undefined || known.vectorKeys.length === 0 ? [] : [known.contentHash];
  return id === undefined ? { kind: "file", path } : { kind: "photo", id };
};

export const similarCommand = defineCommand({
  options: z.object({
    photo: argument("<file|id>", z.string(), "A picture file, in the library or not, or a photo id."),
    ...filterFlags,
    ...rankingFlags,
    ...pageFlags,
  }),
  details: "The photo itself is left out. The nearest photos are listed even when none is a good match.",
  examples: [
    { command: "photon similar ~/Pictures/IMG_0042.jpg", does: "photos that look like a file" },
    { command: "photon similar 3f2a9c01d4e7 --from 2024", does: "like a photo of the library, from 2024 on" },
  ],
  async run(options, context, signal) {
    const photon: Search & ThumbnailSource = await context.photon();
    const { workingDirectory } = context;
    const source = await sourceOf(options.photo, { search: photon, workingDirectory, signal });
    const reply = await photon.search(
      {
        ...requestOf(options, workingDirectory),
        terms: [{ source, weight: 1 }],
        includeWeak: true,
        excludeTermPhotos: true,
      },
      signal,
    );
    await printReply(reply, { ...options, thumbnails: photon }, context);
    return EXIT.done;
  },
});
