/** A fake provider of the OpenAI sort with prices in the settings: what a call costs is known beforehand. */
import { replyBody } from "./bodies.ts";
import { startFakeProvider } from "./server.ts";

/** US dollars per million tokens. */
const PRICES = { input: 10, output: 100 } as const;
const USAGE = { prompt_tokens: 1500, completion_tokens: 90, total_tokens: 1590 } as const;

export interface PricedProvider extends AsyncDisposable {
  readonly usdPerCall: number;
  readonly calls: () => number;
  /** Lines of config.toml. @param dailyUsd left out = no limit */
  readonly config: (dailyUsd?: number) => string;
}

/** @param answer of every call */
export const startPricedProvider = async (answer: unknown): Promise<PricedProvider> => {
  const server = await startFakeProvider();
  const body = { ...(replyBody("openai", { text: JSON.stringify(answer) }) as object), usage: USAGE }; // an object, as any body
  const path = "/v1/chat/completions";
  const json = { "content-type": "application/json" };
  server.route("GET /v1/models", (_request, response) =>
    response.writeHead(200, json).end('{"object":"list","data":[]}'),
  );
  server.route(`POST ${path}`, (_request, response) => response.writeHead(200, json).end(JSON.stringify(body)));
  const endpoint = JSON.stringify(server.endpoint("openai", "own"));
  return {
    usdPerCall: (USAGE.prompt_tokens * PRICES.input + USAGE.completion_tokens * PRICES.output) / 1e6,
    calls: () => server.requests.filter((request) => request.path === path).length,
    config: (dailyUsd) =>
      [
        '[llm]\nprovider = "openai"\nconcurrency = 1',
        ...(dailyUsd === undefined ? [] : [`[llm.budget]\ndaily_usd = ${dailyUsd}`]),
        `[llm.openai]\nendpoint = ${endpoint}\napi_key = "sk-test"`,
        `prices = { "gpt-4o-mini" = { input = ${PRICES.input}, output = ${PRICES.output} } }\n`,
      ].join("\n"),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};
