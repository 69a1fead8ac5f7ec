/** Replies in the formats of the three wires. */

export type WireName = "anthropic" | "openai" | "ollama";

export interface Answer {
  readonly text: string;
  /** In the wire's own word. Default: an answer that came to its end. */
  readonly stop?: string;
  readonly refusal?: string;
}

const TRUNCATED: Readonly<Record<WireName, string>> = { anthropic: "max_tokens", openai: "length", ollama: "length" };
const DONE: Readonly<Record<WireName, string>> = { anthropic: "end_turn", openai: "stop", ollama: "stop" };

export const truncatedStop = (wire: WireName): string => TRUNCATED[wire];

const anthropicReply = ({ text, stop = DONE.anthropic, refusal }: Answer): unknown => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-fake",
  content:
    text === ""
      ? []
      : [
          { type: "thinking", thinking: "" },
          { type: "text", text },
        ],
  stop_reason: stop,
  stop_details: refusal === undefined ? null : { type: "refusal", category: refusal },
  stop_sequence: null,
  usage: {
    input_tokens: 1500,
    output_tokens: 90,
    cache_read_input_tokens: 2048,
    cache_creation_input_tokens: 1024,
  },
});

const openaiReply = ({ text, stop = DONE.openai, refusal }: Answer): unknown => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_760_000_000,
  model: "gpt-fake",
  choices: [{ index: 0, finish_reason: stop, message: { role: "assistant", content: text, refusal: refusal ?? null } }],
  usage: {
    prompt_tokens: 1500,
    completion_tokens: 90,
    total_tokens: 1590,
    prompt_tokens_details: { cached_tokens: 1024 },
    cost: 0.0123,
  },
});

const ollamaReply = ({ text, stop = DONE.ollama }: Answer): unknown => ({
  model: "llama-fake",
  created_at: "2026-01-01T00:00:00Z",
  message: { role: "assistant", content: text },
  done: true,
  done_reason: stop,
  prompt_eval_count: 1500,
  eval_count: 90,
});

const REPLIES: Readonly<Record<WireName, (answer: Answer) => unknown>> = {
  anthropic: anthropicReply,
  openai: openaiReply,
  ollama: ollamaReply,
};

export const replyBody = (wire: WireName, answer: Answer): unknown => REPLIES[wire](answer);

export interface FakeError {
  readonly type: string;
  readonly message: string;
  /** OpenAI's code; Anthropic's `details.error_code`. */
  readonly code?: string | number;
  readonly metadata?: unknown;
}

export const errorBody = (wire: WireName, { type, message, code, metadata }: FakeError): unknown => {
  if (wire === "ollama") return { error: message };
  if (wire === "anthropic") {
    return {
      type: "error",
      error: { type, message, ...(code === undefined ? {} : { details: { error_code: code } }) },
      request_id: "req_1",
    };
  }
  return { error: { message, type, code: code ?? null, ...(metadata === undefined ? {} : { metadata }) } };
};
