/** A fake provider of the OpenAI sort that takes batches and answers them when the test says so. */
import type { ServerResponse } from "node:http";
import { goodAnswers } from "../enrichment.ts";
import { replyBody } from "./bodies.ts";
import type { FakeProvider } from "./server.ts";
import { startFakeProvider } from "./server.ts";

interface UploadedItem {
  readonly custom_id: string;
  readonly body: Record<string, unknown>;
}

export interface BatchingProvider extends AsyncDisposable {
  readonly server: FakeProvider;
  /** Lines of config.toml. */
  readonly config: string;
  /** Items of the last upload, in its order. */
  readonly items: () => readonly UploadedItem[];
  /** Orders of batches, as they were received. */
  readonly orders: () => readonly Record<string, unknown>[];
  /** Ends the batch with these lines. */
  readonly finish: (lines: readonly unknown[]) => void;
  /** Calls made outside of batches. */
  readonly liveCalls: () => number;
  readonly deleted: () => readonly string[];
}

/** Prices come from the list then, as with the real one. */
const bodyOf = (text: string): unknown => {
  const body = replyBody("openai", { text }) as { readonly usage: Record<string, unknown> };
  const { cost: _cost, ...usage } = body.usage;
  return { ...body, usage };
};

const GOOD = { text: JSON.stringify(goodAnswers["image_tag"]) };

export const goodResult = ({ custom_id }: UploadedItem, text = GOOD.text): unknown => ({
  custom_id,
  response: { status_code: 200, request_id: `r-${custom_id}`, body: bodyOf(text) },
  error: null,
});

export const erroredResult = ({ custom_id }: UploadedItem, status: number): unknown => ({
  custom_id,
  response: { status_code: status, request_id: null, body: { error: { type: "some_error", message: "MARKER" } } },
  error: null,
});

const send = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

const readUpload = async (body: Buffer, contentType: string): Promise<readonly UploadedItem[]> => {
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": contentType } }).formData();
  const file = form.get("file");
  if (!(file instanceof File)) throw new Error("No file was uploaded.");
  return (await file.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as UploadedItem); // what the adapter writes
};

export const startBatchingProvider = async (): Promise<BatchingProvider> => {
  const server = await startFakeProvider();
  let items: readonly UploadedItem[] = [];
  const orders: Record<string, unknown>[] = [];
  const deleted: string[] = [];
  let results: readonly unknown[] | undefined;
  const batch = () => ({
    id: "batch-1",
    status: results === undefined ? "in_progress" : "completed",
    created_at: Math.floor(Date.now() / 1000),
    input_file_id: "in",
    output_file_id: results === undefined ? null : "out",
    metadata: orders.at(-1)?.["metadata"] ?? null,
  });
  server.route("GET /v1/models", (_request, response) => send(response, { object: "list", data: [] }));
  server.route("POST /v1/files", (request, response) => {
    void readUpload(request.body, request.headers["content-type"] ?? "").then((uploaded) => {
      items = uploaded;
      send(response, { id: "in" });
    });
  });
  server.route("POST /v1/batches", (request, response) => {
    orders.push(request.json());
    send(response, batch());
  });
  server.route("GET /v1/batches", (_request, response) =>
    send(response, { object: "list", data: orders.length === 0 ? [] : [batch()] }),
  );
  server.route("GET /v1/batches/batch-1", (_request, response) => send(response, batch()));
  server.route("GET /v1/files/out/content", (_request, response) => {
    response.writeHead(200).end((results ?? []).map((line) => `${JSON.stringify(line)}\n`).join(""));
  });
  for (const id of ["in", "out"]) {
    server.route(`DELETE /v1/files/${id}`, (_request, response) => {
      deleted.push(id);
      send(response, { id, deleted: true });
    });
  }
  server.route("POST /v1/chat/completions", (_request, response) => send(response, bodyOf(GOOD.text)));
  return {
    server,
    config: `[llm]\nprovider = "openai"\n[llm.openai]\nendpoint = ${JSON.stringify(server.endpoint("openai", "own"))}\napi_key = "sk-test"\n`,
    items: () => items,
    orders: () => orders,
    finish: (lines) => {
      results = lines;
    },
    liveCalls: () => server.requests.filter(({ path }) => path === "/v1/chat/completions").length,
    deleted: () => deleted,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};
