/** `photon mcp`: the server on stdin and stdout, or on HTTP of this machine. */
import "./stdout-guard.ts";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { once } from "node:events";
import { createServerFactory } from "./adapter.ts";
import { createEdge } from "./create-edge.ts";
import type { EdgeDeps } from "./create-edge.ts";

/** Until the client closes stdin, or the signal aborts. Calls under way are aborted. */
export const serveOnStdio = async (deps: EdgeDeps): Promise<void> => {
  const { logger, signal } = deps;
  const factory = createServerFactory(createEdge(deps));
  const handle = serveStdio(factory, { onerror: (error) => logger.debug(error.message) });
  const stopped = new AbortController();
  const until = { signal: stopped.signal };
  const ends = [once(process.stdin, "end", until), once(process.stdin, "close", until)];
  if (!signal.aborted) ends.push(once(signal, "abort", until));
  await Promise.race(ends);
  stopped.abort();
  await handle.close();
};
