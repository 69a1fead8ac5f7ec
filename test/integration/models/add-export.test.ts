import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Photon } from "../../../src/app.ts";
import { createPhoton } from "../../../src/app.ts";
import type { DownloadOffer } from "../../../src/app/model-api.ts";
import { loadConfig } from "../../../src/config.ts";
import { InvalidInputError } from "../../../src/errors.ts";
import { silentLogger } from "../../../src/logger.ts";
import { listInstalledModels } from "../../../models/embedding/installed-models.ts";
import { checkpointOf, resolvePath, serveRepository } from "../../support/model-hub.ts";
import type { FolderKind } from "../../support/model-folders/model-folder.ts";
import { FOLDER_KINDS, modelFolder } from "../../support/model-folders/model-folder.ts";
import type { ModelServer } from "../../support/model-server.ts";
import { startModelServer, status } from "../../support/model-server.ts";
import { temporaryFolder } from "../../support/photos.ts";

const CHECKPOINT = { repo: "google/original", revision: "c".repeat(40), files: {} };
const SCORE = { logitScale: 4.5, logitBias: -16.25 };

let server: ModelServer;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  server = await startModelServer();
  folder = await temporaryFolder();
  serveRepository(server, { ...CHECKPOINT, files: { "model.safetensors": checkpointOf(SCORE) } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const openIn = (name: string): Photon => {
  const home = join(folder.path, name);
  const environment = { PHOTON_HOME: home, PHOTON_MODELS_BASE_URL: server.url.href, XDG_CONFIG_HOME: home, HOME: home };
  const { config } = loadConfig({ environment, workingDirectory: folder.path });
  return createPhoton(config, { logger: silentLogger });
};

const { signal } = new AbortController();
const request = { baseUrls: [] } as const;
const offerOf = (photon: Photon, repo: string): Promise<DownloadOffer> =>
  photon.offerExport(repo, request, { environment: {}, signal });
const watch = { signal, onProgress: () => undefined, onNote: () => undefined };

const serve = (kind: FolderKind, change: Partial<Parameters<typeof serveRepository>[1]> = {}): string => {
  const { recipe, files } = modelFolder(kind);
  const repo = `someone/${change.repo ?? kind}-export`;
  serveRepository(server, {
    revision: recipe.revision,
    files,
    licence: "apache-2.0",
    baseModel: CHECKPOINT.repo,
    ...change,
    repo,
  });
  return repo;
};

describe.each(FOLDER_KINDS)("an export of type %s", (kind) => {
  test("gets the manifest a maintainer would have written", async () => {
    const repo = serve(kind);
    await using photon = openIn(kind);
    const offer = await offerOf(photon, repo);
    expect(offer).toMatchObject({ addedByUser: true, pinned: false, licence: "apache-2.0", variant: "fp32" });
    expect(await offer.start(watch)).toBe("installed");

    const [installed] = await listInstalledModels(join(folder.path, kind, "models"));
    const { recipe, files } = modelFolder(kind);
    expect(installed?.state).toBe("verified");
    expect(installed?.manifest).toMatchObject({
      id: `${kind}-export`,
      revision: recipe.revision,
      dimension: recipe.dimension,
      image: recipe.image,
      text: recipe.text,
      output: recipe.output,
      score: kind === "clip" ? { logitScale: Math.log(100), logitBias: null } : SCORE,
    });
    expect(installed?.manifest?.files.map(({ bytes, path }) => [path, bytes])).toEqual(
      ["onnx/vision_model.onnx", "onnx/text_model.onnx", "tokenizer.json"].map((path) => [path, files[path]?.length]),
    );
    expect(await photon.listModels()).toContainEqual(
      expect.objectContaining({ id: `${kind}-export`, addedByUser: true, state: "verified" }),
    );
    expect(
      (await photon.verifyModels({ id: `${kind}-export`, deep: true, signal, onModel: () => undefined }))[0],
    ).toMatchObject({
      ok: true,
      problems: [],
    });
  });
});

describe("what photon cannot run", () => {
  const refusal = async (repo: string): Promise<string> => {
    await using photon = openIn("refused");
    const error: unknown = await offerOf(photon, repo).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInputError);
    return (error as Error).message;
  };
  const { files } = modelFolder("clip");
  const json = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));

  test.each([
    ["another type of model", { "config.json": json({ model_type: "bert" }) }, "bert"],
    ["towers in one file only", { "onnx/vision_model.onnx": undefined }, "both towers"],
    ["no tokenizer", { "tokenizer.json": undefined }, "tokenizer.json"],
    [
      "pictures that are not square",
      { "preprocessor_config.json": json({ size: { width: 2, height: 1 }, do_center_crop: false }) },
      "2 x 1",
    ],
    ["weights in a second file", { "onnx/text_model.onnx_data": json({}) }, "both towers"],
  ])("%s", async (name, change, named) => {
    const changed = Object.entries({ ...files, ...change }).filter(([, content]) => content !== undefined);
    const repo = serve("clip", { repo: name.replaceAll(" ", "-"), files: Object.fromEntries(changed) as typeof files });
    expect(await refusal(repo)).toContain(named);
  });

  test("a repository photon knows is for download", async () => {
    expect(await refusal("Xenova/clip-vit-base-patch32")).toContain("does not know");
  });

  test("words that are no repository", async () => {
    expect(await refusal("../etc")).toContain("<owner>/<name>");
  });
});

test("a model whose towers do not belong together fails its self-test and says why", async () => {
  const { files } = modelFolder("clip");
  const narrow = modelFolder("clip", { width: 32 }).files["onnx/text_model.onnx"] ?? new Uint8Array();
  const repo = serve("clip", { repo: "mixed", files: { ...files, "onnx/text_model.onnx": narrow } });
  await using photon = openIn("mixed");
  await expect((await offerOf(photon, repo)).start(watch)).rejects.toThrow("towers of one dimension");
  expect((await photon.listModels()).find(({ id }) => id === "mixed-export")?.state).not.toBe("verified");
});

test("a file that is not what the hub says it is, is refused", async () => {
  const repo = serve("clip", { repo: "swapped" });
  const { files, recipe } = modelFolder("clip");
  const wrong = (files["onnx/vision_model.onnx"] ?? new Uint8Array()).map((byte) => byte ^ 1);
  server.serve(resolvePath({ repo }, recipe.revision, "onnx/vision_model.onnx"), wrong);
  await using photon = openIn("swapped");
  await expect((await offerOf(photon, repo)).start(watch)).rejects.toMatchObject({ failure: "wrong_hash" });
});

test("a gated repository says what to do", async () => {
  server.script("/api/models/someone/gated/revision/main?blobs=true", status(401));
  await using photon = openIn("gated");
  await expect(offerOf(photon, "someone/gated")).rejects.toMatchObject({
    failure: "forbidden",
    hint: expect.stringContaining("HF_TOKEN") as string,
  });
});

test("files photon found wrong are set aside, and the next download mends the model", async () => {
  const repo = serve("clip", { repo: "mended" });
  await using photon = openIn("mended");
  const offer = await offerOf(photon, repo);
  await offer.start(watch);
  const graph = join(offer.directory, "onnx/vision_model.onnx");
  const bytes = await readFile(graph);
  bytes[200] = (bytes[200] ?? 0) ^ 1;
  await writeFile(graph, bytes);
  const verify = { id: "mended-export", deep: false, signal, onModel: () => undefined };
  expect(await photon.verifyModels(verify)).toMatchObject([{ ok: false, setAside: ["onnx/vision_model.onnx"] }]);
  expect((await photon.listModels()).find(({ id }) => id === "mended-export")?.state).toBe("partial");
  expect(await (await offerOf(photon, repo)).start(watch)).toBe("installed");
  expect(await photon.verifyModels(verify)).toMatchObject([{ ok: true }]);
  expect(await photon.removeModel("mended-export", undefined, watch)).toHaveLength(1);
  expect((await photon.listModels()).some(({ id }) => id === "mended-export")).toBe(false);
});
