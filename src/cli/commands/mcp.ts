/** `photon mcp`: hands arguments to the server; the library is opened by the first call that needs it. */
import { z } from "zod";
import type { Photon } from "../../app.ts";
import { configFields, shownValue } from "../../config.ts";
import type { CommandContext } from "../command.ts";
import { defineCommand, EXIT, flag } from "../command.ts";

/** Work in progress has this long to be handed back; whoever started the server waits no longer. */
const CLOSING_MS = 700;

const shownConfig = ({ loadedConfig }: CommandContext): object =>
  Object.fromEntries(configFields.map(({ key }) => [key, shownValue(loadedConfig, key) ?? null]));

interface Opener extends AsyncDisposable {
  readonly open: () => Promise<Photon>;
}

/** Models run in processes of their own: an inference in this one would hold up every answer. */
const createOpener = ({ config, logger, workingDirectory }: CommandContext): Opener => {
  const resources = new AsyncDisposableStack();
  return {
    open: async () => {
      const { createPhoton } = await import("../../app.ts");
      return resources.use(createPhoton(config, { logger, workingDirectory, searchInProcess: false }));
    },
    [Symbol.asyncDispose]: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSING_MS);
      });
      await Promise.race([resources.disposeAsync(), late]);
      clearTimeout(timer);
    },
  };
};

export const mcpCommand = defineCommand({
  options: z.object({
    readOnly: flag("--read-only", z.boolean().default(false), "Offer only tools that change nothing."),
  }),
  details: "Started by the assistant's program, which talks to it over stdin and stdout. Logs go to stderr.",
  examples: [{ command: "photon mcp", does: "what an entry in the assistant's settings starts" }],
  async run({ readOnly }, context, signal) {
    const { config, logger, version } = context;
    const { serveOnStdio } = await import("../../../tools/server.ts");
    await using library = createOpener(context);
    await serveOnStdio({
      config,
      logger,
      version,
      flags: { readOnly, images: "include" },
      openPhoton: library.open,
      shownConfig: () => shownConfig(context),
      signal,
    });
    return EXIT.done;
  },
});
