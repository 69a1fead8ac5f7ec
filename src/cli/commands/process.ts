/** `photon process`. */
import { defineCommand } from "../command.ts";
import { processOptions } from "../process/options.ts";
import { runProcess } from "../process/run-process.ts";

export const processCommand = defineCommand({
  options: processOptions,
  examples: [
    { command: "photon process ~/Pictures --format jsonl", does: "records on stdout as photos finish" },
    { command: "photon process ~/Pictures -o photos.jsonl --skip-existing", does: "only what is new since last time" },
    { command: "photon process boat.jpg", does: "one photo as one JSON object" },
    { command: "photon process ~/Pictures --dry-run", does: "count photos and bytes" },
  ],
  details:
    "Reads each photo once, computes its vector, tags, metadata and thumbnail, writes one record for it and stores " +
    "everything in the library, where search finds it. Photo files are never changed. Press Ctrl-C once to stop with " +
    "valid output.",
  run: async (flags, context, signal) => await runProcess(flags, context, signal),
});
