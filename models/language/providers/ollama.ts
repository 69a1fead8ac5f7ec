import { z } from "zod";
import { MINUTE } from "../../../src/clock.ts";
import { capabilitiesOf } from "../capabilities.ts";
import { baseUrlOf, isLoopbackHost } from "../endpoint.ts";
import { defineProvider } from "../language-model.ts";
import { modelField, providerFields } from "../settings.ts";
import { createWireModel } from "../wire-model.ts";
import { ollamaChat } from "../wires/ollama-chat.ts";

/** Loading a model takes longer than an answer. */
const TIMEOUT_MS = 2 * MINUTE;
/** Models of this name run at the maker's. */
const CLOUD_MODEL = /[-:]cloud$/i;

const { timeout_ms, ...fields } = providerFields("http://localhost:11434");

export const ollama = defineProvider({
  id: "ollama",
  settingsSchema: z.strictObject({
    ...fields,
    timeout_ms: timeout_ms.unwrap().default(TIMEOUT_MS).describe("Time for one call in milliseconds."),
    model: modelField("llama3.2-vision"),
  }),
  defaultModel: ({ model }) => model,
  create: (settings, modelId, context) =>
    createWireModel({
      provider: "ollama",
      wire: ollamaChat,
      modelId,
      settings,
      capabilities: capabilitiesOf("ollama", modelId, settings.capabilities),
      context,
      isLocal: settings.local || (isLoopbackHost(baseUrlOf(settings.endpoint).hostname) && !CLOUD_MODEL.test(modelId)),
    }),
});
