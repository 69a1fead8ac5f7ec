/** Fake providers that take batches and answer them when the test says so: one of the OpenAI sort, one of Anthropic's. */
import type { ServerResponse } from "node:http";
import { goodAnswers } from "../enrichment.ts";
import type { WireName } from "./bodies.ts";
import { replyBody } from "./bodies.ts";
import type { FakeProvider } from "./server.ts";
import { startFakeProvider } from "./server.ts";

export type BatchWire = Exclude<WireName, "ollama">;

/** One request of a batch. */
interface UploadedItem {
  readonly custom_id: string;
  /** As the provider would get it in a call of its own. */
  readonly body: Record<string, unknown>;
}

export interface BatchingProvider extends AsyncDisposable {
  readonly server: FakeProvider;
  /** Lines of config.toml. */
  readonly config: string;
  /** Items of the last upload, in its order. */
  readonly items: () => readonly UploadedItem[];
  /** How many batches were made. */
  readonly orders: () => number;
  readonly good: (item: UploadedItem, text?: string) => unknown;
  /** The provider could not do this one. */
  readonly errored: (item: UploadedItem) => unknown;
  /** Time was up before this one was done. */
  readonly expired: (item: UploadedItem) => unknown;
  /** Ends the batch with these lines. */
  readonly finish: (lines: readonly unknown[]) => void;
  /** Says no to every batch. */
  readonly refuse: () => void;
  /** Lists no batch any more. */
  readonly forget: () => void;
  /** Calls made outside of batches. */
  readonly liveCalls: () => number;
  readonly deleted: () => readonly string[];
}

const GOOD = { text: JSON.stringify(goodAnswers["image_tag"]) };

/** Prices come from the settings then. */
const bodyOf = (wire: BatchWire, text: string): unknown => {
  const body = replyBody(wire, { text }) as { readonly usage: Record<string, unknown> }; // what replyBody makes of both
  const { cost: _cost, ...usage } = body.usage;
  return { ...body, usage };
};

const send = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

const sendLines = (response: ServerResponse, lines: readonly unknown[]): void => {
  response.writeHead(200).end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
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

/** What a provider knows of its batch. */
interface Desk {
  readonly server: FakeProvider;
  readonly deleted: string[];
  items: readonly UploadedItem[];
  orders: Record<string, unknown>[];
  results: readonly unknown[] | undefined;
  isListed: boolean;
}

const openDesk = async (): Promise<Desk> => ({
  server: await startFakeProvider(),
  deleted: [],
  items: [],
  orders: [],
  results: undefined,
  isListed: true,
});

const ID = "batch-1";
const NAMES = {
  openai: { call: "/v1/chat/completions", order: "POST /v1/batches", settings: "openai", model: "gpt-4o-mini" },
  anthropic: {
    call: "/v1/messages",
    order: "POST /v1/messages/batches",
    settings: "anthropic",
    model: "claude-sonnet-5",
  },
} as const;

const listing = ({ isListed, orders }: Desk, batch: unknown) => ({
  data: isListed && orders.length > 0 ? [batch] : [],
  has_more: false,
});

const openAiRoutes = (desk: Desk): void => {
  const { server, deleted } = desk;
  const batch = () => ({
    id: ID,
    status: desk.results === undefined ? "in_progress" : "completed",
    created_at: Math.floor(Date.now() / 1000),
    input_file_id: "in",
    output_file_id: desk.results === undefined ? null : "out",
    metadata: desk.orders.at(-1)?.["metadata"] ?? null,
  });
  server.route("POST /v1/files", (request, response) => {
    void readUpload(request.body, request.headers["content-type"] ?? "").then((uploaded) => {
      desk.items = uploaded;
      send(response, { id: "in" });
    });
  });
  server.route("POST /v1/batches", (request, response) => {
    desk.orders.push(request.json());
    send(response, batch());
  });
  server.route("GET /v1/batches", (_request, response) =>
    send(response, { object: "list", ...listing(desk, batch()) }),
  );
  server.route(`GET /v1/batches/${ID}`, (_request, response) => send(response, batch()));
  server.route("GET /v1/files/out/content", (_request, response) => sendLines(response, desk.results ?? []));
  for (const id of ["in", "out"]) {
    server.route(`DELETE /v1/files/${id}`, (_request, response) => {
      deleted.push(id);
      send(response, { id, deleted: true });
    });
  }
};

interface MessageRequest {
  readonly custom_id: string;
  readonly params: Record<string, unknown>;
}

const anthropicRoutes = (desk: Desk): void => {
  const { server, deleted } = desk;
  const batch = () => ({
    id: ID,
    type: "message_batch",
    processing_status: desk.results === undefined ? "in_progress" : "ended",
    created_at: new Date().toISOString(),
  });
  server.route("POST /v1/messages/batches", (request, response) => {
    const order = request.json();
    desk.orders.push(order);
    const requests = order["requests"] as readonly MessageRequest[]; // what the adapter writes
    desk.items = requests.map(({ custom_id, params }) => ({ custom_id, body: params }));
    send(response, batch());
  });
  server.route("GET /v1/messages/batches", (_request, response) => send(response, listing(desk, batch())));
  server.route(`GET /v1/messages/batches/${ID}`, (_request, response) => send(response, batch()));
  server.route(`GET /v1/messages/batches/${ID}/results`, (_request, response) =>
    sendLines(response, desk.results ?? []),
  );
  server.route(`DELETE /v1/messages/batches/${ID}`, (_request, response) => {
    deleted.push(ID);
    send(response, { id: ID, type: "message_batch_deleted" });
  });
};

const LINES: Readonly<Record<BatchWire, Pick<BatchingProvider, "good" | "errored" | "expired">>> = {
  openai: {
    good: ({ custom_id }, text = GOOD.text) => ({
      custom_id,
      response: { status_code: 200, request_id: `r-${custom_id}`, body: bodyOf("openai", text) },
      error: null,
    }),
    errored: ({ custom_id }) => ({
      custom_id,
      response: { status_code: 500, request_id: null, body: { error: { type: "some_error", message: "MARKER" } } },
      error: null,
    }),
    expired: ({ custom_id }) => ({
      custom_id,
      response: null,
      error: { code: "batch_expired", message: "MARKER" },
    }),
  },
  anthropic: {
    good: ({ custom_id }, text = GOOD.text) => ({
      custom_id,
      result: { type: "succeeded", message: bodyOf("anthropic", text) },
    }),
    errored: ({ custom_id }) => ({
      custom_id,
      result: {
        type: "errored",
        error: { type: "error", error: { type: "overloaded_error", message: "MARKER" }, request_id: null },
      },
    }),
    expired: ({ custom_id }) => ({ custom_id, result: { type: "expired" } }),
  },
};

export const startBatchingProvider = async (wire: BatchWire): Promise<BatchingProvider> => {
  const desk = await openDesk();
  const { server, deleted } = desk;
  const { call, order, settings, model } = NAMES[wire];
  server.route("GET /v1/models", (_request, response) => send(response, { object: "list", data: [], has_more: false }));
  server.route(`POST ${call}`, (_request, response) => send(response, bodyOf(wire, GOOD.text)));
  if (wire === "openai") openAiRoutes(desk);
  else anthropicRoutes(desk);
  return {
    server,
    config: [
      `[llm]\nprovider = "${settings}"\n[llm.${settings}]`,
      `endpoint = ${JSON.stringify(server.endpoint(wire, "own"))}\napi_key = "sk-test"`,
      `prices = { "${model}" = { input = 3, output = 15 } }\n`,
    ].join("\n"),
    ...LINES[wire],
    items: () => desk.items,
    orders: () => desk.orders.length,
    finish: (lines) => {
      desk.results = lines;
    },
    refuse: () => {
      server.route(order, (_request, response) => send(response, { error: { message: "no", type: "x" } }, 400));
    },
    forget: () => {
      desk.isListed = false;
    },
    liveCalls: () => server.requests.filter(({ path }) => path === call).length,
    deleted: () => deleted,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};
