/** Catalogues on their own, and rows for them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import { openCatalogue } from "../../src/catalogue/catalogue.ts";
import type { FileClaim, FilePlace, FileStat } from "../../src/catalogue/file-repository.ts";
import type { FinishedFile } from "../../src/catalogue/finished-files.ts";
import type { PhotoUpdate, TagRun } from "../../src/catalogue/photo-row.ts";
import { hashOf } from "./memory-library.ts";
import type { ManualClock } from "./manual-clock.ts";
import { createManualClock } from "./manual-clock.ts";
import { temporaryFolder } from "./photos.ts";

export interface TestCatalogue extends AsyncDisposable {
  readonly path: string;
  readonly folder: string;
  readonly clock: ManualClock;
  readonly catalogue: Catalogue;
  /** Another handle on the same file: another owner of leases. */
  readonly another: () => Promise<Catalogue>;
  /** Runs SQL on a connection of its own. */
  readonly sql: (text: string, ...values: readonly (string | number)[]) => Promise<readonly Row[]>;
}

type Row = Readonly<Record<string, unknown>>;

export const createTestCatalogue = async (): Promise<TestCatalogue> => {
  const temporary = await temporaryFolder();
  const path = join(temporary.path, "catalogue.db");
  const clock = createManualClock();
  const opened = new AsyncDisposableStack();
  opened.use(temporary);
  const open = async (): Promise<Catalogue> => opened.use(await openCatalogue({ path, clock }));
  return {
    path,
    folder: temporary.path,
    clock,
    catalogue: await open(),
    another: open,
    sql: async (text, ...values) => {
      const { DatabaseSync } = await import("node:sqlite");
      using database = new DatabaseSync(path);
      return database.prepare(text).all(...values);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};

/** An owner of leases on this host whose process has ended. */
export const deadOwner = async (): Promise<string> => {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return `${hostname()}|${child.pid}|1|00000000`;
};

export const statOf = (given: Partial<FileStat> = {}): FileStat => ({
  size: 1000,
  mtimeNs: 1_720_000_000_123_456_789n,
  ctimeNs: 1_720_000_001_987_654_321n,
  inode: 18_446_744_073_709n,
  ...given,
});

export const placeOf = (rootId: number, name: string): FilePlace & { readonly stat: FileStat } => ({
  rootId,
  path: Buffer.from(name),
  stat: statOf(),
});

export const visitRoot = async ({ roots }: Catalogue, path = "/photos"): Promise<number> =>
  (await roots.visit(Buffer.from(path))).id;

export const claimOne = async (catalogue: Catalogue, rootId: number, name: string): Promise<FileClaim> => {
  const [claim] = await catalogue.files.claim([placeOf(rootId, name)]);
  if (claim === undefined) throw new Error(`${name} is held by somebody else`);
  return claim;
};

export const TAG_RUN: TagRun = {
  token: "run",
  vectorKey: "test@00000000/fp32/p1",
  bankKey: "bank",
  calibrationId: "none",
};

export const updateOf = (content: string, given: Partial<PhotoUpdate> = {}): PhotoUpdate => ({
  contentHash: hashOf(content),
  format: "jpeg",
  fileSize: 1000,
  size: { width: 400, height: 300, orientation: 1 },
  stageKeys: new Map([["decode", "1/x"]]),
  ...given,
});

export const finishedFile = (claim: FileClaim, content: string, given: Partial<FinishedFile> = {}): FinishedFile => ({
  claim,
  stat: statOf(),
  contentHash: hashOf(content),
  named: false,
  ...given,
});

/** A photo with one file, stored. */
export const storePhoto = async (
  catalogue: Catalogue,
  file: { readonly rootId: number; readonly name: string; readonly content: string },
  given: Partial<PhotoUpdate> = {},
): Promise<string> => {
  const claim = await claimOne(catalogue, file.rootId, file.name);
  await catalogue.photos.commit({
    updates: [updateOf(file.content, given)],
    files: [finishedFile(claim, file.content)],
  });
  return hashOf(file.content);
};
