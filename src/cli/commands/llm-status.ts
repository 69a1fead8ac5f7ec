/** `photon llm status|pause|resume`. */
import { z } from "zod";
import type { LlmApi } from "../../app/enrichment/llm-api.ts";
import { argument, defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { llmStatusText } from "../llm/status-text.ts";
import { formatJson } from "../terminal.ts";

const provider = argument(
  "[provider]",
  z.string().optional(),
  "A provider: anthropic, ollama, or its key. Default: all.",
);
const kind = flag("--kind <kind>", z.string().optional(), "One kind of enrichment: image_tag, translate, ...");

export const llmStatusCommand = defineCommand({
  options: z.object({
    provider,
    kind,
    probe: flag("--probe", z.boolean().default(false), "Ask the providers whether they are there; sends no photo."),
    json: jsonFlag,
  }),
  details: "Exit code 0 when a language model can be called now, 1 when not.",
  examples: [
    { command: "photon llm status", does: "providers, models, pauses, queue, workers" },
    { command: "photon llm status anthropic --probe", does: "test key and connection of one provider" },
    { command: "photon llm status --kind translate --json", does: "can translations be made, for programs" },
  ],
  async run({ json, ...options }, { photon, stdout }, signal) {
    const llm: LlmApi = await photon();
    const status = await llm.llmStatus(options, signal);
    if (json) await stdout.line(formatJson(status));
    else await stdout.write(llmStatusText(status, stdout));
    return status.ready ? EXIT.done : EXIT.failed;
  },
});

export const llmPauseCommand = defineCommand({
  options: z.object({ provider, kind, json: jsonFlag }),
  details: "Jobs stay queued; calls that are under way end. The pause holds until `photon llm resume`.",
  examples: [
    { command: "photon llm pause", does: "no calls at all" },
    { command: "photon llm pause anthropic", does: "no calls of one provider" },
    { command: "photon llm pause --kind photo_story", does: "no stories" },
  ],
  async run({ json, ...options }, { photon, stdout, stderr }) {
    const llm: LlmApi = await photon();
    const paused = await llm.pauseLlm(options);
    if (json) await stdout.line(formatJson({ paused }));
    else await stderr.line(`Paused: ${paused.join(", ")}. Go on with \`photon llm resume\`.`);
    return EXIT.done;
  },
});

export const llmResumeCommand = defineCommand({
  options: z.object({ provider, kind, json: jsonFlag }),
  details:
    "Ends pauses, also those that photon made because of a wrong key, used-up credit or budget, and tests at once whether providers that could not be reached are back.",
  examples: [
    { command: "photon llm resume", does: "everything goes on" },
    { command: "photon llm resume openai", does: "one provider goes on, after its key was repaired" },
  ],
  async run({ json, ...options }, { photon, stdout, stderr }) {
    const llm: LlmApi = await photon();
    const resumed = await llm.resumeLlm(options);
    if (json) await stdout.line(formatJson({ resumed }));
    else await stderr.line(resumed.length === 0 ? "Nothing was paused." : `Goes on: ${resumed.join(", ")}.`);
    return EXIT.done;
  },
});
