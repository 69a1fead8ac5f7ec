/**
 * Keeps what is known of one root equal to its folders, as long as this process is its watcher. One scan at a time:
 *
 *   start ──▶ whole scan ──▶ waiting ──hint──▶ dirty folders ──quiet──▶ scan of these ──▶ waiting
 *                ▲              │──time, error, flood, wake-up, command──▶ whole scan
 *                └── in order ── frozen (looked at every few seconds)
 *
 * Events or not is decided anew at each whole scan, which also opens the watches: a limit that was lifted is noticed.
 */
import type { Clock } from "../src/clock.ts";
import { MINUTE, SECOND } from "../src/clock.ts";
import { isAbort } from "../src/errors.ts";
import { WakeUp } from "../src/jobs/wake-up.ts";
import type { FreezeReason } from "../src/library/scan/root-check.ts";
import { FREEZE_TEXTS } from "../src/library/scan/root-check.ts";
import type { ScanHooks } from "../src/library/scan/root-scan.ts";
import type { ScanEnd } from "../src/library/scan/scan-root.ts";
import type { Logger } from "../src/logger.ts";
import { DirtyFolders } from "./dirty-folders.ts";
import type { SettleTimes } from "./dirty-folders.ts";
import { FloodMeter } from "./flood-meter.ts";
import type { CreateHintSource, HintSource, Trouble, TroubleKind } from "./hints/hint-source.ts";
import { folderKey } from "./hints/hint-source.ts";
import type { RootScans } from "./root-scans.ts";
import type { ModeChoice } from "./watch-mode.ts";
import { limitMode } from "./watch-mode.ts";

/** A root in trouble is not scanned again and again. */
const LEAST_REST_MS = 5 * SECOND;
const CHECK_MS = 5 * SECOND;
/** A loss that is real is still there after this time. */
const HELD_AGAIN_MS = 10 * MINUTE;
/** Where something changed, more is to be expected. */
const ACTIVE_SHARE = 1 / 3;
/** Forever, for timers. */
const LONG_MS = 60 * MINUTE;

export interface RootWatchDeps {
  readonly path: Buffer;
  readonly scans: RootScans;
  readonly chooseMode: () => ModeChoice;
  readonly createSource: CreateHintSource;
  readonly settle: SettleTimes;
  /** Time between two whole scans. */
  readonly rescanMs: { readonly events: number; readonly timed: number };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Something changed that {@link RootWatch.view} shows. */
  readonly onChange: () => void;
}

/** What people are told. */
export interface RootView {
  readonly mode: "events" | "timed" | "frozen" | "held";
  readonly reason: string | undefined;
  readonly fix: string | undefined;
  /** Watches of the operating system. */
  readonly handles: number;
  readonly nextScanAt: number | undefined;
  /** Folders that wait for a scan. */
  readonly dirty: number;
  readonly isScanning: boolean;
}

export class RootWatch {
  readonly #deps: RootWatchDeps;
  readonly #dirty: DirtyFolders;
  readonly #flood = new FloodMeter();
  readonly #wakeUp: WakeUp;
  #source: HintSource | undefined;
  /** Folders with a watch, so that those that are gone give theirs back. */
  #folders = new Set<string>();
  #mode: ModeChoice = { mode: "timed" };
  #frozen: string | undefined;
  #isHeld = false;
  #wholeAt: number;
  #wholeReason = "start";
  #wholeEndedAt = -Infinity;
  #isScanning = false;
  #isLimitTold = false;

  constructor(deps: RootWatchDeps) {
    this.#deps = deps;
    this.#dirty = new DirtyFolders(deps.path, deps.settle);
    this.#wakeUp = new WakeUp(deps.clock);
    this.#wholeAt = deps.clock.now();
  }

  /** A whole scan, soon. */
  request(reason: string): void {
    const at = Math.max(this.#deps.clock.now(), this.#wholeEndedAt + LEAST_REST_MS);
    if (at < this.#wholeAt) {
      this.#wholeAt = at;
      this.#wholeReason = reason;
    }
    this.#wakeUp.now();
  }

  /** Works until the signal aborts; then every watch is given back. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wakeUp.now();
    signal.addEventListener("abort", wake, { once: true });
    try {
      while (!signal.aborted) {
        await this.#step(signal);
        if (!signal.aborted) await this.#wakeUp.wait(this.#pauseMs());
      }
    } finally {
      signal.removeEventListener("abort", wake);
      await this.#closeSource();
    }
  }

  view(): RootView {
    const { mode, reason, fix } = this.#mode;
    return {
      mode: this.#frozen !== undefined ? "frozen" : this.#isHeld ? "held" : mode,
      reason: this.#frozen ?? reason,
      fix,
      handles: this.#source?.stats().handles ?? 0,
      nextScanAt: this.#frozen === undefined ? this.#wholeAt : undefined,
      dirty: this.#dirty.size,
      isScanning: this.#isScanning || (this.#frozen === undefined && this.#wholeAt <= this.#deps.clock.now()),
    };
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps;
    try {
      const quietAt = this.#flood.quietAt();
      if (quietAt !== undefined && clock.now() >= quietAt) this.request("many events at once");
      if (this.#frozen !== undefined) await this.#look();
      else if (clock.now() >= this.#wholeAt) await this.#scan(() => this.#scanWhole(signal));
      else await this.#scan(() => this.#scanDirty(signal));
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      logger.warn("A scan failed and is tried again.", { root: this.#path, error: String(error) });
      this.#wholeEndedAt = clock.now();
      this.#wholeAt = clock.now() + LEAST_REST_MS;
    }
  }

  get #path(): string {
    return this.#deps.path.toString();
  }

  async #look(): Promise<void> {
    if (!(await this.#deps.scans.isInOrder())) return;
    this.#frozen = undefined;
    this.#wholeAt = this.#deps.clock.now();
    this.#wholeReason = "the folder is back";
    await this.#step(new AbortController().signal);
  }

  async #scan(work: () => Promise<void>): Promise<void> {
    this.#isScanning = true;
    try {
      await work();
    } finally {
      this.#isScanning = false;
      this.#deps.onChange();
    }
  }

  async #scanWhole(signal: AbortSignal): Promise<void> {
    const { clock, logger, scans } = this.#deps;
    const startedAt = clock.now();
    const reason = this.#wholeReason;
    this.#wholeAt = startedAt + LONG_MS; // what is asked for from now on is asked for anew
    this.#dirty.clear();
    this.#flood.clear();
    await this.#openSource();
    const visited = new Set<string>();
    const onFolder = async (folder: Buffer): Promise<void> => {
      visited.add(folderKey(folder));
      await this.#cover(folder);
    };
    const end = await scans.scanAll({ onFolder, signal });
    this.#wholeEndedAt = clock.now();
    if (end.end === "frozen") return this.#freeze(end.reason);
    this.#forget([...this.#folders].filter((key) => !visited.has(key)));
    this.#isHeld = end.end === "held";
    if (this.#mode.mode === "events") this.#isLimitTold = false;
    this.#wholeAt = Math.min(this.#wholeAt, clock.now() + this.#restMs(end));
    const { end: _end, ...tally } = end;
    const ms = clock.now() - startedAt;
    logger.info("A root was scanned.", { event: "root:scanned", root: this.#path, reason, ms, ...tally });
    return undefined;
  }

  async #scanDirty(signal: AbortSignal): Promise<void> {
    const { clock, logger, scans } = this.#deps;
    const due = this.#dirty.takeDue(clock.now());
    if (due.length === 0) return;
    const hooks: ScanHooks = { onFolder: (folder) => this.#cover(folder), signal };
    const end = await scans.scanFolders(due, hooks);
    if (end.end === "frozen") return this.#freeze(end.reason);
    const { end: _end, ...tally } = end;
    logger.debug("Folders were scanned.", { event: "folders:scanned", root: this.#path, ...tally });
    return undefined;
  }

  #restMs(end: ScanEnd): number {
    const { events, timed } = this.#deps.rescanMs;
    if (end.end === "held") return HELD_AGAIN_MS;
    if (this.#mode.mode === "events") return events;
    const isActive = end.end === "done" && end.found + end.changed + end.moved + end.returned + end.missed > 0;
    return isActive ? timed * ACTIVE_SHARE : timed;
  }

  async #freeze(code: FreezeReason): Promise<void> {
    const reason = FREEZE_TEXTS[code];
    this.#frozen = reason;
    await this.#closeSource();
    this.#deps.logger.warn("A root is frozen; its photos stay and are marked offline.", {
      event: "root:frozen",
      root: this.#path,
      reason,
    });
  }

  async #openSource(): Promise<void> {
    this.#mode = this.#deps.chooseMode();
    if (this.#mode.mode === "timed") return this.#closeSource();
    this.#source ??= this.#deps.createSource(this.#deps.path, {
      onDirty: (folder) => this.#onDirty(folder),
      onTrouble: (kind, detail) => this.#onTrouble(kind, detail),
    });
    return undefined;
  }

  async #closeSource(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    this.#folders.clear();
    await source?.[Symbol.asyncDispose]();
  }

  async #cover(folder: Buffer): Promise<void> {
    const source = this.#source;
    if (source === undefined) return;
    try {
      await source.watch(folder);
      if (source === this.#source) this.#folders.add(folderKey(folder));
    } catch (error) {
      this.#deps.logger.debug("A folder could not be watched.", { folder: folder.toString(), error: String(error) });
    }
  }

  #forget(keys: readonly string[]): void {
    for (const key of keys) {
      this.#folders.delete(key);
      this.#source?.unwatch(Buffer.from(key, "latin1"));
    }
  }

  #onDirty(folder: Buffer): void {
    const now = this.#deps.clock.now();
    this.#flood.note(now);
    this.#dirty.mark(folder, now);
    this.#wakeUp.now();
  }

  #onTrouble(kind: TroubleKind, { code, message, folder }: Trouble): void {
    if (this.#source === undefined) return;
    const about = { root: this.#path, code, ...(folder === undefined ? {} : { folder: folder.toString() }) };
    if (kind === "failed") {
      this.#deps.logger.warn(`Changes of a folder may have been missed: ${message}`, {
        event: "root:trouble",
        ...about,
      });
      this.request("the watch reported an error");
      return;
    }
    this.#mode = limitMode(code);
    void this.#closeSource();
    this.#wholeAt = Math.min(this.#wholeAt, this.#deps.clock.now() + this.#deps.rescanMs.timed);
    if (!this.#isLimitTold) {
      const text = `${this.#mode.reason ?? ""}: changes are found by scans every few minutes. ${this.#mode.fix ?? ""}`;
      this.#deps.logger.warn(`The folder is not watched, ${text}`, { event: "root:degraded", ...about });
    }
    this.#isLimitTold = true;
    this.#deps.onChange();
  }

  #pauseMs(): number {
    const now = this.#deps.clock.now();
    if (this.#frozen !== undefined) return CHECK_MS;
    const times = [this.#wholeAt, this.#dirty.nextDue(), this.#flood.quietAt()].filter((at) => at !== undefined);
    return Math.max(0, Math.min(LONG_MS, ...times.map((at) => at - now)));
  }
}
