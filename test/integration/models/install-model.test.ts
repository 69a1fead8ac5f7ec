import { spawnSync } from "node:child_process";
import { access, copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DownloadPlan } from "../../../models/embedding/download/download-plan.ts";
import { pinRecipe, planDownload } from "../../../models/embedding/download/download-plan.ts";
import { checkDiskSpace } from "../../../models/embedding/download/disk-space.ts";
import type { ModelSource } from "../../../models/embedding/download/file-source.ts";
import { createHttpClient } from "../../../models/embedding/download/http-client.ts";
import type { InstallDeps, InstallOutcome, InstallProgress } from "../../../models/embedding/download/install-model.ts";
import { installModel } from "../../../models/embedding/download/install-model.ts";
import type { Judge } from "../../../models/embedding/download/judge-model.ts";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import { listInstalledModels, openInstalledModel } from "../../../models/embedding/installed-models.ts";
import { resolveModel } from "../../../models/embedding/resolve-model.ts";
import type { ModelRecipe } from "../../../models/embedding/model-recipe.ts";
import { systemClock } from "../../../src/clock.ts";
import { installRandomEncoder, TINY_VIT } from "../../support/encoders.ts";
import type { ModelServer } from "../../support/model-server.ts";
import { other, silentAfter, startModelServer } from "../../support/model-server.ts";
import { createWorkspace } from "../../support/model-workspace.ts";

const REPO = "someone/tiny";
let published: InstalledModel;
let recipe: ModelRecipe;
let server: ModelServer;
const workspace = createWorkspace();

const urlPath = (path: string): string => `/${REPO}/resolve/${published.manifest.revision}/${path}`;

beforeAll(async () => {
  published = await installRandomEncoder((await workspace).directory, { shape: TINY_VIT, variant: "fp32" });
  const { manifest: _version, variant: _variant, files, ...shared } = published.manifest;
  const [vision, text, tokenizer] = files;
  if (vision === undefined || text === undefined || tokenizer === undefined) throw new Error("three files expected");
  recipe = { ...shared, id: "tiny", repo: REPO, tokenizer, towers: { fp32: { vision, text } } };
  server = await startModelServer();
  for (const { path } of files) server.serve(urlPath(path), await readFile(join(published.directory, path)));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await (await workspace)[Symbol.asyncDispose]();
});

const judgeWith =
  (...problems: readonly string[]): Judge =>
  () =>
    Promise.resolve({ problems, checks: [], millisecondsPerImage: undefined });

interface InstallOptions {
  readonly modelDir: string;
  readonly recipe?: ModelRecipe;
  readonly source?: ModelSource;
  readonly judge?: Judge;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: InstallProgress) => void;
  readonly onNote?: (note: string) => void;
}

const planIn = async (modelDir: string, wanted: ModelRecipe = recipe): Promise<DownloadPlan> => {
  const { signal } = new AbortController();
  const http = createHttpClient({ environment: {}, baseUrl: server.url });
  const pins = await pinRecipe(wanted, "fp32", { http, baseUrl: server.url, signal });
  return planDownload(modelDir, { recipe: wanted, variant: "fp32" }, pins);
};

const install = async ({
  modelDir,
  source,
  judge = judgeWith(),
  ...options
}: InstallOptions): Promise<InstallOutcome> => {
  const deps: InstallDeps = {
    modelDir,
    source: source ?? { kind: "servers", baseUrls: [server.url] },
    http: createHttpClient({ environment: {}, baseUrl: server.url }),
    clock: systemClock,
    random: () => 0,
    judge,
  };
  const { signal = new AbortController().signal, onProgress = () => undefined, onNote = () => undefined } = options;
  return installModel(await planIn(modelDir, options.recipe), deps, { signal, onProgress, onNote });
};

const stateIn = async (modelDir: string): Promise<string | undefined> =>
  (await listInstalledModels(modelDir))[0]?.state;

test("a download becomes a verified model that opens", async () => {
  await using here = await createWorkspace();
  const seen: InstallProgress[] = [];
  expect(await install({ modelDir: here.directory, onProgress: (progress) => seen.push(progress) })).toBe("installed");
  const [status] = await listInstalledModels(here.directory);
  expect(status).toMatchObject({ id: "tiny", state: "verified", variant: "fp32" });
  expect((await openInstalledModel(status?.directory ?? "")).manifest.files).toHaveLength(3);
  expect(seen.at(-1)?.bytes).toBe(seen.at(-1)?.total);
  expect(await install({ modelDir: here.directory })).toBe("already installed");
});

test("a download that was cut short is never installed, whatever lies there, and goes on later", async () => {
  await using here = await createWorkspace();
  const [, text] = published.manifest.files;
  const controller = new AbortController();
  server.script(
    urlPath(text?.path ?? ""),
    silentAfter(1000, () => controller.abort()),
  );
  await expect(install({ modelDir: here.directory, signal: controller.signal })).rejects.toMatchObject({
    name: "AbortError",
  });
  expect(await stateIn(here.directory)).toBe("partial");
  await expect(resolveModel(here.directory, "tiny")).rejects.toThrow("not finished");
  const { directory, remainingBytes, totalBytes } = await planIn(here.directory);
  expect(remainingBytes).toBeLessThan(totalBytes);
  // Even with every file in place it is not finished before the self-test has passed.
  await copyFile(join(published.directory, "manifest.json"), join(directory, "manifest.json"));
  for (const { path } of published.manifest.files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await copyFile(join(published.directory, path), join(directory, path));
  }
  expect(await stateIn(here.directory)).toBe("partial");
  await expect(openInstalledModel(directory)).rejects.toThrow("not finished");
  expect(await install({ modelDir: here.directory })).toBe("installed");
  expect(await stateIn(here.directory)).toBe("verified");
});

test("a model that fails its self-test stays, with the reason, and is not selectable", async () => {
  await using here = await createWorkspace();
  const failure = install({ modelDir: here.directory, judge: judgeWith("A dog looks like a teapot.") });
  await expect(failure).rejects.toMatchObject({ failure: "self_test" });
  const [status] = await listInstalledModels(here.directory);
  expect(status?.state).toBe("damaged");
  expect(status?.problem).toContain("teapot");
  await expect(resolveModel(here.directory, "tiny")).rejects.toThrow("teapot");
  expect(await install({ modelDir: here.directory })).toBe("installed");
  expect(await stateIn(here.directory)).toBe("verified");
});

test("a wrong file that is in the way is set aside", async () => {
  await using here = await createWorkspace();
  const { directory } = await planIn(here.directory);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "tokenizer.json"), "{}");
  await install({ modelDir: here.directory });
  expect(await readFile(join(directory, "tokenizer.json.bad"), "utf8")).toBe("{}");
  expect(await stateIn(here.directory)).toBe("verified");
});

test("two downloads of one model fetch it once", async () => {
  await using here = await createWorkspace();
  const before = server.requests.length;
  const notes: string[] = [];
  const both = await Promise.all(
    [1, 2].map(() => install({ modelDir: here.directory, onNote: (note) => notes.push(note) })),
  );
  expect(both.toSorted()).toEqual(["already installed", "installed"]);
  expect(server.requests.length - before).toBe(published.manifest.files.length);
  expect(notes).toEqual(["Another photon is downloading tiny; waiting for it."]);
});

test("the lock of a process that died is taken over", async () => {
  await using here = await createWorkspace();
  const { directory } = await planIn(here.directory);
  const gone = spawnSync(process.execPath, ["--eval", ""]).pid;
  const lock = join(dirname(directory), `.${directory.slice(dirname(directory).length + 1)}.lock`);
  await mkdir(dirname(directory), { recursive: true });
  await writeFile(lock, JSON.stringify({ host: hostname(), pid: gone, token: "old" }));
  expect(await install({ modelDir: here.directory })).toBe("installed");
  await expect(access(lock)).rejects.toThrow("ENOENT");
});

test("files from a folder are checked like downloads, in folders or side by side", async () => {
  await using here = await createWorkspace();
  await using flat = await createWorkspace();
  for (const { path } of published.manifest.files) {
    await copyFile(join(published.directory, path), join(flat.directory, path.split("/").at(-1) ?? ""));
  }
  const before = server.requests.length;
  const source = { kind: "folder", directory: flat.directory } as const;
  expect(await install({ modelDir: here.directory, source })).toBe("installed");
  expect(server.requests.length).toBe(before);

  await using second = await createWorkspace();
  const graph = join(flat.directory, "vision_model.onnx");
  const bytes = await readFile(graph);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await writeFile(graph, bytes);
  await expect(install({ modelDir: second.directory, source })).rejects.toMatchObject({ failure: "wrong_hash" });
  await writeFile(graph, "short");
  await expect(install({ modelDir: second.directory, source })).rejects.toMatchObject({ failure: "wrong_size" });
  const nothing = { kind: "folder", directory: second.directory } as const;
  await expect(install({ modelDir: second.directory, source: nothing })).rejects.toMatchObject({
    failure: "missing_file",
  });
});

test("a download that fails before the first byte leaves no unfinished model, a later failure does", async () => {
  await using here = await createWorkspace();
  await using empty = await createWorkspace();
  const source = { kind: "folder", directory: empty.directory } as const;
  await expect(install({ modelDir: here.directory, source })).rejects.toMatchObject({ failure: "missing_file" });
  expect(await listInstalledModels(here.directory)).toEqual([]);

  const [vision] = published.manifest.files;
  await mkdir(dirname(join(empty.directory, vision?.path ?? "")), { recursive: true });
  await copyFile(join(published.directory, vision?.path ?? ""), join(empty.directory, vision?.path ?? ""));
  await expect(install({ modelDir: here.directory, source })).rejects.toMatchObject({ failure: "missing_file" });
  expect(await stateIn(here.directory)).toBe("partial");
  await expect(install({ modelDir: here.directory, source })).rejects.toMatchObject({ failure: "missing_file" });
  expect(await stateIn(here.directory)).toBe("partial");
});

test("another precision takes over what is the same", async () => {
  await using here = await createWorkspace();
  await install({ modelDir: here.directory });
  const before = server.requests.length;
  const again: ModelRecipe = { ...recipe, revision: "b".repeat(40) };
  expect(await install({ modelDir: here.directory, recipe: again })).toBe("installed");
  expect(server.requests.length).toBe(before);
  expect(await readdir(join(here.directory, "tiny"))).toHaveLength(2);
});

test("holes of a recipe are filled by the first download, and what it knows stays binding", async () => {
  await using here = await createWorkspace();
  const [vision, text, tokenizer] = published.manifest.files;
  const { revision: _revision, ...rest } = recipe;
  const open: ModelRecipe = {
    ...rest,
    tokenizer: { path: tokenizer?.path ?? "" },
    towers: {
      fp32: { vision: { path: vision?.path ?? "" }, text: { path: text?.path ?? "", sha256: "a".repeat(64) } },
    },
  };
  const description = {
    sha: published.manifest.revision,
    cardData: { license: "mit" },
    siblings: published.manifest.files.map(({ path, bytes }) => ({ rfilename: path, size: bytes })),
  };
  server.serve(`/api/models/${REPO}/revision/main?blobs=true`, JSON.stringify(description));
  await expect(install({ modelDir: here.directory, recipe: open })).rejects.toMatchObject({ failure: "wrong_hash" });
  const known: ModelRecipe = {
    ...open,
    towers: { fp32: { vision: { path: vision?.path ?? "" }, text: { path: text?.path ?? "" } } },
  };
  expect(await install({ modelDir: here.directory, recipe: known })).toBe("installed");
  const [status] = await listInstalledModels(here.directory);
  expect(status?.manifest?.files.map(({ sha256 }) => sha256)).toEqual(
    published.manifest.files.map(({ sha256 }) => sha256),
  );
});

test("a mirror with another file is passed by for one with the right one", async () => {
  await using here = await createWorkspace();
  await using mirror = await startModelServer();
  const [vision] = published.manifest.files;
  for (const { path } of published.manifest.files) {
    mirror.serve(urlPath(path), await readFile(join(published.directory, path)));
  }
  mirror.script(urlPath(vision?.path ?? ""), other(new Uint8Array(vision?.bytes ?? 0)));
  const source = { kind: "servers", baseUrls: [mirror.url, server.url] } as const;
  expect(await install({ modelDir: here.directory, source })).toBe("installed");
});

test("another repository with the same files is asked when the first one fails", async () => {
  await using here = await createWorkspace();
  await using half = await startModelServer();
  for (const { path } of published.manifest.files) {
    half.serve(`/mirrors/tiny/resolve/main/${path}`, await readFile(join(published.directory, path)));
  }
  const source = { kind: "servers", baseUrls: [half.url] } as const;
  await expect(install({ modelDir: here.directory, source })).rejects.toMatchObject({ failure: "not_found" });
  const mirrored: ModelRecipe = { ...recipe, mirrors: ["mirrors/tiny"] };
  expect(await install({ modelDir: here.directory, source, recipe: mirrored })).toBe("installed");
});

test("a download that does not fit is refused before its first byte", async () => {
  await using here = await createWorkspace();
  const failure = checkDiskSpace(join(here.directory, "not", "made", "yet"), 10 ** 15);
  await expect(failure).rejects.toMatchObject({
    code: "storage",
    message: expect.stringContaining("free disk space") as string,
  });
  await expect(stat(join(here.directory, "not"))).rejects.toThrow("ENOENT");
});
