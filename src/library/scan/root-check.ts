/**
 * Whether a root is what it was: an unplugged disk leaves an empty folder, another disk may take its place, a share may
 * hang. A root that fails the check is frozen: nothing about its files is changed.
 */
import { lstat, readFile, readdir, stat } from "node:fs/promises";
import type { AddedRoot, FingerprintFile, RootIdentity } from "../../catalogue/root-repository.ts";
import type { SeenFile } from "../../catalogue/scan-repository.ts";
import type { Clock } from "../../clock.ts";
import { SECOND } from "../../clock.ts";
import { isAbort, systemCode } from "../../errors.ts";
import { joinPath } from "../../photo/path-bytes.ts";
import { concurrently } from "./concurrently.ts";
import { fileSystemOf } from "./file-systems.ts";

/** A mount that hangs answers nothing at all. */
const DEADLINE_MS = 10 * SECOND;
export const SENTINEL_NAME = ".photon-root";
const LEAST_SHARE_FOUND = 0.5;

export type FreezeReason = "missing" | "unreadable" | "no-answer" | "empty" | "wrong-sentinel" | "another-disk";

export type RootCheck =
  | { readonly ok: true; readonly identity: RootIdentity }
  | { readonly ok: false; readonly reason: FreezeReason };

export interface RootCheckDeps {
  readonly clock: Clock;
  /** Whether the library knows files of the root that count as there. */
  readonly hasFiles: () => Promise<boolean>;
}

const REASONS: Readonly<Record<string, FreezeReason>> = {
  ENOENT: "missing",
  ENOTDIR: "missing",
  EACCES: "unreadable",
  EPERM: "unreadable",
  EIO: "unreadable",
  ESTALE: "unreadable",
  ENODEV: "unreadable",
  ENXIO: "unreadable",
  ETIMEDOUT: "no-answer",
  EHOSTDOWN: "no-answer",
  ENOTCONN: "no-answer",
};

/** For people. */
export const FREEZE_TEXTS: Readonly<Record<FreezeReason, string>> = {
  missing: "the folder is not there",
  unreadable: "the folder cannot be read",
  "no-answer": "the disk or share does not answer",
  empty: "the folder is empty although photos are known in it",
  "wrong-sentinel": "its .photon-root file is missing or another one",
  "another-disk": "another disk or folder is in its place",
};

export const identityOf = async (path: Buffer): Promise<RootIdentity> => {
  const { dev, ino } = await stat(path, { bigint: true });
  return { device: String(dev), inode: String(ino), fileSystem: await fileSystemOf(path.toString()) };
};

export const fingerprintOf = (files: readonly SeenFile[]): readonly FingerprintFile[] =>
  files.map(({ path, stat: { size, mtimeNs } }) => ({
    path: path.toString("base64"),
    size,
    mtimeNs: String(mtimeNs),
  }));

const isThere = async (root: Buffer, file: FingerprintFile): Promise<boolean> => {
  try {
    const found = await lstat(joinPath(root, Buffer.from(file.path, "base64")), { bigint: true });
    return Number(found.size) === file.size && String(found.mtimeNs) === file.mtimeNs;
  } catch {
    return false; // not there, or not to be read: both say that it is not the same folder
  }
};

const shareFound = async (root: Buffer, fingerprint: readonly FingerprintFile[]): Promise<number> => {
  if (fingerprint.length === 0) return 1;
  const found = await concurrently(fingerprint, (file) => isThere(root, file));
  return found.filter(Boolean).length / fingerprint.length;
};

const sentinelIn = async (path: Buffer): Promise<string | undefined> => {
  try {
    return (await readFile(joinPath(path, Buffer.from(SENTINEL_NAME)), "utf8")).trim();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
};

const look = async (root: AddedRoot, { hasFiles }: RootCheckDeps): Promise<RootCheck> => {
  const identity = await identityOf(root.path);
  const entries = await readdir(root.path);
  if (root.sentinel !== undefined && (await sentinelIn(root.path)) !== root.sentinel)
    return { ok: false, reason: "wrong-sentinel" };
  if (entries.length === 0 && (await hasFiles())) return { ok: false, reason: "empty" };
  const isSameDisk = root.identity === undefined || root.identity.device === identity.device;
  if (!isSameDisk && (await shareFound(root.path, root.fingerprint)) < LEAST_SHARE_FOUND)
    return { ok: false, reason: "another-disk" };
  return { ok: true, identity };
};

/** undefined when the time is over. */
const withDeadline = async <Value>(clock: Clock, work: Promise<Value>): Promise<Value | undefined> => {
  const stop = new AbortController();
  const late = clock.sleep(DEADLINE_MS, stop.signal).catch((error: unknown) => {
    if (!isAbort(error)) throw error;
    return undefined;
  });
  try {
    return await Promise.race([work, late.then(() => undefined)]);
  } finally {
    stop.abort();
  }
};

export const checkRoot = async (root: AddedRoot, deps: RootCheckDeps): Promise<RootCheck> => {
  try {
    return (await withDeadline(deps.clock, look(root, deps))) ?? { ok: false, reason: "no-answer" };
  } catch (error) {
    return { ok: false, reason: REASONS[systemCode(error) ?? ""] ?? "unreadable" };
  }
};
