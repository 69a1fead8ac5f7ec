/**
 * Hints through chokidar; the only file that imports it. Linux and BSD: one `add` for each folder, with depth 0, so that
 * it keeps a watch per folder. Elsewhere one recursive watch for each root. Files are not ignored: that would list the
 * folder anew for each file that is deleted.
 */
import type { FSWatcher } from "chokidar";
import { watch } from "chokidar";
import { isUtf8 } from "node:buffer";
import { systemCode } from "../src/errors.ts";
import { isInside, parentOf } from "../src/photo/path-bytes.ts";
import type { CreateHintSource, HintCoverage, HintListener, HintSource, HintStats } from "./hints/hint-source.ts";
import { folderIdentity, folderKey, isGone, troubleKind } from "./hints/hint-source.ts";

const createWatcher = (coverage: HintCoverage): FSWatcher =>
  watch([], {
    ignoreInitial: true,
    atomic: false,
    followSymlinks: false,
    persistent: false,
    ...(coverage === "root" ? { backend: "native-recursive" as const } : { backend: "native" as const, depth: 0 }),
  });

class ChokidarSource implements HintSource {
  readonly #root: Buffer;
  readonly #listener: HintListener;
  readonly #coverage: HintCoverage;
  readonly #watcher: FSWatcher;
  /** Identity of the folder that each path led to. */
  readonly #folders = new Map<string, string>();
  #events = 0;
  #isClosed = false;

  constructor(root: Buffer, listener: HintListener, coverage: HintCoverage) {
    this.#root = root;
    this.#listener = listener;
    this.#coverage = coverage;
    this.#watcher = createWatcher(coverage);
    this.#watcher.on("all", (event, path) => this.#onEvent(event, Buffer.from(path)));
    this.#watcher.on("error", (error) => this.#fail(error));
  }

  async watch(folder: Buffer): Promise<void> {
    const key = folderKey(folder);
    const identity = await folderIdentity(folder);
    if (this.#isClosed || identity === undefined || this.#folders.get(key) === identity) return;
    if (!isUtf8(folder)) {
      // chokidar takes text only; the scans that come round find what changes in there.
      if (!this.#folders.has(key)) this.#report(folder, "EILSEQ", "The name of the folder is not UTF-8.");
    } else if (this.#coverage === "folder" || folder.equals(this.#root)) {
      // What it knows of the folder that was here before would keep it from looking at this one.
      if (this.#folders.has(key)) this.#watcher.unwatch(folder.toString());
      this.#watcher.add(folder.toString());
    }
    this.#folders.set(key, identity);
  }

  unwatch(folder: Buffer): void {
    for (const key of this.#folders.keys()) {
      const known = Buffer.from(key, "latin1");
      if (!isInside(known, folder)) continue;
      this.#folders.delete(key);
      if (this.#coverage === "folder") this.#watcher.unwatch(known.toString());
    }
  }

  stats(): HintStats {
    return { handles: this.#coverage === "root" ? 1 : this.#folders.size, events: this.#events };
  }

  #onEvent(event: string, path: Buffer): void {
    this.#events += 1;
    if (event === "addDir") this.#listener.onDirty(path);
    this.#listener.onDirty(path.equals(this.#root) ? path : parentOf(path));
  }

  #fail(error: unknown): void {
    const code = systemCode(error) ?? "unknown";
    if (!isGone(code)) this.#report(undefined, code, error instanceof Error ? error.message : String(error));
  }

  #report(folder: Buffer | undefined, code: string, message: string): void {
    if (!this.#isClosed) this.#listener.onTrouble(troubleKind(code), { folder, code, message });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#watcher.close();
  }
}

export const createChokidarSource =
  (coverage: HintCoverage): CreateHintSource =>
  (root, listener) =>
    new ChokidarSource(root, listener, coverage);
