/** `photon worker`: child processes of the agent and of runs that are followed; see app/enrichment/worker-process.ts. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { z } from "zod";
import { giveWay, lowerPriority } from "../../app/enrichment/niceness.ts";
import { FINISH_LINE } from "../../app/enrichment/worker-process.ts";
import { defineCommand, EXIT, flag } from "../command.ts";
import { workWithCurrentSettings } from "../settings-changes.ts";

interface Orders {
  /** No more jobs will come. */
  readonly finish: AbortSignal;
  /** Whoever gave orders has gone. */
  readonly gone: AbortSignal;
}

/** Of the parent, one a line; the end of the input is its end. */
const ordersFrom = (input: Readable): Orders => {
  const [finish, gone] = [new AbortController(), new AbortController()];
  const lines = createInterface({ input });
  lines.on("line", (line) => {
    if (line === FINISH_LINE) finish.abort();
  });
  lines.on("close", () => gone.abort());
  return { finish: finish.signal, gone: gone.signal };
};

const NO_ORDERS: Orders = { finish: AbortSignal.abort(), gone: new AbortController().signal };

const followFlag = flag(
  "--follow",
  z.boolean().default(false),
  "Take orders on stdin: go on until the line `finish`, end when stdin closes.",
);

export const workerEnrichmentCommand = defineCommand({
  options: z.object({
    follow: followFlag,
    agent: flag("--agent", z.boolean().default(false), "The same, and ask for kinds that are made by themselves."),
  }),
  details:
    "Without --follow it works until nothing is left that can be done soon. When the configuration file changes, calls that are under way end and the rest is done with the new settings.",
  examples: [{ command: "photon worker enrichment", does: "do what is in the queue" }],
  async run({ follow, agent }, context, signal) {
    lowerPriority(context.logger);
    const { finish, gone } = follow || agent ? ordersFrom(process.stdin) : NO_ORDERS;
    const { logger, workingDirectory } = context;
    const { createPhoton } = await import("../../app.ts");
    await workWithCurrentSettings(context, {
      open: (config) => Promise.resolve(createPhoton(config, { logger, workingDirectory })),
      work: (photon, drain) =>
        photon.workOnEnrichments({
          signal: AbortSignal.any([signal, gone]),
          finish,
          drain,
          role: agent ? "agent" : follow ? "run" : "worker",
        }),
    });
    return EXIT.done;
  },
});

export const workerCoreCommand = defineCommand({
  options: z.object({ follow: followFlag }),
  details: "Without --follow it works until nothing is left.",
  examples: [{ command: "photon worker core", does: "process what scans found" }],
  async run({ follow }, context, signal) {
    giveWay(context.logger);
    const { finish, gone } = follow ? ordersFrom(process.stdin) : NO_ORDERS;
    const photon = await context.photon();
    await photon.workOnFiles({ signal: AbortSignal.any([signal, gone]), finish });
    return EXIT.done;
  },
});
