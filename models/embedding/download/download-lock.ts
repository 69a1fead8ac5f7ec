/**
 * One download of a model at a time, whichever library or process asks. Models may be shared by libraries, so the lease
 * is a file beside the model and not a row of a catalogue. Its holder touches it while it lives; a lock whose holder is
 * gone, or that nobody touched for a while, is taken over.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import type { Clock } from "../../../src/clock.ts";
import { MILLISECOND, SECOND } from "../../../src/clock.ts";
import { systemCode } from "../../../src/errors.ts";

const HEARTBEAT_MS = 5 * SECOND;
const LEASE_MS = 60 * SECOND;
const POLL_MS = 250 * MILLISECOND;

const ownerSchema = z.object({ host: z.string(), pid: z.int(), token: z.string() });
type Owner = z.output<typeof ownerSchema>;

export interface LockOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Once, when another process holds the lock and is waited for. */
  readonly onWait: () => void;
}

interface Sight {
  readonly owner: Owner | undefined;
  /** Changes with every heartbeat; compared with itself only, since clocks of network drives differ. */
  readonly touched: number;
}

const look = async (path: string): Promise<Sight | undefined> => {
  try {
    const [text, facts] = await Promise.all([readFile(path, "utf8"), stat(path)]);
    return { owner: parseOwner(text), touched: facts.mtimeMs };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
};

const parseOwner = (text: string): Owner | undefined => {
  try {
    return ownerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // a power cut emptied it, or its holder is just writing it: the lease decides
  }
};

const isGone = (owner: Owner | undefined): boolean => {
  if (owner === undefined || owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === "ESRCH";
  }
};

const tryCreate = async (path: string, owner: Owner): Promise<boolean> => {
  try {
    await using file = await open(path, "wx");
    await file.writeFile(JSON.stringify(owner));
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
};

/** Of several that see the same dead lock one moves it away; a lock that was renewed meanwhile is put back. */
const clearStale = async (path: string, seen: Sight): Promise<void> => {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  const moved = await look(aside);
  if (moved !== undefined && moved.owner?.token !== seen.owner?.token) await rename(aside, path);
  else await rm(aside, { force: true });
};

const startHeartbeat = (path: string): (() => void) => {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined); // a missed beat matters only after many
  }, HEARTBEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
};

/**
 * Waits until the lock is free, takes it, and gives it back when disposed.
 * @param directory folder of the model; the lock lies beside it
 */
export const lockDownload = async (
  directory: string,
  { clock, signal, onWait }: LockOptions,
): Promise<AsyncDisposable> => {
  const path = join(dirname(directory), `.${basename(directory)}.lock`);
  const owner: Owner = { host: hostname(), pid: process.pid, token: randomUUID() };
  await mkdir(dirname(path), { recursive: true });
  let last: (Sight & { readonly since: number }) | undefined;
  while (!(await tryCreate(path, owner))) {
    signal.throwIfAborted();
    const seen = await look(path);
    if (seen === undefined) continue;
    const isNews = last?.touched !== seen.touched;
    if (last === undefined) onWait();
    if (last === undefined || isNews) last = { ...seen, since: clock.now() };
    if (isGone(seen.owner) || clock.now() - last.since > LEASE_MS) await clearStale(path, seen);
    else await clock.sleep(POLL_MS, signal);
  }
  const stop = startHeartbeat(path);
  return {
    [Symbol.asyncDispose]: async () => {
      stop();
      if ((await look(path))?.owner?.token === owner.token) await rm(path, { force: true });
    },
  };
};
