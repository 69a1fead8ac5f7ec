import { z } from "zod";
import { anthropicBatches } from "../batches/anthropic-batches.ts";
import { capabilitiesOf } from "../capabilities.ts";
import { defineProvider } from "../language-model.ts";
import { modelField, providerFields } from "../settings.ts";
import { createWireModel } from "../wire-model.ts";
import { anthropicMessages } from "../wires/anthropic-messages.ts";

export const anthropic = defineProvider({
  id: "anthropic",
  settingsSchema: z.strictObject({
    ...providerFields("https://api.anthropic.com"),
    model: modelField("claude-sonnet-5"),
    wire: z
      .enum(["current", "2023-06-01"])
      .default("current")
      .describe("Headers: `2023-06-01` sends the key as x-api-key with that version, for gateways that want it."),
  }),
  defaultModel: ({ model }) => model,
  create: (settings, modelId, context) =>
    createWireModel({
      provider: "anthropic",
      wire: anthropicMessages,
      modelId,
      settings,
      capabilities: capabilitiesOf("anthropic", modelId, settings.capabilities, settings.wire !== "current"),
      context,
      isLocal: settings.local,
      createBatches: anthropicBatches,
    }),
});
