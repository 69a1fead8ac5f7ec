/** Where programs with an assistant keep the list of servers they start, and in which form. */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../../config.ts";

export const ASSISTANTS = ["claude-code", "claude-desktop", "vscode", "cursor", "generic"] as const;
export type AssistantName = (typeof ASSISTANTS)[number];

/** How a program starts photon. */
export interface ServerEntry {
  readonly type?: "stdio";
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Assistant {
  readonly title: string;
  /** Absolute path of its settings; undefined = it is only printed. */
  readonly path: string | undefined;
  /** Key of the object that holds the entries by name. */
  readonly key: "mcpServers" | "servers";
  /** Entries say how they are reached. */
  readonly isTyped: boolean;
  /** What has to be done before the entry counts. */
  readonly next: string;
}

export interface Place {
  readonly platform: NodeJS.Platform;
  readonly environment: Environment;
  readonly workingDirectory: string;
  /** Settings of the current folder, where the program has such. */
  readonly isProject: boolean;
}

const homeOf = ({ environment }: Place): string => environment["HOME"] ?? environment["USERPROFILE"] ?? homedir();

/** Where programs with windows keep their settings. */
const settingsFolder = (place: Place): string => {
  const { platform, environment } = place;
  const home = homeOf(place);
  if (platform === "darwin") return join(home, "Library", "Application Support");
  if (platform === "win32") return environment["APPDATA"] ?? join(home, "AppData", "Roaming");
  return environment["XDG_CONFIG_HOME"] ?? join(home, ".config");
};

const claudeCode = (place: Place): Assistant => ({
  title: "Claude Code",
  path: place.isProject
    ? join(place.workingDirectory, ".mcp.json")
    : join(place.environment["CLAUDE_CONFIG_DIR"] ?? homeOf(place), ".claude.json"),
  key: "mcpServers",
  isTyped: true,
  next: "Start Claude Code again; /mcp shows the server.",
});

const claudeDesktop = (place: Place): Assistant => ({
  title: "Claude Desktop",
  path: join(settingsFolder(place), "Claude", "claude_desktop_config.json"),
  key: "mcpServers",
  isTyped: false,
  next: "Quit Claude Desktop and start it again.",
});

const visualStudioCode = (place: Place): Assistant => ({
  title: "Visual Studio Code",
  path: place.isProject
    ? join(place.workingDirectory, ".vscode", "mcp.json")
    : join(settingsFolder(place), "Code", "User", "mcp.json"),
  key: "servers",
  isTyped: true,
  next: 'Run "MCP: List Servers" and start photon there.',
});

const cursor = (place: Place): Assistant => ({
  title: "Cursor",
  path: join(place.isProject ? place.workingDirectory : homeOf(place), ".cursor", "mcp.json"),
  key: "mcpServers",
  isTyped: false,
  next: "Switch photon on under Settings, MCP.",
});

const generic = (): Assistant => ({
  title: "Any other program",
  path: undefined,
  key: "mcpServers",
  isTyped: false,
  next: "Put the entry where the program lists its MCP servers.",
});

const byName = {
  "claude-code": claudeCode,
  "claude-desktop": claudeDesktop,
  vscode: visualStudioCode,
  cursor,
  generic,
} satisfies Readonly<Record<AssistantName, (place: Place) => Assistant>>;

export const assistantOf = (name: AssistantName, place: Place): Assistant => byName[name](place);
