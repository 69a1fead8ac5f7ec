/** `photon demo`. */
import { z } from "zod";
import { defineCommand, flag } from "../command.ts";
import { runDemo } from "../demo/run-demo.ts";

export const demoCommand = defineCommand({
  options: z.object({
    keep: flag("--keep", z.boolean().default(false), "Leave photos and library where they are."),
    photos: flag("--photos <count>", z.int().min(10).max(2000).default(40), "Photos to paint, 10 to 2000."),
  }),
  details:
    "Paints photos with real metadata into a temporary folder, processes them into a library of their own and searches it. Your library and settings are not touched. The model is photon-mini, the basic one that comes with photon.",
  examples: [
    { command: "photon demo", does: "paint, process, search, clean up" },
    { command: "photon demo --keep --photos 200", does: "more photos, left for you to play with" },
  ],
  run: async (options, context, signal) => await runDemo(options, context, signal),
});
