/** `photon llm clear-cache`. */
import { z } from "zod";
import { defineCommand, EXIT, jsonFlag } from "../command.ts";
import { formatJson, formatPlural } from "../terminal.ts";

export const llmClearCacheCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  details:
    "photon keeps accepted answers for a while (llm.cache), so that the same question is not paid twice. Descriptions, stories and translations are no part of it and stay.",
  examples: [{ command: "photon llm clear-cache", does: "forget all kept answers" }],
  async run({ json }, { photon, stdout, stderr }) {
    const { costs } = await photon();
    const removed = await costs.clearCache();
    if (json) await stdout.line(formatJson({ removed }));
    else await stderr.line(`${formatPlural(removed, "kept answer")} removed.`);
    return EXIT.done;
  },
});
