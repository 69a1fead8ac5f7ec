/**
 * Scans of one root. The scan is the truth: only here does the library learn that files are new, changed, moved or gone.
 * What is new or changed is noted and left to others; what was not seen is only noted, and decided later.
 */
import type { AddedRoot } from "../../catalogue/root-repository.ts";
import { TODO_PRIORITY } from "../../catalogue/scan-repository.ts";
import { MINUTE } from "../../clock.ts";
import { NotFoundError } from "../../errors.ts";
import { pathKey } from "./compare-folder.ts";
import type { FreezeReason } from "./root-check.ts";
import { checkRoot, fingerprintOf } from "./root-check.ts";
import type { ScanDeps, ScanHooks } from "./root-scan.ts";
import { RootScan } from "./root-scan.ts";
import { belowRoot, parentFolder } from "./walk.ts";

const FINGERPRINT_FILES = 32;
/** Fewer than this many files may always be gone. */
const LEAST_LOSS = 50;
/** A loss is believed to be real, and asked about, when it is still there after this time. */
const LOSS_REPEAT_MS = 10 * MINUTE;

export interface FolderToScan {
  /** Absolute, in the root. */
  readonly folder: Buffer;
  /** With everything in it. */
  readonly isDeep: boolean;
}

/**
 * done: what is in the folders is known. held: the same, but so many files are gone that nobody believes it yet.
 * frozen: the root cannot be trusted now, nothing was changed.
 */
export type ScanEnd =
  | {
      readonly end: "done" | "held";
      /** Files that are new, or not yet known under their path. */
      readonly found: number;
      readonly changed: number;
      readonly moved: number;
      /** Files that came back. */
      readonly returned: number;
      readonly missed: number;
      readonly excluded: number;
      /** Photos that were seen. */
      readonly files: number;
      readonly folders: number;
    }
  | { readonly end: "frozen"; readonly reason: FreezeReason };

const rootOf = async ({ catalogue }: ScanDeps, rootId: number): Promise<AddedRoot> => {
  const root = (await catalogue.roots.added()).find(({ id }) => id === rootId);
  if (root !== undefined) return root;
  throw new NotFoundError(`Expected the number of a folder in the library, received ${rootId}.`, {
    hint: "photon roots list shows them.",
  });
};

const rootPathsOf = async ({ catalogue }: ScanDeps): Promise<ReadonlyMap<number, Buffer>> =>
  new Map((await catalogue.roots.added()).map(({ id, path }) => [id, path]));

/** Freezes or thaws the root. @returns the root as it is found, or why it is frozen */
const enter = async (deps: ScanDeps, rootId: number): Promise<AddedRoot | FreezeReason> => {
  const { catalogue, clock } = deps;
  const root = await rootOf(deps, rootId);
  const hasFiles = async (): Promise<boolean> => (await catalogue.scans.sample(rootId, 1)).length > 0;
  const check = await checkRoot(root, { clock, hasFiles });
  if (!check.ok) {
    if (root.state !== "frozen" || root.stateReason !== check.reason)
      await catalogue.roots.setState(rootId, "frozen", check.reason);
    return check.reason;
  }
  if (root.state === "frozen") await catalogue.roots.setState(rootId, "online", undefined);
  await catalogue.roots.change(rootId, { identity: check.identity });
  return { ...root, identity: check.identity };
};

interface Loss {
  readonly lost: number;
  readonly isTooMuch: boolean;
}

const lossOf = async ({ catalogue, config }: ScanDeps, rootId: number, unseen: readonly number[]): Promise<Loss> => {
  if (unseen.length <= LEAST_LOSS) return { lost: unseen.length, isTooMuch: false };
  const { files, lost } = await catalogue.scans.loss(rootId, unseen);
  return { lost, isTooMuch: lost > Math.max(LEAST_LOSS, (files * config.watch.loss_guard_percent) / 100) };
};

/** Of a scan of the whole root. @returns whether the files may be noted as not seen */
const believe = async (deps: ScanDeps, root: AddedRoot, { isTooMuch }: Loss): Promise<boolean> => {
  const { roots } = deps.catalogue;
  if (!isTooMuch || root.lossConfirmed) {
    if (root.lossSeenAt !== undefined || root.lossConfirmed)
      await roots.change(root.id, { lossSeenAt: null, lossConfirmed: false });
    if (root.state === "held") await roots.setState(root.id, "online", undefined);
    return true;
  }
  const now = deps.clock.now();
  if (root.lossSeenAt === undefined) await roots.change(root.id, { lossSeenAt: now });
  else if (now - root.lossSeenAt >= LOSS_REPEAT_MS) await roots.setState(root.id, "held", "many-missing");
  return false;
};

const endOf = (scan: RootScan, missed: number, isHeld: boolean): ScanEnd => ({
  end: isHeld ? "held" : "done",
  ...scan.tally,
  missed,
});

/** Files that were not seen are noted, unless they are too many to be believed. */
const noteUnseen = async (
  deps: ScanDeps,
  scan: RootScan,
  isBelieved: (loss: Loss) => boolean | Promise<boolean>,
): Promise<ScanEnd> => {
  const unseen = [...scan.unseen.keys()];
  const believed = await isBelieved(await lossOf(deps, scan.rootId, unseen));
  if (believed) await scan.flush(unseen);
  await deps.catalogue.sidecars.settle();
  return endOf(scan, believed ? unseen.length : 0, !believed);
};

export const scanRoot = async (deps: ScanDeps, rootId: number, hooks: ScanHooks): Promise<ScanEnd> => {
  const { catalogue, clock } = deps;
  const startedAt = clock.now();
  const root = await enter(deps, rootId);
  if (typeof root === "string") return { end: "frozen", reason: root };
  const rootPaths = await rootPathsOf(deps);
  const scan = new RootScan(deps, root, { hooks, priority: TODO_PRIORITY.backlog, rootPaths });
  if (!(await scan.walk({ folder: Buffer.alloc(0), isDeep: true }))) return endOf(scan, 0, false);
  // The folder may have gone while it was read: then what was not seen says nothing.
  const after = await enter(deps, rootId);
  if (typeof after === "string") return { end: "frozen", reason: after };
  await scan.lookForLost();
  const end = await noteUnseen(deps, scan, (loss) => believe(deps, after, loss));
  const at = clock.now();
  const fingerprint = fingerprintOf(await catalogue.scans.sample(rootId, FINGERPRINT_FILES));
  await catalogue.roots.change(rootId, {
    scanned: { at, ms: at - startedAt },
    ...(end.end === "done" ? { fingerprint } : {}),
  });
  return end;
};

/** A folder that is gone is looked for in the folder around it. */
const walkFolder = async (scan: RootScan, folder: Buffer, isDeep: boolean): Promise<boolean> => {
  if (!(await scan.walk({ folder, isDeep }))) return false;
  if (scan.hasSettled(folder) || folder.length === 0) return true;
  return walkFolder(scan, parentFolder(folder), false);
};

/** Folders that hold files, and those around them. */
const knownFolders = async ({ catalogue }: ScanDeps, rootId: number): Promise<ReadonlySet<string>> => {
  const known = new Set<string>();
  for (const folder of await catalogue.scans.folders(rootId)) {
    for (let around = folder; around.length > 0; around = parentFolder(around)) known.add(pathKey(around));
  }
  return known;
};

/** Folders that the library does not know may have arrived full. */
const walkNewFolders = async (deps: ScanDeps, rootId: number, scan: RootScan): Promise<boolean> => {
  const known = await knownFolders(deps, rootId);
  for (const folder of scan.inside) {
    if (known.has(pathKey(folder)) || scan.hasVisited(folder)) continue;
    if (!(await scan.walk({ folder, isDeep: true }))) return false;
  }
  return true;
};

/** These folders, and what is in folders there that are new. */
export const scanFolders = async (
  deps: ScanDeps,
  rootId: number,
  { folders, hooks }: { readonly folders: readonly FolderToScan[]; readonly hooks: ScanHooks },
): Promise<ScanEnd> => {
  const root = await enter(deps, rootId);
  if (typeof root === "string") return { end: "frozen", reason: root };
  const rootPaths = await rootPathsOf(deps);
  const scan = new RootScan(deps, root, { hooks, priority: TODO_PRIORITY.arrival, rootPaths });
  for (const { folder, isDeep } of folders) {
    if (!(await walkFolder(scan, belowRoot(root.path, folder), isDeep))) return endOf(scan, 0, false);
  }
  for (const folder of scan.ruledAnew) {
    if (!(await scan.walk({ folder, isDeep: true }))) return endOf(scan, 0, false);
  }
  if (!(await walkNewFolders(deps, rootId, scan))) return endOf(scan, 0, false);
  const after = await enter(deps, rootId);
  if (typeof after === "string") return { end: "frozen", reason: after };
  await scan.lookForLost();
  // More than can be believed is left to a scan of the whole root.
  return noteUnseen(deps, scan, ({ isTooMuch }) => !isTooMuch || after.lossConfirmed);
};

/** Whether the root can be trusted; freezes and thaws it. */
export const isInOrder = async (deps: ScanDeps, rootId: number): Promise<boolean> =>
  typeof (await enter(deps, rootId)) !== "string";
