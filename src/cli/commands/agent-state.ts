/** `photon agent status|logs|pause|resume`. */
import { z } from "zod";
import type { AdministrationApi } from "../../library/administration.ts";
import { openControl, processText } from "../agent/control.ts";
import { parseDuration } from "../agent/duration.ts";
import { argument, defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { watchRows } from "../status/watch-text.ts";
import { formatJson, formatTable } from "../terminal.ts";

const DEFAULT_LINES = 50;
const MOST_LINES = 100_000;

export const agentStatusCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  examples: [
    { command: "photon agent status", does: "whether it runs, how folders are watched, what waits" },
    { command: "photon agent status --json", does: "the same for programs" },
  ],
  async run({ json }, context, signal) {
    const { stdout } = context;
    const control = await openControl(context, signal);
    const [agent, isInstalled] = [await control.runningAgent(), await control.isInstalled()];
    const library: AdministrationApi = await context.photon();
    const { watching } = await library.status();
    if (json) {
      await stdout.line(
        formatJson({ running: agent !== undefined, process: agent, isInstalled, logPath: control.logPath, watching }),
      );
      return EXIT.done;
    }
    const rows = [
      ["process", agent === undefined ? "none" : processText(agent)],
      ["service", isInstalled ? "installed" : "not installed (photon agent install)"],
      ["log", control.logPath],
      ...watchRows(watching, Date.now()),
    ] as const;
    await stdout.write(formatTable(rows.map(([name = "", value = ""]) => [stdout.style("dim", name), value])));
    return EXIT.done;
  },
});

export const agentLogsCommand = defineCommand({
  options: z.object({
    lines: flag(
      "-n, --lines <count>",
      z.int().min(0).max(MOST_LINES).default(DEFAULT_LINES),
      "How many of the last lines.",
    ),
    follow: flag("-f, --follow", z.boolean().default(false), "Go on with those to come, until Ctrl-C."),
  }),
  details:
    "One JSON object a line. Only the agent in the background writes a log; `photon watch` in a terminal shows its messages there.",
  examples: [
    { command: "photon agent logs", does: "the last 50 lines" },
    { command: "photon agent logs -f -n 5", does: "follow what it does" },
  ],
  async run({ lines, follow }, context, signal) {
    const { stdout, stderr } = context;
    const control = await openControl(context, signal);
    // Asked for before the last lines are read, so that none is lost between the two.
    const coming = follow ? await control.follow() : undefined;
    const last = await control.logLines(lines);
    for (const line of last) await stdout.line(line);
    if (last.length === 0 && lines > 0) await stderr.line(`There is no log yet: ${control.logPath}`);
    if (coming !== undefined) for await (const line of coming) await stdout.line(line);
    return EXIT.done;
  },
});

export const agentPauseCommand = defineCommand({
  options: z.object({
    time: argument("[time]", z.string().optional(), "How long, such as 2h, 30m or 1d; until you resume without it."),
  }),
  details: "Folders are still watched, and what comes is noted; photos are processed and described afterwards.",
  examples: [
    { command: "photon agent pause 2h", does: "do no work for two hours" },
    { command: "photon agent pause", does: "do no work until photon agent resume" },
  ],
  async run({ time }, context, signal) {
    const until = time === undefined ? undefined : Date.now() + parseDuration(time);
    await (await openControl(context, signal)).pause({ until });
    const end = until === undefined ? "you resume it: photon agent resume" : new Date(until).toLocaleString("en-GB");
    await context.stdout.line(`Work pauses until ${end}. Folders are still watched.`);
    return EXIT.done;
  },
});

export const agentResumeCommand = defineCommand({
  options: z.object({}),
  examples: [{ command: "photon agent resume", does: "end a pause" }],
  async run(_options, context, signal) {
    const wasPaused = await (await openControl(context, signal)).resume();
    await context.stdout.line(wasPaused ? "Work goes on." : "Work was not paused.");
    return EXIT.done;
  },
});
