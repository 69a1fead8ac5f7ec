#!/usr/bin/env node
// Plain JavaScript that an old Node can parse: it finds a Node >= 24 and starts photon on it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const REQUIRED_NODE_MAJOR = 24;
const at = (path) => new URL(`../${path}`, import.meta.url);
const first = (...paths) => paths.map(at).find((url) => existsSync(url));
const entry = first("src/cli/main.ts", "dist/src/cli/main.js");
const ownNode = first("node_modules/node/bin/node", "node_modules/node/bin/node.exe");

if (Number.parseInt(process.versions.node, 10) >= REQUIRED_NODE_MAJOR) {
  await import(entry.href);
} else if (ownNode) {
  // stdio is inherited, so an MCP client's pipe passes straight through.
  const child = spawn(fileURLToPath(ownNode), [fileURLToPath(entry), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
} else {
  console.error(
    `photon needs Node ${REQUIRED_NODE_MAJOR} or newer, this is ${process.versions.node}. ` +
      'Run "npm install" in the checkout, or install Node 24.',
  );
  process.exit(2);
}
