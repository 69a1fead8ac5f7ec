/**
 * The committer role of one process. Exactly one process writes the vector index, elected by a lease of the catalogue:
 *
 *   idle ──marks, role free──▶ holding (commits in the background, heartbeat) ──close──▶ flushed, released
 *   idle ──marks, role taken──▶ idle, asks again: the holder works the marks off, or its lease ends
 *   holding ──lease lost──▶ idle
 */
import type { LeaseRepository, RoleLease } from "../catalogue/lease-repository.ts";
import { ROLE_HEARTBEAT_MS } from "../catalogue/lease-repository.ts";
import type { Clock } from "../clock.ts";
import { MILLISECOND, SECOND } from "../clock.ts";
import { StorageError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { CommitLoop } from "./commit-loop.ts";
import type { Committer } from "./committer.ts";
import type { IndexSource } from "./types.ts";

const ROLE = "committer";
const ASK_AGAIN_MS = SECOND;
const POLL_MS = 50 * MILLISECOND;
const REPORT_AFTER_MS = 5 * SECOND;
const TAKE_TIMEOUT_MS = 20 * SECOND;

export interface CommitterRole extends AsyncDisposable {
  /** Marks came: take the role when it is free, and commit. Never rejects; failures are logged and tried again. */
  notify(): void;
  /** Takes the role when it is free and commits once, which also fills a missing table and heals one left unclean. */
  commitIfFree(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when no mark is left.
   * @param onPending called with the marks that are left, each time 5 s have passed without progress
   */
  waitUntilIndexed(onPending: (marks: number) => void, signal: AbortSignal): Promise<void>;
  /**
   * Runs `work` while holding the role. StorageError when another process keeps it.
   * @param work gets the committer, and what rejects with a StorageError once the role went to another process
   */
  whileHolding<Result>(
    work: (committer: Committer, confirmRole: () => Promise<void>) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result>;
}

export interface CommitterRoleDeps {
  readonly leases: LeaseRepository;
  readonly source: IndexSource;
  /** Made when the role was taken. */
  readonly createCommitter: () => Promise<Committer>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The role while it is held. */
class HeldRole implements AsyncDisposable {
  readonly committer: Committer;
  readonly loop: CommitLoop;
  readonly #deps: CommitterRoleDeps;
  readonly #lease: RoleLease;
  readonly #heartbeat: NodeJS.Timeout;
  isLost = false;

  constructor(deps: CommitterRoleDeps, lease: RoleLease, committer: Committer) {
    this.#deps = deps;
    this.#lease = lease;
    this.committer = committer;
    this.loop = committer.start();
    this.#heartbeat = setInterval(() => void this.#beat(), ROLE_HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** @throws StorageError when the lease ran out and another process has the role */
  async confirm(): Promise<void> {
    if (!this.isLost && (await this.#deps.leases.extend(this.#lease))) return;
    this.isLost = true;
    throw new StorageError("Another photon process has taken over writing the search index.", {
      retryable: true,
      hint: "This process was held up for too long. Wait until the other one is done, then run the command again.",
    });
  }

  async #beat(): Promise<void> {
    try {
      if (!(await this.#deps.leases.extend(this.#lease))) this.isLost = true;
    } catch (error) {
      this.#deps.logger.debug("The committer's lease could not be renewed.", { error: String(error) });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat);
    try {
      await this.loop[Symbol.asyncDispose]();
    } finally {
      await this.committer[Symbol.asyncDispose]();
      await this.#deps.leases.release(this.#lease);
    }
  }
}

class CommitterRoleOfProcess implements CommitterRole {
  readonly #deps: CommitterRoleDeps;
  #held: HeldRole | undefined;
  #taking: Promise<HeldRole | undefined> | undefined;
  #nextAsk = 0;
  #isClosed = false;

  constructor(deps: CommitterRoleDeps) {
    this.#deps = deps;
  }

  notify(): void {
    if (this.#held !== undefined && !this.#held.isLost) this.#held.loop.notify();
    else if (this.#deps.clock.now() >= this.#nextAsk) {
      this.#take().catch((error: unknown) =>
        this.#deps.logger.warn("The vector index cannot be written now; the photos stay marked.", {
          error: error instanceof Error ? error.message : String(error),
        }),
      );
    }
  }

  async commitIfFree(signal: AbortSignal): Promise<void> {
    const held = await this.#take();
    await held?.committer.commitPending({ signal });
  }

  async waitUntilIndexed(onPending: (marks: number) => void, signal: AbortSignal): Promise<void> {
    const { clock, source } = this.#deps;
    let left = await source.countMarks();
    let reportAt = clock.now() + REPORT_AFTER_MS;
    while (left > 0) {
      signal.throwIfAborted();
      const held = await this.#take();
      if (held === undefined) await clock.sleep(POLL_MS, signal);
      else await held.committer.commitPending({ signal });
      const now = await source.countMarks();
      if (now < left) reportAt = clock.now() + REPORT_AFTER_MS;
      if (now > 0 && clock.now() >= reportAt) {
        onPending(now);
        reportAt = clock.now() + REPORT_AFTER_MS;
      }
      left = now;
    }
  }

  async whileHolding<Result>(
    work: (committer: Committer, confirmRole: () => Promise<void>) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const { clock, leases } = this.#deps;
    const deadline = clock.now() + TAKE_TIMEOUT_MS;
    for (;;) {
      signal.throwIfAborted();
      const held = await this.#take();
      if (held !== undefined) return work(held.committer, () => held.confirm());
      if (clock.now() >= deadline) {
        const [host = "another host", pid = "?"] = (await leases.holder(ROLE))?.owner.split("|") ?? [];
        throw new StorageError(`Another photon process (${host}:${pid}) is writing the search index.`, {
          retryable: true,
          hint: "Wait until it is done or stop it, then run the command again.",
        });
      }
      await clock.sleep(POLL_MS, signal);
    }
  }

  /** The role when it is held or free, undefined while another process has it. */
  async #take(): Promise<HeldRole | undefined> {
    if (this.#held?.isLost === true) await this.#drop();
    if (this.#held !== undefined || this.#isClosed) return this.#held;
    this.#taking ??= this.#tryTake().finally(() => {
      this.#taking = undefined;
    });
    return this.#taking;
  }

  async #tryTake(): Promise<HeldRole | undefined> {
    const lease = await this.#deps.leases.take(ROLE);
    this.#nextAsk = this.#deps.clock.now() + ASK_AGAIN_MS;
    if (lease === undefined) return undefined;
    try {
      this.#held = new HeldRole(this.#deps, lease, await this.#deps.createCommitter());
    } catch (error) {
      await this.#deps.leases.release(lease);
      throw error;
    }
    return this.#held;
  }

  async #drop(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#taking?.catch(() => undefined); // whoever asked for it got the error
    await this.#drop();
  }
}

export const createCommitterRole = (deps: CommitterRoleDeps): CommitterRole => new CommitterRoleOfProcess(deps);
