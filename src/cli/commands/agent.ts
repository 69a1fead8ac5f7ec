/** `photon agent install|uninstall|start|stop`. */
import { z } from "zod";
import { configFields } from "../../config.ts";
import { openControl, processText } from "../agent/control.ts";
import type { CommandContext } from "../command.ts";
import { defineCommand, EXIT, flag } from "../command.ts";

const WITH_KEYS =
  "A service knows nothing of the variables of this terminal: write the keys of language models into the configuration file, or ${NAME} there and set it for the service.";

/** Keys that only this terminal knows. */
const hasKeysInEnvironment = ({ loadedConfig }: CommandContext): boolean =>
  configFields.some(({ key, traits }) => traits.secret === true && loadedConfig.sources[key].kind === "environment");

export const agentInstallCommand = defineCommand({
  options: z.object({
    print: flag("--print", z.boolean().default(false), "Show the file and the commands, and change nothing."),
  }),
  details:
    "Writes a service of your own account: a systemd user unit on Linux, a launch agent on macOS, a scheduled task on Windows. It watches every folder of the library, starts at login and needs no administrator.",
  examples: [
    { command: "photon agent install", does: "watch in the background, from each login on" },
    { command: "photon agent install --print", does: "see what that would write and run" },
  ],
  async run({ print }, context, signal) {
    const { stdout, stderr } = context;
    const control = await openControl(context, signal);
    const { manager, file, commands } = print ? control.plan() : await control.install();
    if (print) {
      await stdout.write(`# ${file.path}\n${file.content}\n${commands.map((command) => `# ${command}\n`).join("")}`);
      return EXIT.done;
    }
    await stdout.line(`The agent is a service now (${manager}, ${file.path}) and starts at each login.`);
    if (hasKeysInEnvironment(context)) await stderr.line(WITH_KEYS);
    return EXIT.done;
  },
});

export const agentUninstallCommand = defineCommand({
  options: z.object({}),
  examples: [{ command: "photon agent uninstall", does: "stop the service and remove it" }],
  async run(_options, context, signal) {
    await (await openControl(context, signal)).uninstall();
    await context.stdout.line("The agent is no service any more. The library stays as it is.");
    return EXIT.done;
  },
});

const STARTED = {
  service: "The service was started",
  detached: "The agent was started in the background; it ends when you log out",
  running: "The agent runs already",
} as const;

export const agentStartCommand = defineCommand({
  options: z.object({
    detached: flag("--detached", z.boolean().default(false), "Start it by itself, without a service."),
  }),
  examples: [
    { command: "photon agent start", does: "start the installed service" },
    { command: "photon agent start --detached", does: "the same where there is no service" },
  ],
  async run({ detached }, context, signal) {
    const { how, agent } = await (await openControl(context, signal)).start({ detached });
    await context.stdout.line(`${STARTED[how]} (${processText(agent)}).`);
    return EXIT.done;
  },
});

const STOPPED = {
  service: "The service was stopped; it starts again at the next login.",
  signal: "The agent was stopped.",
  "not-running": "The agent does not run.",
} as const;

export const agentStopCommand = defineCommand({
  options: z.object({}),
  details: "What is in hand is finished; the next start goes on with the rest.",
  examples: [{ command: "photon agent stop", does: "stop watching" }],
  async run(_options, context, signal) {
    const { how } = await (await openControl(context, signal)).stop();
    await context.stdout.line(STOPPED[how]);
    return EXIT.done;
  },
});
