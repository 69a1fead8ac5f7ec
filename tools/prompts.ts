/** Prompts that users choose by name. Each is one message that names the tools and the order of steps. */

export interface PromptArgument {
  readonly name: string;
  /** One phrase for the form that clients show. */
  readonly description: string;
  readonly optional?: true;
  /** What completes it: ids of photos, names of tags, names of folders. */
  readonly completes?: "idsLike" | "words" | "folders";
}

export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  /** @param given by name; optional ones may be missing */
  text(given: Readonly<Record<string, string | undefined>>): string;
}

const definePrompt = <const Value extends Prompt>(prompt: Value): Value => prompt;

const quoted = (text: string | undefined): string => JSON.stringify(text?.trim() ?? "");
const isGiven = (text: string | undefined): text is string => text !== undefined && text.trim() !== "";
const inFolder = (folder: string | undefined): string =>
  isGiven(folder) ? ` in the folder ${quoted(folder)} (filter folder)` : "";

const folder = {
  name: "folder",
  description: "Name of a folder; empty = the whole library",
  optional: true,
  completes: "folders",
} as const;

const findPhoto = definePrompt({
  name: "find_photo",
  title: "Find a photo",
  description: "Find a photo from a few words, and show it",
  arguments: [
    { name: "what", description: "What is on it", completes: "words" },
    { name: "when", description: "When it was taken, in your words; empty = any time", optional: true },
  ],
  text: ({ what, when }) =>
    [
      `Find the photo of ${quoted(what)}${isGiven(when) ? `, taken ${quoted(when)}` : ""}.`,
      "1. search_by_embedding with text in a few plain words; turn a time into taken_from and taken_to.",
      "2. view_photos with layout sheet on the hits, and pick what fits by looking at it.",
      "3. Show me the best one to three with view_photos and say why. If nothing fits, say so and try other words once.",
    ].join("\n"),
});

const curateAlbum = definePrompt({
  name: "curate_album",
  title: "Curate an album",
  description: "Choose the best photos of a subject, without near copies",
  arguments: [
    { name: "subject", description: "What the album is about", completes: "words" },
    { name: "count", description: "How many photos, such as 20" },
    folder,
  ],
  text: ({ subject, count, folder: name }) =>
    [
      `Choose the ${quoted(count)} best photos of ${quoted(subject)}${inFolder(name)}.`,
      "1. search_by_embedding, several pages with next_cursor, until you have about three times as many.",
      "2. find_duplicates with mode near and burst: keep one of each group.",
      "3. view_photos with layout sheet: leave out what is blurred, dark or off the subject; vary scenes and people.",
      "4. List the chosen ids in the order of an album, a few words each, and show them with view_photos.",
    ].join("\n"),
});

const reviewDuplicates = definePrompt({
  name: "review_duplicates",
  title: "Review duplicates",
  description: "Go through copies and bursts, and say which to keep",
  arguments: [folder],
  text: ({ folder: name }) =>
    [
      `Go through the duplicates${inFolder(name)}.`,
      "1. find_duplicates with mode exact, then near, then burst.",
      "2. For near and burst, view_photos of a group, and compare sharpness, eyes and framing with keep_suggestion.",
      "3. For each group say which photo to keep and why. Delete nothing: photon never deletes files. Ask before remove_from_index.",
    ].join("\n"),
});

const writeAltText = definePrompt({
  name: "write_alt_text",
  title: "Write alt text",
  description: "Write alt text for one photo and offer to store it",
  arguments: [{ name: "photo_id", description: "Id of the photo", completes: "idsLike" }],
  text: ({ photo_id: id }) =>
    [
      `Write alt text for the photo ${quoted(id)}.`,
      "1. view_photos with this id, size 1024, and describe for what is known about it.",
      "2. One or two sentences, at most 150 characters, of what is to be seen; no guesses about names, places or feelings.",
      "3. Show it to me, and after my yes store it with annotate as description.",
    ].join("\n"),
});

const describeNew = definePrompt({
  name: "describe_new",
  title: "Describe new photos",
  description: "Describe photos that have no description yet, for you to review",
  arguments: [folder],
  text: ({ folder: name }) =>
    [
      `Describe the photos that have no description yet${inFolder(name)}.`,
      "1. search_by_embedding without a query, filter enriched false, sort newest.",
      "2. view_photos, up to 8 at a time, and look at each.",
      "3. annotate each: a title of a few words, a description of one or two sentences, up to ten tags. Only what is to be seen.",
      "4. Show me what you wrote, and confirm what I accept with review_enrichment.",
    ].join("\n"),
});

export const prompts: readonly Prompt[] = [findPhoto, curateAlbum, reviewDuplicates, writeAltText, describeNew];
