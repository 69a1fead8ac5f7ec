import { z } from "zod";
import { defineProvider } from "../language-model.ts";
import { createStubModel } from "../stub/stub-model.ts";

export const stub = defineProvider({
  id: "stub",
  settingsSchema: z.strictObject({
    model: z
      .string()
      .default("ok")
      .describe("How it behaves: ok, slow-<ms>, hang, invalid, refuse, truncated, error-<status>, flaky-<n>."),
    concurrency: z.int().min(1).max(256).optional().describe("Calls at the same time; unset = llm.concurrency."),
  }),
  defaultModel: ({ model }) => model,
  create: (_settings, modelId, context) => createStubModel(modelId, context),
});
