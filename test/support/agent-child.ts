/** An agent whose hints get lost now and then; to be killed. Arguments: share of hints that is lost (0 to 1), seed. */
import { join } from "node:path";
import { createBareSource } from "../../agent/hints/bare-source.ts";
import type { CreateHintSource } from "../../agent/hints/hint-source.ts";
import { createAgent } from "../../agent/main.ts";
import { loadConfig } from "../../src/config.ts";
import { createLogger } from "../../src/logger.ts";
import { randomFrom } from "./photos.ts";

const [lost = 0, seed = 1] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());

const forgetful: CreateHintSource = (root, listener) =>
  createBareSource("folder")(root, {
    ...listener,
    onDirty: (folder) => {
      if (random() >= lost) listener.onDirty(folder);
    },
  });

const { config } = loadConfig({ environment: process.env, workingDirectory: process.cwd() });
const keepAlive = setInterval(() => undefined, 60_000);
{
  await using agent = await createAgent({
    config,
    cataloguePath: join(config.general.data_dir, "catalogue.db"),
    logger: createLogger({ level: "info", format: "json", write: (line) => void process.stdout.write(`${line}\n`) }),
    environment: process.env,
    workingDirectory: process.cwd(),
    folders: [],
    createSource: forgetful,
  });
  process.on("SIGHUP", () => agent.request("SIGHUP"));
  await agent.run(stop.signal);
}
clearInterval(keepAlive);
