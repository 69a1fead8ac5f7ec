/** `watch_folder`: whether the agent looks after a folder of the library, and what it is to tell of there. */
import { z } from "zod";
import type { WatchFolderApi } from "../src/app/watch-folder.ts";
import { outsideName } from "./photos/outside-text.ts";
import { defineTool } from "./tool.ts";

export const watchFolder = defineTool({
  name: "watch_folder",
  title: "Watch a folder",
  description:
    "Have photon's agent keep a photo folder up to date (enabled), or not. With match, new photos there that fit the words become matched events of changes_since. Folders are added by the user only.",
  input: z.strictObject({
    path: z.string().min(1).max(1000),
    enabled: z.boolean().default(true),
    match: z.string().min(1).max(300).optional(),
  }),
  output: z.looseObject({ watched: z.array(z.looseObject({ path: z.string() })) }),
  result: z.strictObject({
    watched: z.array(
      z.strictObject({
        path: z.string(),
        /** off: left alone; waiting: no agent has looked at it yet. */
        mode: z.enum(["events", "timed", "frozen", "held", "off", "waiting"]),
        match: z.array(z.string()),
      }),
    ),
    /** Files that wait to be worked on. */
    queued: z.number(),
    agent: z.strictObject({ alive: z.boolean() }),
    note: z.string().optional(),
  }),
  effect: "write",
  async handle({ path, enabled, match }, { photon }) {
    const library: WatchFolderApi = await photon();
    const { watched, waiting, isAgentAlive } = await library.watchFolder({
      path,
      enabled,
      ...(match === undefined ? {} : { match }),
    });
    const data = {
      watched: watched.map(({ path: root, mode, matches }) => ({
        path: outsideName(root, 300),
        mode,
        match: matches.map((words) => outsideName(words, 300)),
      })),
      queued: waiting,
      agent: { alive: isAgentAlive },
      ...(isAgentAlive
        ? {}
        : {
            note: 'No agent is running, so nothing is watched now: the user starts it with "photon watch" or "photon agent start".',
          }),
    };
    return { kind: "data", data };
  },
});
