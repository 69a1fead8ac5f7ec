/** The agent on a large library that is as it was: first scan, watches, memory, rest; then a folder that is renamed. */
import { mkdir, readFile, readdir, readlink, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import type { AddedRoot } from "../src/catalogue/root-repository.ts";
import { hashBytes } from "../src/photo/content-hash.ts";
import { processesOf, until } from "../test/support/cli.ts";
import type { TestLibrary } from "../test/support/library.ts";
import { createTestLibrary } from "../test/support/library.ts";
import { rows, startWatching } from "../test/support/watching.ts";
import type { Bench } from "./support/bench.ts";
import { atMost, secondsOf } from "./support/bench.ts";

const FOLDERS = 500;
const QUICK_FOLDERS = 20;
const FILES_PER_FOLDER = 100;
/** A fifth of the folders lie in one that is renamed: 10,000 photos. */
const RENAMED_SHARE = 5;
const REST_MS = 60_000;
const QUICK_REST_MS = 5000;
/** Of the kernel, for processor times in /proc (proc(5)). */
const TICKS_PER_SECOND = 100;

/** Folders below the root. The files are no pictures: a scan that opened one would quarantine it. */
const makeFolders = async (root: string, count: number): Promise<readonly string[]> => {
  const folders = Array.from({ length: count }, (_, number) =>
    join(number < count / RENAMED_SHARE ? "before" : "", `folder-${number}`),
  );
  for (const folder of folders) {
    await mkdir(join(root, folder), { recursive: true });
    await Promise.all(
      Array.from({ length: FILES_PER_FOLDER }, (_, number) =>
        writeFile(join(root, folder, `${number}.jpg`), `${folder} ${number}`),
      ),
    );
  }
  return folders;
};

/** As if the files of the folder had been processed. */
const storeFolder = async ({ files, photos }: Catalogue, root: AddedRoot, folder: string): Promise<void> => {
  const places = await Promise.all(
    Array.from({ length: FILES_PER_FOLDER }, async (_, number) => {
      const path = join(folder, `${number}.jpg`);
      const { size, mtimeNs, ctimeNs, ino } = await stat(join(root.path.toString(), path), { bigint: true });
      return { rootId: root.id, path: Buffer.from(path), stat: { size: Number(size), mtimeNs, ctimeNs, inode: ino } };
    }),
  );
  const claims = await files.claim(places);
  const stored = claims.flatMap((claim, place) => {
    const fileStat = places[place]?.stat;
    if (claim === undefined || fileStat === undefined) throw new Error("Expected files that nobody holds.");
    const contentHash = hashBytes(Buffer.from(`${folder} ${place}`));
    return [{ claim, stat: fileStat, contentHash, named: false }];
  });
  const stageKeys = new Map([["decode", "1/x"]]);
  await photos.commit({
    updates: stored.map(({ contentHash, stat: { size } }) => ({
      contentHash,
      format: "jpeg" as const,
      fileSize: size,
      stageKeys,
    })),
    files: stored,
  });
};

const fill = async (library: TestLibrary, folders: number): Promise<void> => {
  await using photon = await library.open();
  const { root } = await photon.addRoot(library.photos);
  await using catalogue = await library.catalogue();
  for (const folder of await makeFolders(library.photos, folders)) await storeFolder(catalogue, root, folder);
  await photon.waitUntilIndexed(() => undefined, new AbortController().signal);
};

const inProc = async (pid: number, name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, "utf8");

/** Largest resident size so far, MiB. */
const peakMib = async (pid: number): Promise<number> =>
  Number(/VmHWM:\s+(\d+)/.exec(await inProc(pid, "status"))?.[1] ?? Number.NaN) / 1024;

/** Folders that the process has the kernel watch. */
const watchesOf = async (pid: number): Promise<number> => {
  let watches = 0;
  for (const descriptor of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ""); // closed meanwhile
    if (target.includes("inotify"))
      watches += (await inProc(pid, `fdinfo/${descriptor}`)).split("inotify wd:").length - 1;
  }
  return watches;
};

/** Processor time of all processes of the library, seconds. */
const processorSeconds = async (library: TestLibrary): Promise<number> => {
  let ticks = 0;
  for (const { pid } of await processesOf(library)) {
    const text = await inProc(pid, "stat").catch(() => ""); // it has ended
    const [user = "0", system = "0"] = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    ticks += Number(user) + Number(system);
  }
  return ticks / TICKS_PER_SECOND;
};

const isSettled = (library: TestLibrary): boolean =>
  rows(library, "select 1 from root_watch where settled_at is null").length === 0;

const countBelow = (library: TestLibrary, folder: string): number =>
  Number(
    rows(
      library,
      `select count(*) as files from files where missing_since is null and substr(cast(path as text), 1, ${folder.length + 1}) = '${folder}/'`,
    )[0]?.["files"],
  );

const renameSeconds = (library: TestLibrary, photos: number): Promise<number> =>
  secondsOf(async () => {
    await rename(join(library.photos, "before"), join(library.photos, "after"));
    await until("the folder to be known", () => (countBelow(library, "after") === photos ? true : undefined), 120_000);
  });

export const scanBench: Bench = {
  name: "scan",
  about:
    "`photon watch` on 50,000 small files in 500 folders that the library knows: its first scan, which compares each with the catalogue, then a minute at rest, then the renaming of a folder with 10,000 of them.",
  async run({ quick, log }) {
    const folders = quick ? QUICK_FOLDERS : FOLDERS;
    const files = folders * FILES_PER_FOLDER;
    await using library = await createTestLibrary();
    await fill(library, folders);
    log("filled");
    await using watching = startWatching(library, []);
    const scanned = await watching.untilLogged("root:scanned");
    const pid = watching.program.child.pid ?? Number.NaN;
    const memory = await peakMib(pid);
    const watches = await watchesOf(pid);
    await until("rest", () => (isSettled(library) ? true : undefined));
    const [restMs, before] = [quick ? QUICK_REST_MS : REST_MS, await processorSeconds(library)];
    await sleep(restMs);
    const restShare = ((await processorSeconds(library)) - before) / (restMs / 1000);
    const renamed = files / RENAMED_SHARE;
    const seconds = await renameSeconds(library, renamed);
    await watching.stop("SIGKILL"); // it would hash the moved files again now, which are no photos
    return [
      atMost(`first scan of ${files} unchanged files`, Number(scanned["ms"]) / 1000, "s", 2.5),
      atMost("files found changed", Number(scanned["changed"]) + Number(scanned["found"]), "files", 0),
      atMost("watches above the number of folders", Math.abs(watches - folders - 2), "watches", 0), // the root, and "before"
      atMost("memory of the agent", memory, "MiB", 250),
      atMost("processor at rest, all processes", restShare * 100, "%", 0.5),
      atMost(`a folder with ${renamed} photos renamed`, seconds, "s", 5),
    ];
  },
};
