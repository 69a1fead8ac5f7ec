/** The watched roots of the library: one watcher for each, as roots are added, changed and removed. */
import type { AddedRoot } from "../src/catalogue/root-repository.ts";
import type { Clock } from "../src/clock.ts";
import { SECOND } from "../src/clock.ts";
import { isAbort } from "../src/errors.ts";
import type { Logger } from "../src/logger.ts";
import type { RootWatch } from "./root-watch.ts";

const LOOK_MS = 2 * SECOND;

export interface RootSetDeps {
  readonly roots: () => Promise<readonly AddedRoot[]>;
  readonly createWatch: (root: AddedRoot) => RootWatch;
  /** Runs `work` as long as this process is the root's watcher, see role.ts. */
  readonly whileWatcher: (
    root: AddedRoot,
    options: {
      readonly signal: AbortSignal;
      readonly onHolder: (holder: string | undefined) => void;
      readonly work: (signal: AbortSignal) => Promise<void>;
    },
  ) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface WatchedRoot {
  readonly root: AddedRoot;
  /** While this process is its watcher. */
  readonly watch: RootWatch | undefined;
  /** The process that is, `host:pid`. */
  readonly holder: string | undefined;
}

interface Entry extends WatchedRoot {
  root: AddedRoot;
  watch: RootWatch | undefined;
  holder: string | undefined;
  readonly stop: AbortController;
  readonly running: Promise<void>;
}

/** What a watcher is made from: with another one it begins anew. */
const settingsOf = ({ path, mode, options }: AddedRoot): string =>
  JSON.stringify([path.toString("latin1"), mode, options.exclude, options.hidden]);

export class RootSet {
  readonly #deps: RootSetDeps;
  readonly #entries = new Map<number, Entry>();

  constructor(deps: RootSetDeps) {
    this.#deps = deps;
  }

  get roots(): readonly WatchedRoot[] {
    return [...this.#entries.values()];
  }

  /** A whole scan of every root that is watched here. */
  request(reason: string): void {
    for (const { watch } of this.#entries.values()) watch?.request(reason);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#update(signal);
      await this.#deps.clock.sleep(LOOK_MS, signal).catch(() => undefined); // the end: seen in the condition
    }
    for (const { stop } of this.#entries.values()) stop.abort();
    await Promise.all([...this.#entries.values()].map(({ running }) => running));
  }

  async #update(signal: AbortSignal): Promise<void> {
    try {
      const wanted = new Map((await this.#deps.roots()).filter(({ watch }) => watch).map((root) => [root.id, root]));
      for (const [id, entry] of this.#entries) {
        const root = wanted.get(id);
        if (root === undefined || settingsOf(root) !== settingsOf(entry.root)) await this.#end(id, entry);
        else entry.root = root;
      }
      for (const [id, root] of wanted) if (!this.#entries.has(id) && !signal.aborted) this.#begin(root);
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      this.#deps.logger.warn("The folders of the library could not be read; trying again.", { error: String(error) });
    }
  }

  #begin(root: AddedRoot): void {
    const stop = new AbortController();
    const running = this.#deps.whileWatcher(root, {
      signal: stop.signal,
      onHolder: (holder) => this.#noteHolder(root.id, holder),
      work: (signal) => this.#watch(root, signal),
    });
    this.#entries.set(root.id, { root, watch: undefined, holder: undefined, stop, running });
  }

  async #watch({ id }: AddedRoot, signal: AbortSignal): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const watch = this.#deps.createWatch(entry.root);
    entry.watch = watch;
    try {
      await watch.run(signal);
    } finally {
      entry.watch = undefined;
    }
  }

  #noteHolder(id: number, holder: string | undefined): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.holder = holder;
    if (holder === undefined) return;
    this.#deps.logger.info(`Another photon process (${holder}) watches the folder; this one takes over when it ends.`, {
      event: "root:taken",
      root: entry.root.path.toString(),
      holder,
    });
  }

  async #end(id: number, { stop, running }: Entry): Promise<void> {
    stop.abort();
    await running;
    this.#entries.delete(id);
  }
}
