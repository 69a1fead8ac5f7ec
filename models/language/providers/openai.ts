import { z } from "zod";
import { openaiBatches } from "../batches/openai-batches.ts";
import { capabilitiesOf } from "../capabilities.ts";
import { defineProvider } from "../language-model.ts";
import { modelField, providerFields } from "../settings.ts";
import { createWireModel } from "../wire-model.ts";
import { openaiChat } from "../wires/openai-chat.ts";

export const openai = defineProvider({
  id: "openai",
  settingsSchema: z.strictObject({
    ...providerFields("https://api.openai.com/v1"),
    model: modelField("gpt-4o-mini"),
  }),
  defaultModel: ({ model }) => model,
  create: (settings, modelId, context) =>
    createWireModel({
      provider: "openai",
      wire: openaiChat,
      modelId,
      settings,
      capabilities: capabilitiesOf("openai", modelId, settings.capabilities),
      context,
      isLocal: settings.local,
      createBatches: openaiBatches,
    }),
});
