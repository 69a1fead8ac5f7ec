/** Standing watches and photos that arrive in a watched folder, with the model that comes with photon. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Photon } from "../../../src/app.ts";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import { SECOND, systemClock } from "../../../src/clock.ts";
import { encodeJpeg } from "../../support/images.ts";
import { paintScene } from "../../../src/sample-library/paint-scene.ts";
import { sceneNamed } from "../../../src/sample-library/scenes.ts";
import type { SceneName } from "../../../src/sample-library/scenes.ts";
import type { TestLibrary } from "../../support/library.ts";
import { createTestLibrary } from "../../support/library.ts";
import { openPhoton } from "../../support/open-photon.ts";

const never = new AbortController().signal;
const hooks = { onFolder: () => Promise.resolve(), signal: never };

interface Arrivals extends AsyncDisposable {
  readonly library: TestLibrary;
  readonly photon: Photon;
  readonly catalogue: Catalogue;
  /** The scene lands in the folder, is found and worked on; its content hash. */
  readonly arrive: (scene: SceneName, seed?: number) => Promise<string>;
  readonly news: () => Promise<readonly string[]>;
}

/** @param environment of the settings */
const createArrivals = async (environment: Readonly<Record<string, string>> = {}): Promise<Arrivals> => {
  const library = await createTestLibrary({
    config: "[watch.stable_seconds]\nlocal = 0\n[tagging]\nenabled = false\n",
    environment: { ...environment },
  });
  await mkdir(join(library.folder, "no-models"));
  const settings = { ...library.environment, PHOTON_GENERAL_MODEL_DIR: join(library.folder, "no-models") };
  const photon = openPhoton({ folder: library.folder, environment: settings }, systemClock);
  const { root } = await photon.addRoot(library.photos);
  const catalogue = await library.catalogue();
  const workOff = async (): Promise<void> => {
    await photon.scanRoot(root.id, hooks);
    await photon.settleDueFiles(never);
    await photon.workOnFiles({ signal: never, finish: AbortSignal.abort() });
  };
  let seen = 0;
  return {
    library,
    photon,
    catalogue,
    arrive: async (scene, seed = 1) => {
      const path = join(library.photos, `${scene}-${seed}.jpg`);
      await writeFile(path, await encodeJpeg(await paintScene(sceneNamed(scene), { seed, size: 400 })));
      await workOff();
      return (await photon.show(path, never)).contentHash;
    },
    news: async () => {
      const events = await catalogue.events.read({ after: seen, limit: 1000 });
      seen = events.at(-1)?.id ?? seen;
      return events.filter(({ type }) => type.startsWith("llm_")).map(({ type }) => type);
    },
    [Symbol.asyncDispose]: async () => {
      await catalogue[Symbol.asyncDispose]();
      await photon[Symbol.asyncDispose]();
      await library[Symbol.asyncDispose]();
    },
  };
};

const WATCH = { threshold: 0.5, autoAdd: false } as const;

test(
  "what a watch waits for becomes an event and an entry of its album when it arrives, once",
  async () => {
    await using arrivals = await createArrivals();
    const { photon, catalogue } = arrivals;
    const { ownAlbumId } = await photon.watches.add({ ...WATCH, name: "receipts", query: "a receipt" });
    await arrivals.arrive("beach");
    await arrivals.arrive("forest");
    expect((await photon.status()).model).toMatchObject({ modelId: "photon-mini", basic: true });
    expect(await arrivals.news()).toEqual([]);
    const receipt = await arrivals.arrive("receipt");
    expect(await catalogue.albums.photos(ownAlbumId)).toEqual([receipt]);
    expect(await arrivals.news()).toEqual(["llm_task_match_result"]);
    await arrivals.arrive("dog");
    expect(await arrivals.news()).toEqual([]);
    expect(await catalogue.albums.photos(ownAlbumId)).toEqual([receipt]);
  },
  60 * SECOND,
);

test(
  "with a language model the comparison only chooses what it is asked about",
  async () => {
    await using arrivals = await createArrivals({ PHOTON_LLM_PROVIDER: "stub" });
    const { photon, catalogue } = arrivals;
    await photon.watches.add({ ...WATCH, name: "receipts", query: "a receipt" });
    const beach = await arrivals.arrive("beach");
    const receipt = await arrivals.arrive("receipt");
    expect(await arrivals.news()).toEqual([]); // nobody has been asked yet
    await photon.workOnEnrichments({ role: "test", signal: never, finish: AbortSignal.abort() });
    const results = await catalogue.results.load([beach, receipt], "watch_match");
    const calls = results.map(({ scopeId, document }) => [scopeId, document?.model]);
    expect(calls).toContainEqual([receipt, "stub/ok"]);
    expect(calls).not.toContainEqual([beach, "stub/ok"]); // it has nothing to do with any watch
  },
  60 * SECOND,
);
