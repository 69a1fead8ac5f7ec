/**
 * Entry of the command line: reads arguments and environment. Everything else is imported when it is needed, so that
 * `photon --version` costs one file.
 */
import { existsSync, readFileSync } from "node:fs";

const packageVersion = (): string => {
  let file = new URL("package.json", import.meta.url);
  while (!existsSync(file)) file = new URL("../package.json", file);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }; // our own package.json
  return version;
};

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
  process.stdout.write(`${packageVersion()}\n`);
} else {
  const [{ runAsProcess }, { commands, commandGroups }] = await Promise.all([
    import("./run-as-process.ts"),
    import("./commands.ts"),
  ]);
  await runAsProcess({
    words: words.length === 0 ? ["--help"] : words,
    version: packageVersion(),
    environment: process.env,
    commands,
    groups: commandGroups,
  });
}
