/** `photon duplicates`. */
import { z } from "zod";
import { MAX_NEAR_DISTANCE, NEAR_DISTANCE } from "../../search/duplicate-groups.ts";
import { DEFAULT_LIMIT, MAX_LIMIT } from "../../search/search-photos.ts";
import type { DuplicateGroup, DuplicatesReply, Search } from "../../search/types.ts";
import { DUPLICATE_KINDS } from "../../search/types.ts";
import { InvalidInputError } from "../../errors.ts";
import { defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { duplicatesJson } from "../search/json.ts";
import { folderFrom } from "../search/options.ts";
import type { TextOptions } from "../search/text.ts";
import { dateText, placeText, shownPath } from "../search/text.ts";
import { formatJson, formatPlural, formatTable } from "../terminal.ts";

const KIND_NAMES = { exact: "exact copies", near: "near duplicates", burst: "bursts" } as const;

const exactRows = ({ photos }: DuplicateGroup, { output, workingDirectory }: TextOptions): readonly string[][] =>
  (photos[0]?.places ?? []).map(({ path }, position) => [
    position === 0 ? output.style("green", "keep") : "    ",
    shownPath(path, workingDirectory),
  ]);

const photoRows = (group: DuplicateGroup, options: TextOptions): readonly string[][] =>
  group.photos.map((photo, position) => [
    position === 0 ? options.output.style("green", "keep") : "    ",
    options.output.style("cyan", group.ids[position] ?? ""),
    dateText(photo),
    `${photo.width}x${photo.height}`,
    placeText(photo, options),
  ]);

const likenessText = ({ distance }: DuplicateGroup): string => {
  if (distance === undefined) return "";
  return distance === 0 ? "; they look the same" : `; they look nearly the same (${distance} of 144 bits differ)`;
};

const groupText = (group: DuplicateGroup, options: TextOptions): string => {
  const rows = group.kind === "exact" ? exactRows(group, options) : photoRows(group, options);
  return `${options.output.style("dim", `${group.kind}: keep ${group.reason}${likenessText(group)}`)}\n${formatTable(rows)}\n`;
};

const summaryLines = (reply: DuplicatesReply): readonly string[] => [
  reply.total === 0
    ? `No ${KIND_NAMES[reply.kind]}.`
    : `${formatPlural(reply.total, "group")} of ${KIND_NAMES[reply.kind]}.`,
  ...reply.notes,
  ...(reply.nextCursor === undefined
    ? []
    : [`More: photon duplicates --kind ${reply.kind} --cursor ${reply.nextCursor}`]),
];

export const duplicatesCommand = defineCommand({
  options: z.object({
    kind: flag("--kind <kind>", z.enum(DUPLICATE_KINDS).optional(), "Only this class; without it, all three."),
    folder: flag("--folder <folder>", z.array(z.string()).default([]), "Only photos in this folder. Repeatable."),
    distance: flag(
      "--distance <bits>",
      z.int().min(0).max(MAX_NEAR_DISTANCE).default(NEAR_DISTANCE),
      "near: bits of 144 that may differ.",
    ),
    limit: flag(
      "-n, --limit <count>",
      z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
      "Groups of each class on a page.",
    ),
    cursor: flag(
      "--cursor <text>",
      z.string().optional(),
      "Go on where the page that printed this ended; needs --kind.",
    ),
    json: jsonFlag,
  }),
  details:
    "exact: one content in several files. near: pictures that look the same (edited, resized). burst: shots of one camera within seconds. Each group names the one to keep and why; nothing is ever deleted.",
  examples: [
    { command: "photon duplicates", does: "all three classes" },
    { command: "photon duplicates --kind exact --json", does: "files with equal bytes, for programs" },
    {
      command: "photon duplicates --kind near --folder Holiday --distance 6",
      does: "only very similar ones in a folder",
    },
  ],
  async run({ kind, folder, distance, limit, cursor, json }, { photon, stdout, stderr, workingDirectory }, signal) {
    if (cursor !== undefined && kind === undefined) {
      throw new InvalidInputError("Expected --kind beside --cursor, received none.", {
        hint: "A cursor belongs to one class: photon duplicates --kind near --cursor ...",
      });
    }
    const library: Search = await photon();
    const folders = folder.map((each) => folderFrom(each, workingDirectory));
    const replies: DuplicatesReply[] = [];
    for (const each of kind === undefined ? DUPLICATE_KINDS : [kind]) {
      replies.push(await library.duplicates({ kind: each, folders, distance, limit, cursor }, signal));
    }
    if (json) {
      await stdout.line(formatJson(duplicatesJson(replies)));
      return EXIT.done;
    }
    for (const group of replies.flatMap(({ groups }) => groups)) {
      await stdout.write(groupText(group, { output: stdout, workingDirectory }));
    }
    for (const line of replies.flatMap(summaryLines)) await stderr.line(stderr.style("dim", line));
    return EXIT.done;
  },
});
