/** Entry of the command line: reads arguments and environment. The launcher has answered a bare `--version` before. */
import { existsSync, readFileSync } from "node:fs";
import { commandGroups } from "./command-groups.ts";
import { commands } from "./commands.ts";
import { runAsProcess } from "./run-as-process.ts";

const packageVersion = (): string => {
  let file = new URL("package.json", import.meta.url);
  while (!existsSync(file)) file = new URL("../package.json", file);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }; // our own package.json
  return version;
};

// LanceDB's native part reads this when it loads; its warnings are no concern of the person at the terminal.
process.env["LANCEDB_LOG"] ??= "error";
const words = process.argv.slice(2);
await runAsProcess({
  words: words.length === 0 ? ["--help"] : words,
  version: packageVersion(),
  environment: process.env,
  commands,
  groups: commandGroups,
});
