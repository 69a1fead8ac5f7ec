import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBareSource } from "../../agent/hints/bare-source.ts";
import type {
  CreateHintSource,
  HintCoverage,
  HintSource,
  Trouble,
  TroubleKind,
} from "../../agent/hints/hint-source.ts";
import { createTimedSource } from "../../agent/hints/hint-source.ts";
import { createChokidarSource } from "../../agent/watcher.ts";
import { until } from "../support/cli.ts";
import { inotifyWatches } from "../support/inotify.ts";
import { temporaryFolder } from "../support/photos.ts";

interface Heard {
  readonly source: HintSource;
  readonly troubles: (readonly [TroubleKind, Trouble])[];
  /** Waits until the folder was reported, and forgets what was reported. */
  readonly dirty: (folder: string) => Promise<void>;
  readonly forget: () => void;
  readonly reported: () => readonly string[];
}

const listen = (create: CreateHintSource, root: string): Heard => {
  const dirty = new Set<string>();
  const troubles: (readonly [TroubleKind, Trouble])[] = [];
  const source = create(Buffer.from(root), {
    onDirty: (folder) => void dirty.add(folder.toString()),
    onTrouble: (kind, detail) => void troubles.push([kind, detail]),
  });
  return {
    source,
    troubles,
    dirty: async (folder) => {
      await until(`${folder} to be reported`, () => (dirty.has(folder) ? true : undefined), 10_000);
      dirty.clear();
    },
    forget: () => dirty.clear(),
    reported: () => [...dirty],
  };
};

const onLinux = process.platform === "linux";

/** Linux has no watch for a whole root; what Node puts in its place is used nowhere. */
const coverages: readonly HintCoverage[] = onLinux ? ["folder"] : ["folder", "root"];
const sources = coverages.flatMap((coverage) => [
  { name: `the system, a watch for each ${coverage}`, create: createBareSource(coverage), coverage },
  { name: `chokidar, a watch for each ${coverage}`, create: createChokidarSource(coverage), coverage },
]);

describe.each(sources)("hints of $name", ({ create, coverage }) => {
  let root: string;
  let heard: Heard;
  let resources: AsyncDisposableStack;
  /** chokidar does not tell when it has begun: files are made until one is noticed. */
  const watching = async (...folders: readonly string[]): Promise<void> => {
    for (const folder of folders) await heard.source.watch(Buffer.from(folder));
    for (const folder of folders) {
      let number = 0;
      await until(
        `${folder} to be watched`,
        async () => {
          await writeFile(join(folder, "probe"), String((number += 1)));
          await setImmediate();
          return heard.reported().includes(folder) ? true : undefined;
        },
        10_000,
      );
    }
    heard.forget();
  };
  beforeEach(async () => {
    resources = new AsyncDisposableStack();
    root = resources.use(await temporaryFolder()).path;
    heard = listen(create, root);
    resources.use(heard.source);
  });
  afterEach(() => resources.disposeAsync());

  test("files made, written, renamed and deleted make their folder dirty", async () => {
    await watching(root);
    await writeFile(join(root, "a.jpg"), "one");
    await heard.dirty(root);
    await writeFile(join(root, "a.jpg"), "another");
    await heard.dirty(root);
    await rename(join(root, "a.jpg"), join(root, "b.jpg"));
    await heard.dirty(root);
    await rm(join(root, "b.jpg"));
    await heard.dirty(root);
  });

  test("a folder inside is reported for itself", async () => {
    const inside = join(root, "2024");
    await mkdir(inside);
    await watching(root, inside);
    await writeFile(join(inside, "a.jpg"), "one");
    await heard.dirty(inside);
  });

  test("a new folder makes its parent dirty, and is covered once it is asked for", async () => {
    await watching(root);
    const inside = join(root, "new");
    await mkdir(inside);
    await heard.dirty(root);
    await watching(inside);
    await writeFile(join(inside, "a.jpg"), "one");
    await heard.dirty(inside);
  });

  test("a folder that is renamed is covered under its new name when it is asked for again", async () => {
    const [before, after] = [join(root, "before"), join(root, "after")];
    await mkdir(before);
    await watching(root, before);
    await rename(before, after);
    await heard.dirty(root);
    heard.source.unwatch(Buffer.from(before));
    await watching(after);
    await writeFile(join(after, "a.jpg"), "one");
    await heard.dirty(after);
  });

  test("a folder that is deleted and made again is covered when it is asked for again", async () => {
    const inside = join(root, "again");
    await mkdir(inside);
    await watching(root, inside);
    await rm(inside, { recursive: true });
    await heard.dirty(root);
    await mkdir(inside);
    await heard.dirty(root);
    await watching(inside);
    await writeFile(join(inside, "a.jpg"), "one");
    await heard.dirty(inside);
  });

  test("another folder in the place of one that is covered is covered when it is asked for again", async () => {
    const [inside, other] = [join(root, "inside"), join(root, "other")];
    await mkdir(inside);
    await mkdir(other);
    await watching(root, inside);
    await rename(inside, join(root, "away"));
    await rename(other, inside);
    await heard.dirty(root);
    await watching(inside);
    await writeFile(join(inside, "a.jpg"), "one");
    await heard.dirty(inside);
  });

  test("a folder that is gone is no trouble", async () => {
    await watching(root);
    await heard.source.watch(Buffer.from(join(root, "gone")));
    heard.source.unwatch(Buffer.from(join(root, "gone")));
    await writeFile(join(root, "a.jpg"), "one");
    await heard.dirty(root);
    expect(heard.troubles).toEqual([]);
  });

  test.runIf(onLinux && coverage === "folder")("the system's watches are as many as the folders", async () => {
    const folders = Array.from({ length: 20 }, (_, number) => join(root, `folder${number}`));
    for (const folder of folders) {
      await mkdir(folder);
      for (let file = 0; file < 5; file += 1) await writeFile(join(folder, `${file}.jpg`), "");
    }
    const before = inotifyWatches();
    await watching(root, ...folders);
    expect(inotifyWatches() - before).toBe(21);
    expect(heard.source.stats().handles).toBe(21);
    for (const folder of folders) heard.source.unwatch(Buffer.from(folder));
    expect(inotifyWatches() - before).toBe(1);
    await heard.source[Symbol.asyncDispose]();
    expect(inotifyWatches()).toBe(before);
  });
});

test.runIf(onLinux)("folders whose names are no text are covered too", async () => {
  await using folder = await temporaryFolder();
  const odd = Buffer.concat([Buffer.from(`${folder.path}/caf`), Buffer.from([0xe9])]);
  await mkdir(odd);
  const dirty: string[] = [];
  await using source = createBareSource("folder")(Buffer.from(folder.path), {
    onDirty: (found) => void dirty.push(found.toString("latin1")),
    onTrouble: () => undefined,
  });
  await source.watch(odd);
  await writeFile(Buffer.concat([odd, Buffer.from("/a.jpg")]), "one");
  await until("the folder to be reported", () => (dirty.includes(odd.toString("latin1")) ? true : undefined));
});

test("without watches nothing is held and nothing is reported", async () => {
  await using source = createTimedSource(Buffer.from("/"), {
    onDirty: () => expect.unreachable(),
    onTrouble: () => expect.unreachable(),
  });
  await source.watch(Buffer.from("/"));
  expect(source.stats()).toEqual({ handles: 0, events: 0 });
});
