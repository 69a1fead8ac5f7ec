/** `photon search`. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { FirstNotice } from "../../app/first-notice.ts";
import { InvalidInputError } from "../../errors.ts";
import { parseQueryWords } from "../../search/parse-query.ts";
import type { Search, SearchTerm } from "../../search/types.ts";
import { SEARCH_MODES } from "../../search/types.ts";
import { argument, defineCommand, EXIT, flag } from "../command.ts";
import { basicModelText } from "../models/better-model.ts";
import { createQueryReader, filterFlags, pageFlags, rankingFlags, requestOf, sortFlag } from "../search/options.ts";
import { printReply } from "../search/print-reply.ts";
import type { ThumbnailSource } from "../terminal-images.ts";

interface NoticeSource {
  readonly isFirstNotice: FirstNotice;
}

const texts = z.array(z.string()).default([]);

const readVectorTerm = async (path: string): Promise<SearchTerm> => {
  const content = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new InvalidInputError(`Expected a readable JSON file for --vector, received "${path}".`, { cause });
  });
  try {
    return { source: { kind: "vector", vector: z.array(z.number()).parse(JSON.parse(content)) }, weight: 1 };
  } catch (cause) {
    throw new InvalidInputError(`Expected a JSON array of numbers in the file for --vector, received "${path}".`, {
      hint: "The `embedding` of a record is one: jq '.embedding' record.json.",
      cause,
    });
  }
};

export const searchCommand = defineCommand({
  options: z.object({
    query: argument("[query...]", texts, "Words, picture files and photo ids; without any, the newest photos."),
    like: flag("--like <file|id>", texts, "More like this picture. Repeatable, weight in front: 2:pool.jpg."),
    unlike: flag("--unlike <file|id>", texts, "Less like this picture. Repeatable."),
    not: flag("--not <words>", texts, "Less of this. Repeatable."),
    vector: flag("--vector <file>", z.string().optional(), "More like this vector, a JSON array of numbers."),
    mode: flag(
      "--mode <mode>",
      z.enum(SEARCH_MODES).default("hybrid"),
      "vector: what pictures show. text: words. hybrid, unless set: both.",
    ),
    sort: sortFlag,
    ...filterFlags,
    ...rankingFlags,
    ...pageFlags,
  }),
  details:
    "A query mixes words and pictures: plain words are one term, +x and -x add and avoid one word, file or photo id, 2:x doubles the weight. When nothing in the library matches, photon says so instead of listing the least bad photos.",
  examples: [
    {
      command: 'photon search "boats at sunset" --from 2024-06 --to 2024-09',
      does: "words, two dates (both included)",
    },
    { command: 'photon search "2:golden retriever" +pool.jpg -fruit', does: "weights, a picture, and less fruit" },
    { command: "photon search --folder Holiday --camera nikon", does: "newest photos that pass the filters" },
    { command: "photon search dog --near 48.2,16.37,5 --explain", does: "near a place, with reasons" },
    { command: "photon search dog --json | jq -r '.hits[].paths[0]'", does: "only the paths" },
  ],
  async run(options, context, signal) {
    const words = { words: options.query, like: options.like, unlike: options.unlike, not: options.not };
    const terms = parseQueryWords(words, createQueryReader(context.workingDirectory));
    const vector = options.vector === undefined ? [] : [await readVectorTerm(options.vector)];
    const photon: Search & ThumbnailSource & NoticeSource = await context.photon();
    const reply = await photon.search(
      {
        ...requestOf(options, context.workingDirectory),
        terms: [...terms, ...vector],
        mode: options.mode,
        sort: options.sort,
      },
      signal,
    );
    await printReply(reply, { ...options, thumbnails: photon }, context);
    if (!options.json && reply.model?.basic === true && (await photon.isFirstNotice("basic-model"))) {
      await context.stderr.line(context.stderr.style("dim", basicModelText));
    }
    return EXIT.done;
  },
});
