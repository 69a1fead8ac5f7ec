/** One run of `photon watch`: the agent in this process, with a line that shows what it does. */
import { join } from "node:path";
import type { Agent, AgentView } from "../../../agent/main.ts";
import { SECOND } from "../../clock.ts";
import { InvalidInputError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { childEnvironment } from "../child-environment.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../command.ts";
import type { Shown } from "../progress-display.ts";
import { createDisplay, everyInterval } from "../progress-display.ts";
import { createRateMeter } from "../rate-meter.ts";
import { statusLine } from "./status-line.ts";

const REFRESH_MS = SECOND;

export interface WatchFlags {
  readonly folders: readonly string[];
  readonly llm?: true | string | undefined;
  readonly service: boolean;
}

const nothingYet: AgentView = {
  roots: [],
  settling: 0,
  waiting: 0,
  marks: 0,
  done: 0,
  failed: 0,
  lastFailure: undefined,
  paused: undefined,
  workers: [],
};

/** The line is drawn more often than the library is asked. */
const showStatus = async (agent: Agent, { stderr, redirectLog }: CommandContext): Promise<AsyncDisposable> => {
  let view = nothingYet;
  const meter = createRateMeter(() => performance.now());
  const look = (): Shown => {
    const left = view.settling + view.waiting;
    return { share: left === 0 ? 1 : view.done / (view.done + left), text: statusLine(view, meter.rate()) };
  };
  const display = await createDisplay({ stderr, redirectLog, isShown: true, every: everyInterval }, look);
  const stop = everyInterval(REFRESH_MS, () => {
    agent.view().then(
      (seen) => {
        view = seen;
        meter.record(seen.done + seen.failed);
      },
      () => undefined, // the catalogue is busy: the next look comes soon
    );
  });
  return {
    [Symbol.asyncDispose]: async () => {
      stop();
      await display[Symbol.asyncDispose]();
    },
  };
};

/** Somebody who asks for descriptions is told at once that nobody can make them. */
const checkProvider = ({ llm }: WatchFlags, { config }: CommandContext): void => {
  if (llm === undefined || config.llm.provider !== undefined || config.llm.model !== undefined) return;
  throw new InvalidInputError("Expected a provider of language models behind --llm, received none.", {
    hint: "For example: photon watch ~/Pictures --llm ollama. Or set llm.provider in the configuration.",
  });
};

/** Photos that come from now on are asked about; before the first one is seen. */
const beginAsking = async ({ config, photon }: CommandContext, signal: AbortSignal): Promise<void> => {
  if (config.llm.provider === undefined && config.llm.model === undefined) return;
  await (await photon()).askAutomatic(signal);
};

/** A terminal that is closed ends the agent; who has none is asked to look at everything. */
const lookOnHangUp = (agent: Agent, { stderr }: CommandContext): void => {
  if (stderr.isTerminal) return;
  process.removeAllListeners("SIGHUP");
  process.on("SIGHUP", () => agent.request("SIGHUP"));
};

const watch = async (flags: WatchFlags, context: CommandContext, options: { logger: Logger; signal: AbortSignal }) => {
  const { config, workingDirectory, stderr } = context;
  const { createAgent } = await import("../../../agent/main.ts");
  await beginAsking(context, options.signal);
  await using agent = await createAgent({
    config,
    cataloguePath: join(config.general.data_dir, "catalogue.db"),
    logger: options.logger,
    environment: childEnvironment(context),
    workingDirectory,
    folders: flags.folders,
  });
  lookOnHangUp(agent, context);
  await using _status = stderr.isTerminal && !flags.service ? await showStatus(agent, context) : undefined;
  await agent.run(options.signal);
};

export const runWatch = async (flags: WatchFlags, context: CommandContext, signal: AbortSignal): Promise<number> => {
  checkProvider(flags, context);
  if (!flags.service) await watch(flags, context, { logger: context.logger, signal });
  else {
    const { openServiceLog } = await import("../../../agent/main.ts");
    using log = openServiceLog(context.config);
    await watch(flags, context, { logger: log.logger, signal });
  }
  return EXIT.done;
};
