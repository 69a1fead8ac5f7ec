/** A server on this machine that takes what a webhook sends. */
import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

export interface ReceivedMessage {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly ReceivedMessage[];
}

/** @param answer HTTP status for the n-th message, from 1; default 204. Runs before the answer leaves. */
export const startWebhookReceiver = async (
  answer: (number: number) => number | Promise<number> = () => 204,
): Promise<WebhookReceiver> => {
  const received: ReceivedMessage[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ body: Buffer.concat(chunks).toString("utf8"), headers: request.headers });
      void Promise.resolve(answer(received.length)).then((status) => response.writeHead(status).end("thanks"));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}/photon`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};
