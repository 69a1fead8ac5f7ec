/** Does something as long as this process has a role, and waits for it while another process has. */
import { holdRole } from "../src/app/hold-role.ts";
import type { LeaseRepository } from "../src/catalogue/lease-repository.ts";
import type { Clock } from "../src/clock.ts";
import { SECOND } from "../src/clock.ts";
import { isAbort } from "../src/errors.ts";
import type { Logger } from "../src/logger.ts";

const ASK_AGAIN_MS = SECOND;

export const AGENT_ROLE = "agent";
export const watcherRole = (rootId: number): string => `watcher:${rootId}`;

/** `host:pid`, of what names the holder of a lease. */
export const holderName = (owner: string): string => {
  const [host = "another host", pid = "?"] = owner.split("|");
  return `${host}:${pid}`;
};

export interface RoleDeps {
  readonly leases: LeaseRepository;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RoleOptions {
  readonly name: string;
  readonly signal: AbortSignal;
  /** Another process has it, `host:pid`; undefined = nobody else. Called when it changes. */
  readonly onHolder: (holder: string | undefined) => void;
  /** Ends when the signal aborts: the role was lost, or everything ends. */
  readonly work: (signal: AbortSignal) => Promise<void>;
}

const holderOf = async ({ leases }: RoleDeps, name: string): Promise<string | undefined> => {
  const holder = await leases.holder(name);
  return holder === undefined ? undefined : holderName(holder.owner);
};

/** Resolves when the signal aborts. */
export const whileHolding = async (deps: RoleDeps, { name, signal, onHolder, work }: RoleOptions): Promise<void> => {
  const { leases, clock, logger } = deps;
  let told: string | undefined;
  const tell = (holder: string | undefined): void => {
    if (holder !== told) onHolder(holder);
    told = holder;
  };
  while (!signal.aborted) {
    try {
      await using held = await holdRole(leases, name, logger);
      if (held !== undefined) {
        tell(undefined);
        await work(AbortSignal.any([signal, held.lost]));
        continue;
      }
      tell(await holderOf(deps, name));
    } catch (error) {
      if (isAbort(error) || signal.aborted) continue;
      logger.warn("A role could not be taken; trying again.", { name, error: String(error) });
    }
    await clock.sleep(ASK_AGAIN_MS, signal).catch(() => undefined); // the end: seen in the condition
  }
};
