/** Holds a role lease of the catalogue, with a heartbeat, until it is disposed of. */
import type { LeaseRepository, RoleLease } from "../catalogue/lease-repository.ts";
import { ROLE_HEARTBEAT_MS } from "../catalogue/lease-repository.ts";
import type { Logger } from "../logger.ts";

export interface HeldLease extends AsyncDisposable {
  readonly lease: RoleLease;
  /** Aborts when another process has taken the role: this one was held up for too long. */
  readonly lost: AbortSignal;
  /** Asks now, for those who are about to act on it. False = lost. */
  readonly confirm: () => Promise<boolean>;
}

/** @returns undefined while another process has the role */
export const holdRole = async (
  leases: LeaseRepository,
  name: string,
  logger: Logger,
): Promise<HeldLease | undefined> => {
  const lease = await leases.take(name);
  if (lease === undefined) return undefined;
  const lost = new AbortController();
  const confirm = async (): Promise<boolean> => {
    if (!(await leases.extend(lease))) lost.abort();
    return !lost.signal.aborted;
  };
  const beat = async (): Promise<void> => {
    try {
      await confirm();
    } catch (error) {
      logger.debug("A lease could not be renewed.", { name, error: String(error) });
    }
  };
  const heartbeat = setInterval(() => void beat(), ROLE_HEARTBEAT_MS);
  heartbeat.unref();
  return {
    lease,
    lost: lost.signal,
    confirm,
    [Symbol.asyncDispose]: async () => {
      clearInterval(heartbeat);
      await leases.release(lease);
    },
  };
};
