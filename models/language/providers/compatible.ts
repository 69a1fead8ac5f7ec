/** What providers share that copy OpenAI's interface. */
import { capabilitiesOf } from "../capabilities.ts";
import type { LanguageModel, ModelContext } from "../language-model.ts";
import type { CommonSettings } from "../settings.ts";
import { createWireModel } from "../wire-model.ts";
import { openaiChat } from "../wires/openai-chat.ts";

/** @param provider its id */
export const createCompatibleModel =
  (provider: string) =>
  (settings: CommonSettings, modelId: string, context: ModelContext): LanguageModel =>
    createWireModel({
      provider,
      wire: openaiChat,
      modelId,
      settings,
      capabilities: capabilitiesOf("openai-compatible", modelId, settings.capabilities),
      context,
      isLocal: settings.local, // a host on this machine proves nothing: a proxy may forward
    });
