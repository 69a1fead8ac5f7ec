/** `photon process` with language models, in this process: real pipeline, real catalogue, real worker, stub model. */
import { PassThrough } from "node:stream";
import type { Photon } from "../../src/app.ts";
import { createPhoton } from "../../src/app.ts";
import { createEnrichment } from "../../src/app/enrichment/create-enrichment.ts";
import { createProcessRuns } from "../../src/app/enrichment/process-run.ts";
import type { WorkerProcess, WorkerProcessOptions } from "../../src/app/enrichment/worker-process.ts";
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import { openCatalogue } from "../../src/catalogue/catalogue.ts";
import { readCommandLine } from "../../src/cli/build-program.ts";
import type { CommandContext } from "../../src/cli/command.ts";
import { processCommand } from "../../src/cli/commands/process.ts";
import { createContext } from "../../src/cli/context.ts";
import { reportError } from "../../src/cli/run.ts";
import { createOutput } from "../../src/cli/terminal.ts";
import { systemClock } from "../../src/clock.ts";
import type { Config } from "../../src/config.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLogger } from "../../src/logger.ts";
import type { TestLibrary } from "./library.ts";

export interface DescribingResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Workers that were started. */
  readonly workers: number;
}

export interface DescribingOptions {
  readonly signal?: AbortSignal;
  /** Called with everything written to stdout so far, after each piece. */
  readonly onStdout?: (text: string) => void;
  /** Bytes of stdout that may wait for their reader; a small number is a slow pipe. */
  readonly highWaterMark?: number;
}

const partsOf = (config: Config, library: TestLibrary, catalogue: () => Promise<Catalogue>) =>
  createEnrichment({
    config,
    clock: systemClock,
    logger: silentLogger,
    workingDirectory: library.folder,
    hasLibrary: () => true,
    catalogue,
    openCatalogue: () => openCatalogue({ path: library.cataloguePath }),
    offerWatches: () => Promise.resolve([]),
    companions: [],
  });

/** A worker with the settings a child process would come to. */
const startWorkerHere = (
  library: TestLibrary,
  { environment, workingDirectory, signal }: WorkerProcessOptions,
): WorkerProcess => {
  const { config } = loadConfig({ environment, workingDirectory });
  const finish = new AbortController();
  const stop = new AbortController();
  const work = async (): Promise<{ readonly exitCode: number }> => {
    await using catalogue = await openCatalogue({ path: library.cataloguePath });
    const { workOnEnrichments } = partsOf(config, library, () => Promise.resolve(catalogue));
    await workOnEnrichments({ signal: AbortSignal.any([signal, stop.signal]), finish: finish.signal, role: "run" });
    return { exitCode: 0 };
  };
  const ended = work();
  return {
    pid: undefined,
    kill: () => undefined,
    ended,
    finish: () => {
      finish.abort();
      return ended;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
    },
  };
};

/** Runs `photon process <words>`. */
export const runDescribing = async (
  library: TestLibrary,
  words: readonly string[],
  { signal = new AbortController().signal, onStdout, highWaterMark }: DescribingOptions = {},
): Promise<DescribingResult> => {
  const text = { stdout: "", stderr: "" };
  let workers = 0;
  const streamFor = (name: keyof typeof text): NodeJS.WriteStream => {
    const stream = new PassThrough(highWaterMark === undefined ? {} : { highWaterMark });
    stream.on("data", (chunk) => {
      text[name] += String(chunk);
      if (name === "stdout") onStdout?.(text.stdout);
    });
    return Object.assign(stream, { isTTY: false, columns: 80 }) as unknown as NodeJS.WriteStream; // what outputs use of it
  };
  const [stdout, stderr] = (["stdout", "stderr"] as const).map((name) =>
    createOutput(streamFor(name), library.environment),
  ) as [CommandContext["stdout"], CommandContext["stderr"]];
  const entry = { name: "process", summary: "Process", load: () => Promise.resolve(processCommand) };
  let code: number;
  try {
    const invocation = await readCommandLine(["process", ...words], {
      commands: [entry as never], // the entry of one command
      groups: {},
      version: "0.0.0",
      output: stdout,
    });
    if (invocation.kind === "text") throw new Error(invocation.text);
    await using made = createContext({
      version: "0.0.0",
      environment: library.environment,
      workingDirectory: library.folder,
      stdout,
      stderr,
      globals: invocation.globals,
      configFlags: invocation.configFlags,
      runLine: () => Promise.reject(new Error("not part of this test")),
    });
    const { config } = made.context;
    const photon = createPhoton(config, { logger: made.context.logger, workingDirectory: library.folder });
    await using _photon = photon;
    await using catalogue = await openCatalogue({ path: library.cataloguePath });
    const enrichment = partsOf(config, library, () => Promise.resolve(catalogue));
    const runs = createProcessRuns({
      ...enrichment,
      config,
      hasLibrary: () => true,
      catalogue: () => Promise.resolve(catalogue),
      clock: systemClock,
      logger: made.context.logger,
      startWorker: (options) => {
        workers += 1;
        return startWorkerHere(library, options);
      },
    });
    const replaced = Object.create(made.context, {
      photon: { value: async (): Promise<Photon> => ({ ...photon, ...runs }) },
    }) as CommandContext; // its prototype is the context
    code = await processCommand.run(invocation.options as never, replaced, signal); // validated by its own schema
  } catch (error) {
    code = await reportError(error, stderr, { json: false, verbose: true });
  }
  return { code, ...text, workers };
};
