/** What people and programs do to folders of photos, at random and reproducibly. */
import {
  appendFile,
  copyFile,
  readFile,
  mkdir,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemCode } from "../../src/errors.ts";
import { hashBytes } from "../../src/photo/content-hash.ts";
import { photoBytes } from "./photos.ts";

const CHUNKS = 4;
const MOST_PAUSE_MS = 60;
/** Races between operations that run at the same time: the file or folder has gone, or is there already. */
const RACES: ReadonlySet<string> = new Set(["ENOENT", "EEXIST", "ENOTEMPTY", "ENOTDIR", "EISDIR", "EINVAL"]);

interface Tree {
  readonly files: readonly string[];
  /** With the roots. */
  readonly folders: readonly string[];
}

const treeOf = async (roots: readonly string[]): Promise<Tree> => {
  const files: string[] = [];
  const folders: string[] = [];
  const look = async (folder: string): Promise<void> => {
    folders.push(folder);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await look(path);
      else if (entry.isFile() && entry.name.endsWith(".jpg")) files.push(path);
    }
  };
  for (const root of roots) await look(root);
  return { files: files.toSorted(), folders: folders.toSorted() };
};

/** Content hash by absolute path, of every photo in the folders. */
export const contentsOf = async (roots: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const { files } = await treeOf(roots);
  return new Map(await Promise.all(files.map(async (path) => [path, hashBytes(await readFile(path))] as const)));
};

export interface RandomChanges {
  /** Does one thing. */
  readonly next: () => Promise<void>;
  /** Waits for slow writers, and makes whole what was cut off. */
  readonly finish: () => Promise<void>;
}

export const createRandomChanges = (roots: readonly string[], random: () => number): RandomChanges => {
  const slow = new Set<Promise<void>>();
  const known = new Set<string>();
  let names = 0;
  let seeds = 0;
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  const newName = (): string => `p${(names += 1)}.jpg`;
  const newContent = async (): Promise<Buffer> => {
    const bytes = await photoBytes((seeds += 1), 64);
    known.add(hashBytes(bytes));
    return bytes;
  };

  const writeSlowly = async (path: string, bytes: Buffer, pauseMs: number): Promise<void> => {
    await writeFile(path, "");
    const size = Math.ceil(bytes.length / CHUNKS);
    for (let start = 0; start < bytes.length; start += size) {
      await appendFile(path, bytes.subarray(start, start + size));
      await sleep(pauseMs);
    }
  };
  const replace = async (path: string, bytes: Buffer): Promise<void> => {
    const part = join(dirname(path), `${basename(path)}.part`);
    await writeFile(part, bytes);
    await rename(part, path);
  };
  const slowly = (work: Promise<void>): void => {
    const settled = work.catch(passRaces).finally(() => slow.delete(settled));
    slow.add(settled);
  };
  const changes: readonly ((file: string, folder: string) => Promise<unknown>)[] = [
    async (_file, folder) => writeFile(join(folder, newName()), await newContent()),
    async (_file, folder) => slowly(writeSlowly(join(folder, newName()), await newContent(), random() * 400)),
    (file) => rename(file, join(dirname(file), newName())),
    (file, folder) => rename(file, join(folder, basename(file))),
    (file, folder) => copyFile(file, join(folder, newName())),
    async (file) => replace(file, await newContent()),
    async (file) => writeFile(file, await newContent()),
    (file) => truncate(file, 100),
    (file) => rm(file),
    (_file, folder) => mkdir(join(folder, `d${(names += 1)}`)),
    (_file, folder) => (roots.includes(folder) ? Promise.resolve() : rm(folder, { recursive: true, force: true })),
    (_file, folder) =>
      roots.includes(folder) ? Promise.resolve() : rename(folder, join(dirname(folder), `d${(names += 1)}`)),
    (file, folder) => symlink(file, join(folder, newName())),
  ];
  /** Making things is as likely as all the rest together, so that there is always something. */
  const choose = () => (random() < 0.4 ? changes[0] : pick(changes));
  return {
    next: async () => {
      const { files, folders } = await treeOf(roots).catch(() => ({ files: [], folders: roots })); // something went meanwhile
      const [file, folder, change] = [pick(files), pick(folders), choose()];
      if (folder === undefined || change === undefined) return;
      await change(file ?? join(folder, "none.jpg"), folder).catch(passRaces);
      await sleep(random() * MOST_PAUSE_MS);
    },
    finish: async () => {
      await Promise.all(slow);
      // Cut off, or written by two at the same time: no photo that anybody made.
      for (const [path, hash] of await contentsOf(roots)) {
        if (!known.has(hash)) await writeFile(path, await newContent());
      }
    },
  };
};

const passRaces = (error: unknown): void => {
  if (!RACES.has(systemCode(error) ?? "")) throw error;
};
