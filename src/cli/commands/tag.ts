/** `photon tag add|remove|list|undo`. */
import { z } from "zod";
import type { TaggingApi } from "../../app/tagging.ts";
import type { DecidedTag } from "../../library/tag-decisions.ts";
import type { ProcessApi } from "../../pipeline/outcome.ts";
import type { CommandContext } from "../command.ts";
import { argument, defineCommand, EXIT, jsonFlag } from "../command.ts";
import { createQueryReader } from "../search/options.ts";
import { tagTable } from "../tag-text.ts";
import { formatJson, formatPlural } from "../terminal.ts";

const photosAndName = argument(
  "<photo-and-name...>",
  z
    .array(z.string())
    .refine((words) => words.length > 1, "Expected at least one photo and then the tag, received one word."),
  "Photos (ids or paths), and the tag as the last word; quote a tag of several words.",
);

const targetsOf = (words: readonly string[], workingDirectory: string) => {
  const { fileAt } = createQueryReader(workingDirectory);
  const photos = words.slice(0, -1).map((photo) => fileAt(photo) ?? photo);
  return { photos, name: words.at(-1) ?? "" };
};

/** The tag can be searched for when this resolves. */
const settle = (photon: ProcessApi, signal: AbortSignal): Promise<void> =>
  photon.waitUntilIndexed(() => undefined, signal);

const report = async (
  decided: DecidedTag,
  { sentence, json }: { readonly sentence: string; readonly json: boolean },
  { stdout, stderr }: CommandContext,
): Promise<void> => {
  if (json) {
    await stdout.line(formatJson(decided));
    return;
  }
  await stdout.line(sentence);
  await stderr.line(stderr.style("dim", `photon tag undo ${decided.run} takes this back.`));
};

export const tagAddCommand = defineCommand({
  options: z.object({ words: photosAndName, json: jsonFlag }),
  details:
    "Your tags are found by search, stand before the tags of models and stay: no run, new vocabulary or other model changes them. Photo files are not touched.",
  examples: [
    { command: 'photon tag add 3f2a9c01d4e7 "our garden"', does: "give one photo a tag" },
    { command: "photon tag add holiday/IMG_0042.jpg holiday/IMG_0043.jpg Lisbon", does: "give two photos a tag" },
  ],
  async run({ words, json }, context, signal) {
    const photon: TaggingApi & ProcessApi = await context.photon();
    const { photos, name } = targetsOf(words, context.workingDirectory);
    const decided = await photon.addTag(photos, name);
    await settle(photon, signal);
    const sentence = `Tagged ${formatPlural(decided.photos.length, "photo")} "${decided.name}".`;
    await report(decided, { sentence, json }, context);
    return EXIT.done;
  },
});

export const tagRemoveCommand = defineCommand({
  options: z.object({ words: photosAndName, json: jsonFlag }),
  details:
    "The tag goes and stays away: a model that finds it again is not believed for these photos. Keywords written in the files are not changed.",
  examples: [{ command: "photon tag remove 3f2a9c01d4e7 dog", does: "this is no dog, and will not become one" }],
  async run({ words, json }, context, signal) {
    const photon: TaggingApi & ProcessApi = await context.photon();
    const { photos, name } = targetsOf(words, context.workingDirectory);
    const decided = await photon.removeTag(photos, name);
    await settle(photon, signal);
    const sentence = `Removed "${decided.name}" from ${formatPlural(decided.photos.length, "photo")}.`;
    await report(decided, { sentence, json }, context);
    return EXIT.done;
  },
});

export const tagListCommand = defineCommand({
  options: z.object({
    photo: argument("<id|path>", z.string(), "A photo id (12 or more hex digits) or the path of a processed file."),
    json: jsonFlag,
  }),
  examples: [
    { command: "photon tag list 3f2a9c01d4e7", does: "each tag with its confidence, source and run" },
    { command: "photon tag list 3f2a9c01d4e7 --json", does: "the same for programs" },
  ],
  async run({ photo, json }, { photon, stdout, stderr, workingDirectory }) {
    const library: TaggingApi = await photon();
    const shown = await library.tagsOf(createQueryReader(workingDirectory).fileAt(photo) ?? photo);
    if (json) await stdout.line(formatJson(shown));
    else if (shown.tags.length === 0) await stderr.line(`The photo ${shown.id} has no tags.`);
    else await stdout.write(tagTable(shown.tags, stdout));
    return EXIT.done;
  },
});

export const tagUndoCommand = defineCommand({
  options: z.object({
    run: argument("<run>", z.coerce.number().int().min(1), 'The number that "photon tag list" shows for a tag.'),
    json: jsonFlag,
  }),
  details:
    "A decision of yours is taken back as if it had never been made. Tags that a model wrote are removed; the next process or retag finds tags again, with the settings of then.",
  examples: [{ command: "photon tag undo 12", does: "take back what run 12 did" }],
  async run({ run, json }, { photon, stdout }, signal) {
    const library: TaggingApi & ProcessApi = await photon();
    const undone = await library.undoTagRun(run);
    await settle(library, signal);
    await stdout.line(
      json ? formatJson(undone) : `Took back run ${run}: the tags of ${formatPlural(undone.photos, "photo")} changed.`,
    );
    return EXIT.done;
  },
});
