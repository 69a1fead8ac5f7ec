import { expect, test } from "vitest";
import type { Exchange } from "../../../models/language/exchange.ts";
import { openExchange } from "../../../models/language/exchange.ts";
import { guardedDownload, guardedFetch } from "../../../models/language/guarded-fetch.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { startFakeProvider } from "../../support/fake-providers/server.ts";

const exchangeWith = (origin: string, headers: Readonly<Record<string, string>> = {}): Exchange =>
  openExchange({
    endpoint: new URL(origin),
    errorStyle: "object",
    headers,
    timeoutMs: 1000,
    clock: createManualClock(),
    signal: new AbortController().signal,
  });

test("another origin is not asked, whatever an SDK wants", async () => {
  await using server = await startFakeProvider();
  const fetch = guardedFetch(exchangeWith("https://api.example.org"));
  for (const input of [`${server.origin}/ok/v1/messages`, new URL(server.origin), new Request(server.origin)]) {
    await expect(fetch(input)).rejects.toMatchObject({ failure: "config", subCode: "FOREIGN_ORIGIN" });
  }
  expect(server.requests).toHaveLength(0);
});

test("headers of an SDK do not leave, the exchange's own win", async () => {
  await using server = await startFakeProvider();
  server.route("POST /x", (_request, response) => void response.end("{}"));
  const fetch = guardedFetch(exchangeWith(server.origin, { authorization: "Bearer own" }));
  const headers = {
    accept: "application/json",
    "content-type": "application/json",
    authorization: "Bearer foreign",
    "x-stainless-os": "Linux",
    "x-foreign": "1",
    "user-agent": "an SDK on this machine",
  };
  await fetch(`${server.origin}/s/x`, { method: "POST", headers, body: "{}" });
  expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer own", accept: "application/json" });
  expect(server.requests[0]?.headerNames).not.toEqual(expect.arrayContaining(["x-stainless-os"]));
  expect(server.requests[0]?.headerNames).not.toEqual(expect.arrayContaining(["x-foreign"]));
  expect(server.requests[0]?.headers["user-agent"]).not.toContain("SDK");
});

test("characters and lines that arrive in pieces are put together", async () => {
  await using server = await startFakeProvider();
  const bytes = Buffer.from('{"a":"é"}\n\n{"b":"日本"}');
  server.route("GET /lines", (_request, response) => {
    response.writeHead(200);
    const sendFrom = (index: number): void => {
      if (index === bytes.length) response.end();
      else response.write(bytes.subarray(index, index + 1), () => sendFrom(index + 1));
    };
    sendFrom(0);
  });
  const lines: string[] = [];
  const url = new URL(`${server.origin}/s/lines`);
  for await (const line of guardedDownload(exchangeWith(server.origin), url)) lines.push(line);
  expect(lines).toEqual(['{"a":"é"}', '{"b":"日本"}']);
});

test("a download asks no other origin", async () => {
  const lines = guardedDownload(exchangeWith("https://api.example.org"), new URL("http://127.0.0.1:9/lines"));
  await expect(lines.next()).rejects.toMatchObject({ subCode: "FOREIGN_ORIGIN" });
});
