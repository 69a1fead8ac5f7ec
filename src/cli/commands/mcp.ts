/** `photon mcp`: hands arguments to the server; the library is opened by the first call that needs it. */
import { join } from "node:path";
import { z } from "zod";
import type { Photon } from "../../app.ts";
import { configFields, shownValue } from "../../config.ts";
import { childEnvironment } from "../child-environment.ts";
import { InvalidInputError } from "../../errors.ts";
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
const createOpener = (context: CommandContext): Opener => {
  const { config, logger, workingDirectory } = context;
  const resources = new AsyncDisposableStack();
  return {
    open: async () => {
      const { createPhoton } = await import("../../app.ts");
      const backgroundWorker = { environment: childEnvironment(context), workingDirectory };
      return resources.use(
        createPhoton(config, { logger, workingDirectory, searchInProcess: false, backgroundWorker }),
      );
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

const options = z.object({
  http: flag(
    "--http [port]",
    z.union([z.int().min(0).max(65_535), z.literal(true)]).optional(),
    "Serve over HTTP on 127.0.0.1 instead; without a port on any free one.",
  ),
  readOnly: flag("--read-only", z.boolean().default(false), "Offer only tools that change nothing."),
  tools: flag("--tools <names>", z.array(z.string()).min(1).optional(), "Offer only these tools, separated by commas."),
  imageResponses: flag(
    "--image-responses <how>",
    z.enum(["include", "omit"]).default("include"),
    "omit: no pictures in results, for clients that cannot show them.",
  ),
  withoutToken: flag(
    "--without-token",
    z.boolean().default(false),
    "With --http: answer every program of this machine. For conformance tests only.",
  ),
});

const announce =
  ({ config, stderr }: CommandContext) =>
  async (url: string, tokenFile: string | undefined): Promise<void> => {
    await stderr.line(`photon listens on ${url}`);
    if (tokenFile === undefined) return;
    const path = join(config.general.data_dir, tokenFile);
    await stderr.line(`Clients show the content of ${path} as "Authorization: Bearer <content>".`);
  };

export const mcpCommand = defineCommand({
  options,
  details: [
    "Started by the assistant's program, which talks to it over stdin and stdout. Logs go to stderr.",
    "Nothing is opened before the first call, and any number of these may run on one library.",
  ].join("\n"),
  examples: [
    { command: "photon mcp", does: "what the entry in an assistant's settings starts" },
    { command: "photon mcp --read-only --image-responses omit", does: "search and read only, text only" },
    { command: "photon mcp --http 8765", does: "for clients that connect over HTTP" },
  ],
  async run({ http, readOnly, tools, imageResponses, withoutToken }, context, signal) {
    if (withoutToken && http === undefined) {
      throw new InvalidInputError("Expected --http beside --without-token, received none.", {
        hint: "Over stdin and stdout there is no token.",
      });
    }
    const { config, logger, version } = context;
    const { serveOnHttp, serveOnStdio } = await import("../../../tools/server.ts");
    await using library = createOpener(context);
    const deps = {
      config,
      logger,
      version,
      flags: { readOnly, images: imageResponses, only: tools },
      openPhoton: library.open,
      shownConfig: () => shownConfig(context),
      signal,
    };
    if (http === undefined) await serveOnStdio(deps);
    else {
      const port = http === true ? 0 : http;
      await serveOnHttp(deps, { port, withoutToken, onListening: announce(context) });
    }
    return EXIT.done;
  },
});
