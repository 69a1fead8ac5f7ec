/** `photon mcp install`: the entry with which a program with an assistant starts photon. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { CommandContext } from "../command.ts";
import { defineCommand, EXIT, flag } from "../command.ts";
import type { Assistant, ServerEntry } from "../mcp/assistants.ts";
import { ASSISTANTS, assistantOf } from "../mcp/assistants.ts";
import type { EntryPlan } from "../mcp/settings-file.ts";
import { planEntry, writePlan } from "../mcp/settings-file.ts";

/** What the server must be told to serve the same library. Keys are not among them: the file may be shared. */
const PASSED_ON = ["PHOTON_HOME", "PHOTON_CONFIG"] as const;

const launcher = (): string => {
  let file = new URL("bin/photon.js", import.meta.url);
  while (!existsSync(file)) file = new URL("../../bin/photon.js", file);
  return fileURLToPath(file);
};

/** Programs with windows know nothing of the PATH of a shell: the entry names Node and photon by their places. */
const entryFor = ({ isTyped }: Assistant, { environment }: CommandContext): ServerEntry => {
  const env = Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = environment[name] ?? "";
      return value === "" ? [] : [[name, value]];
    }),
  );
  return {
    ...(isTyped ? { type: "stdio" as const } : {}),
    command: process.execPath,
    args: [launcher(), "mcp"],
    ...(Object.keys(env).length === 0 ? {} : { env }),
  };
};

const CHANGES = {
  new: "would be made",
  added: "would get the entry; everything else in it stays",
  replaced: "has another entry for photon, which would be replaced; everything else in it stays",
} as const;

const showPlan = async ({ path, change, shown }: EntryPlan, { stdout, stderr }: CommandContext): Promise<void> => {
  if (path !== undefined && change !== "same") await stderr.line(`${path} ${CHANGES[change]}:`);
  await stdout.line(shown);
};

export const mcpInstallCommand = defineCommand({
  options: z.object({
    client: flag("--client <name>", z.enum(ASSISTANTS), "Whose settings get the entry; generic prints it."),
    project: flag(
      "--project",
      z.boolean().default(false),
      "Settings of the current folder instead of yours, where the program has such.",
    ),
    yes: flag("--yes", z.boolean().default(false), "Write; without it you see what would be written."),
  }),
  details: "Everything else in the file stays as it is, and the file as it was is kept beside it with .bak at its end.",
  examples: [
    { command: "photon mcp install --client claude-desktop", does: "show what would be written where" },
    { command: "photon mcp install --client claude-desktop --yes", does: "write it" },
    { command: "photon mcp install --client generic", does: "print the entry for any other program" },
  ],
  async run({ client, project, yes }, context) {
    const { environment, workingDirectory, stderr } = context;
    const place = { platform: process.platform, environment, workingDirectory, isProject: project };
    const assistant = assistantOf(client, place);
    const plan = await planEntry(assistant, entryFor(assistant, context));
    if (plan.change === "same") {
      await stderr.line(`${plan.path} has this entry already.`);
    } else if (yes && plan.path !== undefined) {
      await writePlan(plan);
      await stderr.line(`Wrote the entry for photon to ${plan.path}. ${assistant.next}`);
    } else {
      await showPlan(plan, context);
      const writes = plan.path === undefined ? assistant.next : "Nothing was written. Add --yes to write it.";
      await stderr.line(writes);
    }
    return EXIT.done;
  },
});
