/** `photon watches add|list|remove`. */
import { z } from "zod";
import type { ListedWatch, WatchApi } from "../../app/enrichment/watches.ts";
import { argument, defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { formatJson, formatPlural, formatTable } from "../terminal.ts";

interface Watching {
  readonly watches: WatchApi;
}

const DEFAULT_THRESHOLD = 0.7;
const words = (most: number) => z.string().trim().min(1).max(most);

const row = ({ id, name, query, threshold, album, autoAdd, matches }: ListedWatch): readonly string[] => [
  String(id),
  name,
  `"${query}"`,
  `above ${threshold}`,
  formatPlural(matches, "match").replace("matchs", "matches"),
  album === undefined ? "" : `${autoAdd ? "adds to" : "proposes for"} ${album}`,
];

export const watchesAddCommand = defineCommand({
  options: z.object({
    name: argument("<name>", words(100), "What it is called; its matches are listed as an album of this name."),
    query: flag("--query <words>", words(300).optional(), "What the photos show; the name unless set."),
    threshold: flag(
      "--threshold <number>",
      z.number().min(0).max(1).default(DEFAULT_THRESHOLD),
      "A match counts above this confidence, 0 to 1.",
    ),
    album: flag(
      "--album <name>",
      words(100).optional(),
      "Propose matches for this album too; made when it is not there.",
    ),
    autoAdd: flag("--auto-add", z.boolean().default(false), "Put them into that album without asking."),
    json: jsonFlag,
  }),
  details:
    "A standing watch compares every new photo with what you look for. Matches are told as events (photon events) and listed in an album of the watch. With a language model the best five watches are put to it for each photo; without one the comparison by photon's own model decides.",
  examples: [
    { command: 'photon watches add "our cat" --query "grey cat on a sofa"', does: "tell me when she is on a photo" },
    { command: "photon watches add sunsets --album Evenings --auto-add", does: "fill an album by itself" },
  ],
  async run({ json, name, query, threshold, album, autoAdd }, { photon, stdout }) {
    const { watches }: Watching = await photon();
    const watch = await watches.add({
      name,
      threshold,
      autoAdd,
      ...(query === undefined ? {} : { query }),
      ...(album === undefined ? {} : { album }),
    });
    await stdout.line(json ? formatJson(watch) : `Watching for "${watch.query}" on new photos.`);
    return EXIT.done;
  },
});

export const watchesListCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  examples: [{ command: "photon watches list", does: "standing watches and how often they matched" }],
  async run({ json }, { photon, stdout, stderr }) {
    const { watches }: Watching = await photon();
    const list = await watches.list();
    if (json) await stdout.line(formatJson(list));
    else if (list.length === 0)
      await stderr.line("There are no standing watches. photon watches add <name> makes one.");
    else await stdout.write(formatTable(list.map(row)));
    return EXIT.done;
  },
});

export const watchesRemoveCommand = defineCommand({
  options: z.object({ watch: argument("<watch>", z.string(), "Its name or number."), json: jsonFlag }),
  details: "The album of its matches stays, as an album like any other.",
  examples: [{ command: 'photon watches remove "our cat"', does: "stop watching" }],
  async run({ watch, json }, { photon, stdout }) {
    const { watches }: Watching = await photon();
    const removed = await watches.remove(watch);
    await stdout.line(json ? formatJson(removed) : `No longer watching for "${removed.query}".`);
    return EXIT.done;
  },
});
