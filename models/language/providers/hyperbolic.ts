import { z } from "zod";
import { defineProvider } from "../language-model.ts";
import { modelField, providerFields } from "../settings.ts";
import { createCompatibleModel } from "./compatible.ts";

export const hyperbolic = defineProvider({
  id: "hyperbolic",
  settingsSchema: z.strictObject({
    ...providerFields("https://api.hyperbolic.xyz/v1"),
    model: modelField("meta-llama/Llama-3.2-11B-Vision-Instruct"),
  }),
  defaultModel: ({ model }) => model,
  create: createCompatibleModel("hyperbolic"),
});
