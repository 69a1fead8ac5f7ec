/** From flags and configuration to what tools may do. */
import type { Config } from "../src/config.ts";
import type { ToolSettings } from "./outcome.ts";

export interface ToolFlags {
  readonly readOnly: boolean;
  readonly images: ToolSettings["images"];
  readonly only?: readonly string[] | undefined;
}

const THIS_MACHINE = /^http:\/\/(localhost|127\.[\d.]+|\[::1\])(:\d+)?(\/|$)/i;

/** By what the settings say, without loading a provider: a hint for clients, and no more. */
const providerOf = ({ llm }: Config): ToolSettings["provider"] => {
  const name = llm.provider;
  if (name === undefined) return undefined;
  if (name === "stub") return { name, leavesMachine: false };
  const isOllamaHere = name === "ollama" && THIS_MACHINE.test(llm.ollama.endpoint);
  return { name, leavesMachine: !isOllamaHere && !llm[name].local };
};

export const toolSettings = (config: Config, { readOnly, images, only }: ToolFlags): ToolSettings => {
  const provider = readOnly ? undefined : providerOf(config);
  return {
    readOnly,
    images,
    ...(only === undefined ? {} : { only }),
    ...(provider === undefined ? {} : { provider }),
  };
};
