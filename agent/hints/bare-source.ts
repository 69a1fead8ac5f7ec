/**
 * Hints of the operating system, taken as they come. Linux and BSD: one handle for each folder. A handle there belongs
 * to the folder itself, not to its path: after a rename it reports under the old path, after a deletion it is silent.
 * So each belongs to an inode, and `watch` opens a new one when the path leads to another folder. macOS and Windows: one
 * handle for each root, which reports for everything in it.
 */
import type { FSWatcher } from "node:fs";
import { watch } from "node:fs";
import { systemCode } from "../../src/errors.ts";
import { isInside, joinPath, nameOf, parentOf } from "../../src/photo/path-bytes.ts";
import type { CreateHintSource, HintCoverage, HintListener, HintSource, HintStats } from "./hint-source.ts";
import { folderIdentity, folderKey, isGone, troubleKind } from "./hint-source.ts";

interface WatchedFolder {
  readonly folder: Buffer;
  readonly identity: string;
  readonly handle: FSWatcher;
}

class BareSource implements HintSource {
  readonly #root: Buffer;
  readonly #listener: HintListener;
  readonly #coverage: HintCoverage;
  readonly #watched = new Map<string, WatchedFolder>();
  #events = 0;
  #isClosed = false;

  constructor(root: Buffer, listener: HintListener, coverage: HintCoverage) {
    this.#root = root;
    this.#listener = listener;
    this.#coverage = coverage;
  }

  async watch(folder: Buffer): Promise<void> {
    if (this.#coverage === "root" && !folder.equals(this.#root)) return;
    const identity = await folderIdentity(folder);
    const known = this.#watched.get(folderKey(folder));
    if (this.#isClosed || known?.identity === identity) return;
    if (known !== undefined) this.#close(known);
    if (identity !== undefined) this.#open(folder, identity);
  }

  unwatch(folder: Buffer): void {
    for (const watched of this.#watched.values()) if (isInside(watched.folder, folder)) this.#close(watched);
  }

  stats(): HintStats {
    return { handles: this.#watched.size, events: this.#events };
  }

  #open(folder: Buffer, identity: string): void {
    try {
      const handle = this.#coverage === "root" ? this.#openRoot() : this.#openFolder(folder);
      handle.on("error", (error) => {
        this.#close({ folder, handle });
        this.#report(folder, error);
      });
      this.#watched.set(folderKey(folder), { folder, identity, handle });
    } catch (error) {
      this.#report(folder, error);
    }
  }

  #openFolder(folder: Buffer): FSWatcher {
    const name = nameOf(folder);
    return watch(folder, { persistent: false }, (event, entry) => {
      this.#events += 1;
      this.#listener.onDirty(folder);
      // Under its own name a folder is told that it was itself moved or deleted.
      if (event === "rename" && entry === name) this.#doubt(folder);
    });
  }

  /** The next `watch` opens a new handle, whatever the path leads to; the scan of the parent asks for it. */
  #doubt(folder: Buffer): void {
    const known = this.#watched.get(folderKey(folder));
    if (known !== undefined) this.#watched.set(folderKey(folder), { ...known, identity: "" });
    if (!folder.equals(this.#root)) this.#listener.onDirty(parentOf(folder));
  }

  #openRoot(): FSWatcher {
    return watch(this.#root.toString(), { persistent: false, recursive: true }, (_event, entry) => {
      this.#events += 1;
      if (entry !== null) this.#listener.onDirty(parentOf(joinPath(this.#root, Buffer.from(entry))));
      else
        this.#listener.onTrouble("failed", { folder: undefined, code: "unknown", message: "An event named no file." });
    });
  }

  #close({ folder, handle }: Pick<WatchedFolder, "folder" | "handle">): void {
    handle.close();
    const key = folderKey(folder);
    if (this.#watched.get(key)?.handle === handle) this.#watched.delete(key);
  }

  #report(folder: Buffer, error: unknown): void {
    const code = systemCode(error) ?? "unknown";
    if (this.#isClosed || isGone(code)) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#listener.onTrouble(troubleKind(code), { folder, code, message });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const watched of this.#watched.values()) this.#close(watched);
    return Promise.resolve();
  }
}

export const createBareSource =
  (coverage: HintCoverage): CreateHintSource =>
  (root, listener) =>
    new BareSource(root, listener, coverage);
