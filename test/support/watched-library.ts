/** A library with one added root, scanned and worked on step by step as the agent would. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Photon } from "../../src/app.ts";
import type { StoredEvent } from "../../src/catalogue/event-repository.ts";
import type { AddedRoot } from "../../src/catalogue/root-repository.ts";
import type { Clock } from "../../src/clock.ts";
import { SECOND, systemClock } from "../../src/clock.ts";
import type { ScanEnd } from "../../src/library/scan/scan-root.ts";
import { openPhoton } from "./open-photon.ts";
import type { TestLibrary } from "./library.ts";
import { createTestLibrary } from "./library.ts";

/** Time that passes by itself, and faster when a test says so. */
export interface ShiftedClock extends Clock {
  readonly advance: (ms: number) => void;
}

export const createShiftedClock = (): ShiftedClock => {
  let shift = 0;
  return {
    now: () => systemClock.now() + shift,
    sleep: systemClock.sleep,
    advance: (ms) => {
      shift += ms;
    },
  };
};

export interface WatchedLibrary extends AsyncDisposable {
  readonly library: TestLibrary;
  readonly photon: Photon;
  readonly clock: ShiftedClock;
  /** The folder `photos` of the library. */
  readonly root: AddedRoot;
  readonly scan: (root?: AddedRoot) => Promise<ScanEnd>;
  /** Only these folders of the root, given relative to it. */
  readonly scanFolders: (...folders: readonly string[]) => Promise<ScanEnd>;
  /** What scans left is done: files settle, go through the pipeline, those that were not seen are decided about. */
  readonly workOff: () => Promise<void>;
  /** Path below its root and state of every file row, sorted. */
  readonly files: () => Promise<readonly string[]>;
  /** Messages about photos since the last call, such as `photo_added a.jpg`; sorted. */
  readonly news: () => Promise<readonly string[]>;
  /** Photos that readers are shown. */
  readonly shown: () => Promise<number>;
}

const never = new AbortController().signal;
export const hooks = { onFolder: () => Promise.resolve(), signal: never };

const newsOf = ({ type, content }: StoredEvent): string => {
  const from = typeof content["from"] === "string" ? `${content["from"]} -> ` : "";
  return `${type} ${from}${String(content["path"])}`;
};

/** @param config more lines of config.toml */
export const openWatchedLibrary = async (config = ""): Promise<WatchedLibrary> => {
  const library = await createTestLibrary({
    config: `[watch.stable_seconds]\nlocal = 0\n[tagging]\nenabled = false\n${config}`,
  });
  await mkdir(library.home, { recursive: true });
  const clock = createShiftedClock();
  const photon = openPhoton(library, clock);
  const catalogue = await library.catalogue();
  const { root } = await photon.addRoot(library.photos);
  let seenEvents = 0;
  return {
    library,
    photon,
    clock,
    root,
    scan: (other = root) => photon.scanRoot(other.id, hooks),
    scanFolders: (...folders) =>
      photon.scanFolders(root.id, {
        folders: folders.map((folder) => ({ folder: Buffer.from(join(library.photos, folder)), isDeep: false })),
        hooks,
      }),
    workOff: async () => {
      await photon.settleDueFiles(never);
      await photon.workOnFiles({ signal: never, finish: AbortSignal.abort() });
      clock.advance(6 * SECOND);
      await photon.decideMissing();
      await photon.waitUntilIndexed(() => undefined, never);
    },
    files: async () => {
      const { DatabaseSync } = await import("node:sqlite");
      using database = new DatabaseSync(library.cataloguePath, { readOnly: true });
      const rows = database.prepare("select path, state, missing_since, todo from files").all();
      return rows
        .map(({ path, state, missing_since: missed, todo }) =>
          [Buffer.from(path as Uint8Array).toString("latin1"), state, missed === null ? "" : "missed", todo ?? ""]
            .filter((word) => word !== "")
            .join(" "),
        )
        .toSorted();
    },
    news: async () => {
      const events = await catalogue.events.read({ after: seenEvents, limit: 10_000 });
      seenEvents = events.at(-1)?.id ?? seenEvents;
      return events
        .filter(({ type }) => type.startsWith("photo_"))
        .map(newsOf)
        .toSorted();
    },
    shown: async () => (await photon.status()).photos,
    [Symbol.asyncDispose]: async () => {
      await photon[Symbol.asyncDispose]();
      await catalogue[Symbol.asyncDispose]();
      await library[Symbol.asyncDispose]();
    },
  };
};
