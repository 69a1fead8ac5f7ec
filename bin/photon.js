#!/usr/bin/env node
// Plain JavaScript that an old Node can parse: it finds a Node >= 24 and starts photon on it.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const REQUIRED_NODE_MAJOR = 24;
const at = (path) => new URL(`../${path}`, import.meta.url);
const first = (...paths) => paths.map(at).find((url) => existsSync(url));
const entry = first("src/cli/main.ts", "dist/src/cli/main.js");
const isNewEnough = Number.parseInt(process.versions.node, 10) >= REQUIRED_NODE_MAJOR;
const ownNode = isNewEnough ? undefined : first("node_modules/node/bin/node", "node_modules/node/bin/node.exe");
const words = process.argv.slice(2);

const refuse = () => {
  const where = existsSync(at("src")) ? 'Run "npm ci" in the checkout, or install' : "Install";
  const needed = `photon needs Node ${REQUIRED_NODE_MAJOR} or newer, this is Node ${process.versions.node}.`;
  console.error(`${needed} ${where} Node ${REQUIRED_NODE_MAJOR} from https://nodejs.org.`);
  process.exit(2);
};

/**
 * Sources are stripped of their types and compiled once, not at every start: a third of a second. Beside the packages and
 * not in the shared temporary folder, where another user could put code; where it cannot be written Node goes without.
 */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(at("node_modules/.cache/photon"));

/**
 * glibc keeps memory for every thread that ever asked for some: LanceDB's and libvips's threads hold hundreds of MB that
 * nobody uses. Two such pools are enough. The C library reads this when a process starts: it is for those started here.
 */
if (process.platform === "linux") process.env.MALLOC_ARENA_MAX ??= "2";

/** stdio is inherited, so an MCP client's pipe passes straight through. */
const startOn = async (node) => {
  const { spawn } = await import("node:child_process");
  const child = spawn(fileURLToPath(node), [fileURLToPath(entry), ...words], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
};

if (!isNewEnough && ownNode === undefined) refuse();
else if (words.length === 1 && ["--version", "-V"].includes(words[0])) {
  const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));
  process.stdout.write(`${version}\n`); // answered here: it costs no second process
} else if (isNewEnough) {
  const { enableCompileCache } = await import("node:module");
  enableCompileCache(process.env.NODE_COMPILE_CACHE); // the variable alone is for the processes this one starts
  await import(entry.href);
} else await startOn(ownNode);
