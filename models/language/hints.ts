/** What somebody who is no programmer can do when a provider is not usable. */
import type { CallError } from "../../src/errors.ts";

interface HintSubject {
  readonly provider: string;
  readonly modelId: string;
  readonly host: string;
}

const unreachableHint = ({ provider, host }: HintSubject): string =>
  provider === "ollama"
    ? `Start Ollama (https://ollama.com) and check that it listens on ${host}: llm.ollama.endpoint.`
    : `Check the connection to ${host} and the address in llm.${provider}.endpoint.`;

const modelHint = ({ provider, modelId, host }: HintSubject): string =>
  provider === "ollama"
    ? `Install the model: ollama pull ${modelId}. Or choose an installed one: llm.ollama.model.`
    : `${host} has no list of models where it should be; check llm.${provider}.endpoint, most addresses end in /v1.`;

/** One or two full sentences. */
export const availabilityHint = (failure: CallError, subject: HintSubject): string => {
  const { provider, host } = subject;
  switch (failure.publicCode) {
    case "LLM_AUTH":
      return `Set a valid key for ${provider}: llm.${provider}.api_key, or the environment variable it names.`;
    case "LLM_QUOTA_EXHAUSTED":
      return `Add credit or raise the spending limit of your account at ${provider}.`;
    case "LLM_MODEL_NOT_FOUND":
      return modelHint(subject);
    case "LLM_RATE_LIMITED":
      return `${host} takes no more requests for now; wait a while.`;
    case "LLM_TIMEOUT":
      return `${host} did not answer within 5 seconds; check that it runs and is not overloaded.`;
    case "LLM_BAD_REQUEST":
      return `${host} does not understand photon; check the address in llm.${provider}.endpoint.`;
    case "CANCELLED":
      return "The check was interrupted; run it again.";
    case "LLM_API_ERROR":
      return failure.subCode === "UNREACHABLE" || failure.subCode === "CONNECTION"
        ? unreachableHint(subject)
        : `${host} answers, but not as ${provider} does; check llm.${provider}.endpoint, or try again later.`;
    case "LLM_VALIDATION_ERROR":
    case "LLM_REFUSED":
    case "IMAGE_REJECTED":
      return `${host} answers in an unexpected way; check the address in llm.${provider}.endpoint.`;
    default:
      return failure.publicCode satisfies never;
  }
};
