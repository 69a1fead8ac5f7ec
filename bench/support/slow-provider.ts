/**
 * A provider in a process of its own, so that what it takes is not taken from photon's thread: answers every call after
 * the same time, however many there are. `node slow-provider.ts MILLISECONDS` prints its port and ends with its stdin.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { goodAnswers } from "../../test/support/enrichment.ts";
import { replyBody } from "../../test/support/fake-providers/bodies.ts";

const latencyMs = Number(process.argv[2]);
const answer = JSON.stringify(replyBody("openai", { text: JSON.stringify(goodAnswers["image_tag"]) }));
const server = createServer((request, response) => {
  request
    .resume()
    .on("end", () =>
      setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(answer), latencyMs),
    );
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo; // it listens on a port
  process.stdout.write(`${port}\n`);
});
process.stdin.resume().on("end", () => process.exit());
