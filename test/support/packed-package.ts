/** The package as `npm pack` makes it, unpacked like an installation: no sources, no dependency but those it declares. */
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "./run-program.ts";

const run = promisify(execFile);

/** npm tells the scripts it starts where it is itself; otherwise the one of the PATH. */
const npmScript = process.env["npm_execpath"];

const runNpm = async (words: readonly string[], cwd: string): Promise<string> => {
  const [file, script] = npmScript?.endsWith("npm-cli.js") === true ? [process.execPath, [npmScript]] : ["npm", []];
  // scripts of the package must find the Node that runs the tests
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const { stdout } = await run(file, [...script, ...words], { cwd, env: { ...process.env, PATH: path } });
  return stdout;
};

/** Unset = there is no npm here. */
export const npmVersion = async (): Promise<string | undefined> => {
  try {
    return (await runNpm(["--version"], REPOSITORY)).trim();
  } catch {
    return undefined; // whatever the reason, nothing can be packed
  }
};

/** Copied, so that a build does not touch the checkout that other tests use. */
const FOLDERS = ["agent", "bin", "models", "src", "tools"] as const;
const FILES = ["CHANGELOG.md", "LICENSE", "README.md", "mcp.json", "package.json"] as const;
const PACKED_FROM = [...FOLDERS, ...FILES, "tsconfig.json", "tsconfig.build.json"];

const link = async (name: string, into: string): Promise<void> => {
  await mkdir(dirname(join(into, name)), { recursive: true });
  await symlink(join(REPOSITORY, "node_modules", name), join(into, name), "junction");
};

/** @returns the folder of the installed package */
export const installPackage = async (folder: string): Promise<string> => {
  const checkout = join(folder, "checkout");
  const modules = join(folder, "app", "node_modules");
  const installed = join(modules, "photon");
  await Promise.all(PACKED_FROM.map((name) => cp(join(REPOSITORY, name), join(checkout, name), { recursive: true })));
  await symlink(join(REPOSITORY, "node_modules"), join(checkout, "node_modules"), "junction");
  await runNpm(["pack", "--pack-destination", folder], checkout);
  const manifest = JSON.parse(await readFile(join(checkout, "package.json"), "utf8")) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
  }; // our own package.json
  await mkdir(installed, { recursive: true });
  const tarball = join(folder, `photon-${manifest.version}.tgz`);
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed]);
  for (const name of Object.keys(manifest.dependencies)) await link(name, modules);
  return installed;
};
