/** `photon process --quality high` with a small and a larger model of one family. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPhoton } from "../../src/app.ts";
import { openCatalogue } from "../../src/catalogue/catalogue.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLogger } from "../../src/logger.ts";
import { installModelFolder, modelFolder } from "../support/model-folders/model-folder.ts";
import { sourcesOf, temporaryFolder, writePhotos } from "../support/photos.ts";
import { parseLines } from "../support/records.ts";
import type { ProgramResult } from "../support/run-program.ts";
import { runPhoton } from "../support/run-program.ts";

const SMALL = "siglip2-base-patch16-224";
const LARGE = "siglip2-base-patch16-256";
const COUNT = 4;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: string;
let photos: string;
let names: readonly string[];
beforeEach(async () => {
  folder = await temporaryFolder();
  home = join(folder.path, "home");
  photos = join(folder.path, "photos");
  names = await writePhotos(photos, { count: COUNT });
});
afterEach(() => folder[Symbol.asyncDispose]());

const install = async (id: string, size: number, width: number): Promise<string> =>
  (await installModelFolder(join(home, "models"), modelFolder("siglip2", { id, size, width }))).vectorKey;

const environment = (): Record<string, string> => ({
  PHOTON_HOME: home,
  XDG_CONFIG_HOME: folder.path,
  PHOTON_TAGGING_ENABLED: "false",
});
const run = (...words: readonly string[]): Promise<ProgramResult> =>
  runPhoton(["process", photos, "--format", "jsonl", "--ordered", ...words], { environment: environment() });

/** Vector key and length of each record. */
const embeddingsOf = ({ stdout, stderr, code }: ProgramResult): readonly string[] => {
  expect(code, stderr).toBe(0);
  const records = parseLines(stdout) as readonly { embedding_model?: string; embedding?: readonly number[] }[]; // core records
  return records.map(({ embedding_model: key, embedding }) => `${key} ${embedding?.length}`);
};
const all = (entry: string): readonly string[] => Array.from({ length: COUNT }, () => entry);

interface Stored {
  readonly keys: readonly string[];
  readonly vectors: (key: string) => Promise<number>;
}
const stored = async (): Promise<Stored & AsyncDisposable> => {
  const catalogue = await openCatalogue({ path: join(home, "catalogue.db") });
  const keys = await catalogue.vectorKeys.list();
  return {
    keys: keys.map(({ modelId, state }) => `${modelId} ${state}`),
    vectors: async (key) => keys.find(({ vectorKey }) => vectorKey === key)?.vectors ?? 0,
    [Symbol.asyncDispose]: () => catalogue[Symbol.asyncDispose](),
  };
};

test("records carry the larger model's vectors, kept under their own key; search stays on the model in use", async () => {
  const [small, large] = [await install(SMALL, 64, 64), await install(LARGE, 80, 96)];
  const high = await run("--quality", "high");
  expect(embeddingsOf(high)).toEqual(all(`${large} 96`));
  expect(high.stderr).not.toContain("--quality");
  {
    await using library = await stored();
    expect(library.keys).toEqual([`${SMALL} active`, `${LARGE} retired`]);
    expect([await library.vectors(small), await library.vectors(large)]).toEqual([COUNT, COUNT]);
  }
  expect(embeddingsOf(await run())).toEqual(all(`${small} 64`));
  const found = await runPhoton(["search", "a red boat", "--weak", "--json"], { environment: environment() });
  expect(found.code, found.stderr).toBe(0);
  const status = await runPhoton(["status", "--json"], { environment: environment() });
  expect(JSON.parse(status.stdout)).toMatchObject({ model: { model_id: SMALL, vectors: COUNT } });
});

test("a second run computes nothing, in either quality, and gives the same records", async () => {
  await install(SMALL, 64, 64);
  await install(LARGE, 80, 96);
  const first = await run("--quality", "high");
  const plain = await run();
  expect((await run("--quality", "high")).stdout).toBe(first.stdout);
  expect((await run()).stdout).toBe(plain.stdout);
  const { config } = loadConfig({ environment: environment(), workingDirectory: folder.path });
  await using photon = createPhoton(config, { logger: silentLogger });
  const { signal } = new AbortController();
  for (const quality of ["high", "fast"] as const) {
    const settings = { thumbnail: config.thumbnail, embedding: true, tagging: undefined, quality };
    const options = { store: true, force: false, parallel: 1, signal };
    const reused: boolean[] = [];
    for await (const outcome of photon.process(sourcesOf(photos, names), settings, options)) {
      reused.push(outcome.status === "done" && outcome.reused);
    }
    expect(reused).toEqual(names.map(() => true));
  }
});

test("what was kept serves a later change of the model without embedding anything", async () => {
  await install(SMALL, 64, 64);
  const large = await install(LARGE, 80, 96);
  await run("--quality", "high");
  const changed = await runPhoton(["models", "use", LARGE, "--json"], { environment: environment() });
  expect(JSON.parse(changed.stdout)).toMatchObject({ switched: true, embedded: 0 });
  expect(embeddingsOf(await run("--quality", "high"))).toEqual(all(`${large} 96`));
});

test("of several precisions of the larger model the one of the model in use is taken", async () => {
  await install(SMALL, 64, 64);
  const folderOfLarge = modelFolder("siglip2", { id: LARGE, size: 80, width: 96 });
  await installModelFolder(join(home, "models"), folderOfLarge, {
    variant: "int8",
    manifest: { revision: "0".repeat(40) },
  });
  const fp32 = await install(LARGE, 80, 96);
  expect(embeddingsOf(await run("--quality", "high"))).toEqual(all(`${fp32} 96`));
});

test("without the larger model the one in use does it, and the command that installs it is named", async () => {
  const small = await install(SMALL, 64, 64);
  const high = await run("--quality", "high");
  expect(embeddingsOf(high)).toEqual(all(`${small} 64`));
  expect(high.stderr).toContain(`photon models download ${LARGE}`);
});

test("without a library the larger model alone is used", async () => {
  await install(SMALL, 64, 64);
  const large = await install(LARGE, 80, 96);
  expect(embeddingsOf(await run("--no-store", "--quality", "high"))).toEqual(all(`${large} 96`));
});
