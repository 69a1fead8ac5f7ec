import { z } from "zod";
import { defineProvider } from "../language-model.ts";
import { modelField, providerFields } from "../settings.ts";
import { createCompatibleModel } from "./compatible.ts";

export const openaiCompatible = defineProvider({
  id: "openai-compatible",
  settingsSchema: z.strictObject({
    ...providerFields("http://localhost:8080/v1"),
    api_key: z.string().min(1).default("not-needed").describe("Key; servers that need none ignore it."),
    model: modelField("llava"),
    text_model: modelField("mistral").describe("Model of calls without a picture."),
  }),
  defaultModel: ({ model, text_model }, purpose) => (purpose === "text" ? text_model : model),
  create: createCompatibleModel("openai-compatible"),
});
