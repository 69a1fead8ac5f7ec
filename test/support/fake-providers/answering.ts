/** A fake provider of the OpenAI sort whose replies are the test's own. */
import type { ServerResponse } from "node:http";
import { replyBody, type Answer } from "./bodies.ts";
import type { FakeProvider, SeenRequest } from "./server.ts";
import { startFakeProvider } from "./server.ts";

/** `answer`: what a call gets; a number is an HTTP status. */
export type Script = (
  call: SeenRequest,
  number: number,
) => Answer | { readonly status: number; readonly body?: unknown };

export interface AnsweringProvider extends AsyncDisposable {
  /** All requests, health calls among them. */
  readonly requests: readonly SeenRequest[];
  readonly calls: () => readonly SeenRequest[];
  /** Lines of config.toml. */
  readonly config: string;
  readonly server: FakeProvider;
}

const PATH = "/v1/chat/completions";

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

export const startAnsweringProvider = async (script: Script, apiKey = "sk-test"): Promise<AnsweringProvider> => {
  const server = await startFakeProvider();
  let number = 0;
  server.route("GET /v1/models", (_request, response) => send(response, 200, { object: "list", data: [] }));
  server.route(`POST ${PATH}`, (request, response) => {
    number += 1;
    const reply = script(request, number);
    if ("status" in reply) {
      send(response, reply.status, reply.body ?? { error: { message: "no", type: "invalid_request_error" } });
    } else send(response, 200, replyBody("openai", reply));
  });
  return {
    requests: server.requests,
    calls: () => server.requests.filter(({ path }) => path === PATH),
    config: `[llm]\nprovider = "openai"\n[llm.openai]\nendpoint = ${JSON.stringify(server.endpoint("openai", "own"))}\napi_key = ${JSON.stringify(apiKey)}\n`,
    server,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

interface ChatBody {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** The picture of a call; undefined = it had none. */
export const pictureOf = (call: SeenRequest): Buffer | undefined => {
  const { messages } = call.json() as unknown as ChatBody; // what the adapter sends; checked by its own tests
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? (content as readonly unknown[]) : []));
  const urls = parts.flatMap((part) => {
    const { image_url: image } = part as { readonly image_url?: { readonly url: string } };
    return image === undefined ? [] : [image.url];
  });
  const [url] = urls;
  return url === undefined ? undefined : Buffer.from(url.replace("data:image/jpeg;base64,", ""), "base64");
};
