/**
 * `photon process` with the scripted pipeline, started as a process of its own. SCRIPTED holds the pipeline's options as
 * JSON; with `report` the display path of each photo is printed on stdout once its record has been written.
 */
import { writeSync } from "node:fs";
import type { Photon } from "../../src/app.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { processCommand } from "../../src/cli/commands/process.ts";
import { processOptions } from "../../src/cli/process/options.ts";
import { runAsProcess } from "../../src/cli/run-as-process.ts";
import type { ProcessApi } from "../../src/pipeline/outcome.ts";
import { createScriptedPipeline, type ScriptedPipelineOptions } from "./scripted-pipeline.ts";

interface Script extends ScriptedPipelineOptions {
  readonly report?: boolean;
  /** Print the peak memory in KB on stdout at the end. */
  readonly memory?: boolean;
}

const script = JSON.parse(process.env["SCRIPTED"] ?? "{}") as Script; // written by the test
const scripted = createScriptedPipeline(script);

/** The consumer asks for the next outcome when it is done with the last one. */
const reporting: ProcessApi["process"] = async function* (sources, settings, options) {
  for await (const outcome of scripted.process(sources, settings, options)) {
    yield outcome;
    if (script.report === true) writeSync(1, `${outcome.source.displayPath}\n`);
  }
  if (script.report === true) writeSync(1, "all written\n");
};
const photon = { ...scripted, process: reporting } as unknown as Photon; // the part that process uses

await runAsProcess({
  words: process.argv.slice(2),
  version: "0.0.0",
  environment: process.env,
  groups: {},
  commands: [
    {
      name: "process",
      summary: "Scripted",
      load: async () =>
        defineCommand({
          options: processOptions,
          examples: processCommand.examples,
          run: async (flags, context, signal) => {
            const replaced = Object.create(context, { photon: { value: async () => photon } }) as typeof context; // its prototype is the context
            const code = await processCommand.run(flags, replaced, signal);
            if (script.memory === true) writeSync(1, `${process.resourceUsage().maxRSS}\n`);
            return code;
          },
        }),
    },
  ],
});
