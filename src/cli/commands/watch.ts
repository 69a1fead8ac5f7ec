/** `photon watch`. */
import { z } from "zod";
import { argument, defineCommand, flag } from "../command.ts";
import { runWatch } from "../watch/run-watch.ts";

export const watchCommand = defineCommand({
  options: z.object({
    folders: argument(
      "[folder...]",
      z.array(z.string().min(1)),
      "Folders to add to the library, if they are not in it.",
    ),
    llm: flag(
      "--llm [provider]",
      z.union([z.literal(true), z.string().min(1)]).optional(),
      "Let a language model describe what comes: ollama, anthropic, openai, hyperbolic, openrouter, openai-compatible or stub; without a name the one of the configuration. Write it behind the folders.",
      { config: "llm.provider" },
    ),
    service: flag("--service", z.boolean().default(false), "Write the log to a file, as the background service does."),
  }),
  details:
    "Keeps the library equal to its folders: new, changed, moved and deleted photos are seen at once, and new ones can be found after seconds. Nothing is removed because it was not seen. Press Ctrl-C to stop; the next start goes on where this one ended.",
  examples: [
    { command: "photon watch ~/Pictures ~/Phone", does: "add these folders and watch them" },
    { command: "photon watch", does: "watch every folder of the library" },
    { command: "photon watch ~/Pictures --llm ollama", does: "describe new photos by a model on this machine too" },
  ],
  run: async (flags, context, signal) => await runWatch(flags, context, signal),
});
