import { z } from "zod";
import { defineProvider } from "../language-model.ts";
import { modelField, providerFields } from "../settings.ts";
import { createCompatibleModel } from "./compatible.ts";

export const openrouter = defineProvider({
  id: "openrouter",
  settingsSchema: z.strictObject({
    ...providerFields("https://openrouter.ai/api/v1"),
    model: modelField("openrouter/auto"),
  }),
  defaultModel: ({ model }) => model,
  create: createCompatibleModel("openrouter"),
});
