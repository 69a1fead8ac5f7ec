/**
 * Hosts of one task behind one queue; a host that is free takes the next run.
 *
 * A host:  (none) -start-> opening -opened-> ready -exit-> (none)
 *                             \-refused-> the pool is broken: every call gets the host's reason
 * A run:   queued -sent-> waiting behind the host's current run -> running (its timeout starts) -> settled
 *
 * Up to two runs lie with a host, so that it never waits for the parent. When a host dies or is killed for a timeout,
 * the run it was in is charged: items that shared it are tried once more, each alone; an item that was alone is tried
 * once more after a crash and given up after a timeout. Runs that had not begun go back to the queue, free of charge.
 */
import { ConfigError, InternalError } from "../../src/errors.ts";
import type { Logger } from "../../src/logger.ts";
import type { EncodeOptions } from "./encoder.ts";
import { startHostProcess } from "./host-process.ts";
import type { HostProcess } from "./host-process.ts";
import type { HostKind, HostReply, HostTask, HostWork } from "./host-protocol.ts";
import type { DeviceInUse } from "./inference-session.ts";

export type RunFailure = "crash" | "timeout" | "invalid";

export interface HostPoolOptions<Kind extends HostKind> {
  readonly task: HostTask<Kind>;
  readonly hosts: number;
  readonly itemsPerRun: number;
  /** Per item, from the start of its run. */
  readonly timeoutMs: number;
  readonly logger: Logger;
  /** What a caller gets when its item cannot be done. */
  readonly failure: (kind: RunFailure, reason: string) => Error;
  /** Called for each host that is ready, with the device it runs on. */
  readonly onOpened?: (inUse: DeviceInUse) => void;
}

export interface HostPool<Kind extends HostKind> extends AsyncDisposable {
  readonly submit: (item: HostWork[Kind]["item"], options?: EncodeOptions) => Promise<HostWork[Kind]["result"]>;
  /** Process ids of the hosts that live. */
  readonly pids: () => readonly number[];
}

interface Ticket {
  readonly item: unknown;
  readonly timeoutMs: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  tries: number;
  settled: boolean;
}

interface Run {
  readonly id: number;
  readonly tickets: readonly Ticket[];
}

interface Slot {
  process: HostProcess | undefined;
  ready: boolean;
  /** First the one in work, then those that wait behind it. */
  runs: Run[];
  timer: NodeJS.Timeout | undefined;
  /** The run this host is being killed for. */
  timedOut: Run | undefined;
}

const RUNS_PER_HOST = 2;
const MAX_TRIES = 2;
const MAX_START_FAILURES = 2;

const closed = (): Error => new DOMException("The encoder was closed.", "AbortError");

export const createHostPool = <Kind extends HostKind>(options: HostPoolOptions<Kind>): HostPool<Kind> => {
  const pool = new Pool(options);
  return {
    // Items and results are of the task's kind on both sides of the pipe.
    submit: (item, encodeOptions) => pool.submit(item, encodeOptions) as Promise<HostWork[Kind]["result"]>,
    pids: () => pool.pids(),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
};

class Pool implements AsyncDisposable {
  readonly #options: HostPoolOptions<HostKind>;
  readonly #slots: readonly Slot[];
  #queue: Ticket[] = [];
  #nextRun = 1;
  #startFailures = 0;
  #scheduled = false;
  #broken: Error | undefined;

  constructor(options: HostPoolOptions<HostKind>) {
    this.#options = options;
    this.#slots = Array.from({ length: options.hosts }, () => ({
      process: undefined,
      ready: false,
      runs: [],
      timer: undefined,
      timedOut: undefined,
    }));
  }

  submit(item: unknown, { signal, timeoutMs = this.#options.timeoutMs }: EncodeOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) return reject(this.#broken);
      if (signal?.aborted === true) return reject(signal.reason as Error); // an Error by convention
      const onAbort = (): void => this.#abort(ticket, signal?.reason as Error); // as above
      const unlisten = (): void => signal?.removeEventListener("abort", onAbort);
      const ticket: Ticket = {
        item,
        timeoutMs,
        resolve: (result) => (unlisten(), resolve(result)),
        reject: (error) => (unlisten(), reject(error)),
        tries: 0,
        settled: false,
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(ticket);
      this.#schedule();
    });
  }

  pids(): readonly number[] {
    return this.#slots.flatMap((slot) => slot.process?.pid ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const processes = this.#slots.flatMap((slot) => slot.process ?? []);
    this.#break(closed());
    await Promise.all(processes.map((process) => process.kill()));
  }

  /** Calls made in one turn of the event loop are grouped. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (let slot = this.#freest(); slot !== undefined && this.#queue.length > 0; slot = this.#freest()) {
      this.#send(slot, this.#takeRun());
    }
    const starting = this.#slots.filter((slot) => slot.process !== undefined && !slot.ready).length;
    const idle = this.#slots.filter((slot) => slot.process === undefined);
    for (const slot of idle.slice(0, Math.max(0, this.#queue.length - starting))) this.#start(slot);
    for (const slot of this.#slots) slot.process?.hold(slot.runs.length > 0 || (!slot.ready && this.#queue.length > 0));
  }

  /** A ready host with room; one that has nothing to do comes first. Nothing waits for a host while another can start. */
  #freest(): Slot | undefined {
    const room = this.#slots.every((slot) => slot.ready) ? RUNS_PER_HOST : 1;
    return this.#slots
      .filter((slot) => slot.ready && slot.runs.length < room)
      .toSorted((a, b) => a.runs.length - b.runs.length)[0];
  }

  /** An even share of what is queued; an item that is tried again runs alone. */
  #takeRun(): Run {
    const share = Math.ceil(this.#queue.length / this.#slots.length);
    const retried = this.#queue.findIndex((ticket) => ticket.tries > 0);
    const shared = retried === -1 ? this.#queue.length : retried;
    const size = Math.max(1, Math.min(this.#options.itemsPerRun, share, shared));
    const tickets = this.#queue.splice(0, size);
    const id = this.#nextRun;
    this.#nextRun += 1;
    return { id, tickets };
  }

  #send(slot: Slot, run: Run): void {
    slot.runs.push(run);
    slot.process?.run(
      run.id,
      run.tickets.map((ticket) => ticket.item),
    );
    if (slot.runs.length === 1) this.#startTimer(slot, run);
  }

  #startTimer(slot: Slot, run: Run): void {
    const limit = run.tickets.reduce((sum, ticket) => sum + ticket.timeoutMs, 0);
    slot.timer = setTimeout(() => {
      // A busy parent may see its timer before a reply that has long arrived: give replies one turn.
      setImmediate(() => {
        if (slot.runs[0] !== run) return;
        slot.timedOut = run;
        void slot.process?.kill();
      });
    }, limit);
  }

  #start(slot: Slot): void {
    slot.process = startHostProcess(this.#options.task, {
      onReply: (reply) => this.#onReply(slot, reply),
      onExit: (reason) => this.#onExit(slot, reason),
    });
  }

  #onReply(slot: Slot, reply: HostReply): void {
    switch (reply.type) {
      case "opened":
        this.#onOpened(slot, reply);
        break;
      case "refused":
        this.#break(new ConfigError(reply.message, reply.hint === undefined ? {} : { hint: reply.hint }));
        break;
      case "done":
        this.#finish(slot, (ticket, index) => this.#settle(ticket, reply.results[index]));
        break;
      case "failed":
        this.#finish(slot, (ticket) => this.#fail(ticket, "invalid", reply.message));
        break;
      default:
        reply satisfies never;
    }
  }

  #onOpened(slot: Slot, inUse: DeviceInUse): void {
    this.#options.onOpened?.(inUse);
    slot.ready = true;
    this.#startFailures = 0;
    this.#options.logger.debug("An encoder host is ready.", { task: this.#options.task.kind, pid: slot.process?.pid });
    this.#dispatch();
  }

  #finish(slot: Slot, settle: (ticket: Ticket, index: number) => void): void {
    clearTimeout(slot.timer);
    const [done, next] = slot.runs;
    slot.runs = slot.runs.slice(1);
    if (next !== undefined) this.#startTimer(slot, next);
    done?.tickets.forEach(settle);
    this.#dispatch();
  }

  #onExit(slot: Slot, reason: string): void {
    clearTimeout(slot.timer);
    const [current, ...waiting] = slot.runs;
    const { ready } = slot;
    const timedOut = current !== undefined && slot.timedOut === current;
    Object.assign(slot, { process: undefined, ready: false, runs: [], timer: undefined, timedOut: undefined });
    if (this.#broken !== undefined) return;
    if (!ready) this.#countStartFailure(reason);
    const untouched = waiting.flatMap((run) => run.tickets);
    const again = (current?.tickets ?? []).filter((ticket) => this.#mayRetry(ticket, current, { timedOut, reason }));
    this.#queue.unshift(...again, ...untouched.filter((ticket) => !ticket.settled));
    if (current !== undefined) {
      this.#options.logger.warn("An encoder host ended during a run and is replaced.", {
        reason,
        retried: again.length,
      });
    }
    this.#dispatch();
  }

  #mayRetry(
    ticket: Ticket,
    run: Run | undefined,
    end: { readonly timedOut: boolean; readonly reason: string },
  ): boolean {
    if (ticket.settled) return false;
    ticket.tries += 1;
    const alone = run?.tickets.length === 1;
    if (ticket.tries < MAX_TRIES && !(end.timedOut && alone)) return true;
    if (end.timedOut) this.#fail(ticket, "timeout", `${ticket.timeoutMs} ms passed`);
    else this.#fail(ticket, "crash", end.reason);
    return false;
  }

  #countStartFailure(reason: string): void {
    this.#startFailures += 1;
    if (this.#startFailures < MAX_START_FAILURES) return;
    this.#break(
      new InternalError(`expected an encoder host to start, received ${reason}`, {
        hint: "Run `photon doctor` to check the model files and the memory of this machine.",
      }),
    );
  }

  #settle(ticket: Ticket, result: unknown): void {
    if (ticket.settled) return;
    if (result === undefined) return this.#fail(ticket, "invalid", "the model gave no finite vector");
    ticket.settled = true;
    ticket.resolve(result);
  }

  #fail(ticket: Ticket, kind: RunFailure, reason: string): void {
    if (ticket.settled) return;
    ticket.settled = true;
    ticket.reject(this.#options.failure(kind, reason));
  }

  /** A queued item leaves the queue; one in work is given up by its caller, its result is dropped. */
  #abort(ticket: Ticket, reason: Error): void {
    if (ticket.settled) return;
    ticket.settled = true;
    this.#queue = this.#queue.filter((queued) => queued !== ticket);
    ticket.reject(reason);
  }

  #break(error: Error): void {
    this.#broken ??= error;
    const tickets = [...this.#queue, ...this.#slots.flatMap((slot) => slot.runs.flatMap((run) => run.tickets))];
    this.#queue = [];
    for (const slot of this.#slots) {
      clearTimeout(slot.timer);
      slot.runs = [];
      void slot.process?.kill();
    }
    for (const ticket of tickets) {
      if (ticket.settled) continue;
      ticket.settled = true;
      ticket.reject(error);
    }
  }
}
