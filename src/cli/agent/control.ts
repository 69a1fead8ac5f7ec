/** The agent of this library, for commands. */
import type { AgentControl } from "../../../agent/main.ts";
import type { CommandContext } from "../command.ts";

export const openControl = async (
  { config, loadedConfig, environment }: CommandContext,
  signal: AbortSignal,
): Promise<AgentControl> => {
  const { createAgentControl } = await import("../../../agent/main.ts");
  const { path, exists } = loadedConfig;
  return createAgentControl({
    dataDirectory: config.general.data_dir,
    configPath: exists ? path : undefined,
    environment,
    signal,
  });
};

/** `host:pid`, or the pid alone for a process of this machine. */
export const processText = ({
  host,
  pid,
  isOnThisHost,
}: {
  host: string;
  pid: number;
  isOnThisHost: boolean;
}): string => (isOnThisHost ? `process ${pid}` : `process ${pid} on ${host}`);
