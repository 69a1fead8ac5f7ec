/** Holds a role lease of the catalogue, with a heartbeat, until it is disposed of. */
import type { LeaseRepository, RoleLease } from "../catalogue/lease-repository.ts";
import { ROLE_HEARTBEAT_MS } from "../catalogue/lease-repository.ts";
import type { Logger } from "../logger.ts";

export interface HeldLease extends AsyncDisposable {
  readonly lease: RoleLease;
}

/** @returns undefined while another process has the role */
export const holdRole = async (
  leases: LeaseRepository,
  name: string,
  logger: Logger,
): Promise<HeldLease | undefined> => {
  const lease = await leases.take(name);
  if (lease === undefined) return undefined;
  const beat = async (): Promise<void> => {
    try {
      await leases.extend(lease);
    } catch (error) {
      logger.debug("A lease could not be renewed.", { name, error: String(error) });
    }
  };
  const heartbeat = setInterval(() => void beat(), ROLE_HEARTBEAT_MS);
  heartbeat.unref();
  return {
    lease,
    [Symbol.asyncDispose]: async () => {
      clearInterval(heartbeat);
      await leases.release(lease);
    },
  };
};
