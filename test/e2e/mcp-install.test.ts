import { chmod, lstat, mkdir, readFile, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/photos.ts";
import { PHOTON, runPhoton } from "../support/run-program.ts";
import { openPipe } from "../support/mcp-pipe.ts";

const install = (home: string, ...words: readonly string[]) =>
  runPhoton(["mcp", "install", ...words], {
    environment: { HOME: home, XDG_CONFIG_HOME: join(home, ".config"), PHOTON_HOME: join(home, "library") },
    cwd: home,
  });

const CODE = { type: "stdio", command: process.execPath, args: [PHOTON, "mcp"] };
const PLAIN = { command: process.execPath, args: [PHOTON, "mcp"] };

test.each([
  ["claude-code", [], ".claude.json", "mcpServers", CODE],
  ["claude-code", ["--project"], ".mcp.json", "mcpServers", CODE],
  ["claude-desktop", [], ".config/Claude/claude_desktop_config.json", "mcpServers", PLAIN],
  ["vscode", [], ".config/Code/User/mcp.json", "servers", CODE],
  ["vscode", ["--project"], ".vscode/mcp.json", "servers", CODE],
  ["cursor", [], ".cursor/mcp.json", "mcpServers", PLAIN],
  ["cursor", ["--project"], ".cursor/mcp.json", "mcpServers", PLAIN],
] as const)("%s %j gets its entry, and only after --yes", async (client, more, file, key, entry) => {
  await using folder = await temporaryFolder();
  const shown = await install(folder.path, "--client", client, ...more);
  expect(shown.code).toBe(0);
  expect(await readdir(folder.path)).toEqual([]);
  expect(shown.stderr).toContain("Nothing was written");
  const written = await install(folder.path, "--client", client, ...more, "--yes");
  expect(written.code).toBe(0);
  const settings = JSON.parse(await readFile(join(folder.path, file), "utf8")) as unknown;
  expect(settings).toEqual({ [key]: { photon: { ...entry, env: { PHOTON_HOME: join(folder.path, "library") } } } });
  expect(settings).toEqual(JSON.parse(shown.stdout));
  const again = await install(folder.path, "--client", client, ...more, "--yes");
  expect(again.stderr).toContain("already");
});

test("the entry starts a server that answers", async () => {
  await using folder = await temporaryFolder();
  const { stdout, stderr } = await install(folder.path, "--client", "generic");
  const { mcpServers } = JSON.parse(stdout) as {
    readonly mcpServers: { readonly photon: { command: string; args: string[]; env: Record<string, string> } };
  }; // what the other tests compare
  const { command, args, env } = mcpServers.photon;
  expect([command, ...args]).toEqual([process.execPath, PHOTON, "mcp"]);
  expect(stderr).toContain("lists its MCP servers");
  await using pipe = openPipe({ folder: folder.path, environment: env });
  expect((await pipe.request("server/discover")).result).toHaveProperty("supportedVersions");
});

const DESKTOP = ".config/Claude/claude_desktop_config.json";
const withSettings = async (home: string, text: string): Promise<string> => {
  const path = join(home, DESKTOP);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
};

test("everything else in the file stays, and the file as it was is kept", async () => {
  await using folder = await temporaryFolder();
  const before = {
    theme: "dark",
    mcpServers: { other: { command: "other", args: ["--x"] }, photon: { command: "old" } },
    last: { deep: [1, 2, { three: null }] },
  };
  const text = `${JSON.stringify(before, null, "\t")}\n`;
  const path = await withSettings(folder.path, text);
  await chmod(path, 0o640);
  const shown = await install(folder.path, "--client", "claude-desktop");
  expect(shown.stderr).toContain("would be replaced");
  expect(await readFile(path, "utf8")).toBe(text);
  await install(folder.path, "--client", "claude-desktop", "--yes");
  const after = await readFile(path, "utf8");
  const parsed = JSON.parse(after) as typeof before;
  expect(Object.keys(parsed)).toEqual(["theme", "mcpServers", "last"]);
  expect(parsed).toMatchObject({ theme: "dark", last: before.last, mcpServers: { other: before.mcpServers.other } });
  expect(parsed.mcpServers.photon.command).toBe(process.execPath);
  expect(after).toContain('\n\t"theme"');
  expect(await readFile(`${path}.bak`, "utf8")).toBe(text);
  expect((await stat(path)).mode & 0o777).toBe(0o640);
});

test.each([
  ["with comments", '{\n  // mine\n  "mcpServers": {}\n}\n'],
  ["that is damaged", '{ "mcpServers": '],
  ["that is a list", "[]"],
  ["whose entries are a list", '{ "mcpServers": [] }'],
])("a file %s is left alone, and the entry is shown", async (_what, text) => {
  await using folder = await temporaryFolder();
  const path = await withSettings(folder.path, text);
  const result = await install(folder.path, "--client", "claude-desktop", "--yes");
  expect(result.code).toBe(2);
  expect(result.stderr).toContain("the file was not touched");
  expect(result.stderr).toContain('"photon"');
  expect(await readFile(path, "utf8")).toBe(text);
  expect(await readdir(dirname(path))).toHaveLength(1);
});

test("an empty file counts as none, and a link to the file stays a link", async () => {
  await using folder = await temporaryFolder();
  const kept = join(folder.path, "dotfiles.json");
  await writeFile(kept, "");
  const path = join(folder.path, ".cursor/mcp.json");
  await mkdir(dirname(path));
  await symlink(kept, path);
  expect((await install(folder.path, "--client", "cursor", "--yes")).code).toBe(0);
  expect((await lstat(path)).isSymbolicLink()).toBe(true);
  expect(JSON.parse(await readFile(kept, "utf8"))).toHaveProperty("mcpServers.photon.command", process.execPath);
});
