/** One scan of a root, or of folders in it: what differs from the catalogue is collected, and written lot by lot. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { AddedRoot } from "../../catalogue/root-repository.ts";
import type { ScanChanges, ScannedFile } from "../../catalogue/scan-repository.ts";
import type { Clock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import type { Logger } from "../../logger.ts";
import { isInside } from "../../photo/path-bytes.ts";
import type { FolderDifference } from "./compare-folder.ts";
import { compareFolder, countsAsThere, pathKey } from "./compare-folder.ts";
import { stableMs } from "./file-systems.ts";
import { knownByInode } from "./known-by-inode.ts";
import type { Links } from "./links.ts";
import { linksOf } from "./links.ts";
import type { FolderScan, WalkOptions, WalkStart } from "./walk.ts";
import { parentFolder, walk } from "./walk.ts";

/** Changes of this many files are written in one transaction. */
const LOT = 500;

export interface ScanDeps {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absolute real paths that are never entered. */
  readonly excludedFolders: readonly Buffer[];
  /** Photos were marked for the index. */
  readonly onChanged: () => void;
}

export interface ScanHooks {
  /** Called with the absolute path before a folder is listed: from then on its changes are to be noticed. */
  readonly onFolder: (folder: Buffer) => Promise<void>;
  readonly signal: AbortSignal;
}

interface Tally {
  found: number;
  changed: number;
  moved: number;
  returned: number;
  excluded: number;
  files: number;
  folders: number;
}

type Changes = {
  -readonly [Key in "found" | "changed" | "moved" | "returned" | "excluded"]: ScanChanges[Key][number][];
};

const noChanges = (): Changes => ({ found: [], changed: [], moved: [], returned: [], excluded: [] });
const sizeOf = (changes: Changes): number => Object.values(changes).reduce((sum, list) => sum + list.length, 0);

const isIn = (folders: readonly Buffer[], folder: Buffer): boolean =>
  folders.some((outer) => outer.length === 0 || isInside(folder, outer));

/** One scan of a root or of folders in it: collects what differs, and writes it lot by lot. */
export class RootScan {
  readonly #deps: ScanDeps;
  readonly #root: AddedRoot;
  readonly #hooks: ScanHooks;
  readonly #priority: number;
  readonly #rootPaths: ReadonlyMap<number, Buffer>;
  readonly #links: Links | undefined;
  readonly tally: Tally = { found: 0, changed: 0, moved: 0, returned: 0, excluded: 0, files: 0, folders: 0 };
  readonly #visited = new Set<string>();
  /** Folders that were seen in others, walked or not. */
  readonly #listed = new Set<string>();
  readonly #unreadable: Buffer[] = [];
  readonly #ignored: Buffer[] = [];
  /** Folders in those that were looked at. */
  readonly inside: Buffer[] = [];
  readonly unseen = new Map<number, ScannedFile>();
  /** Folders whose `.photonignore` is not what it was: it rules all that lies in them. */
  readonly ruledAnew: Buffer[] = [];
  /** Folders with sidecars before this scan, asked for once. */
  #sidecarFolders: Promise<readonly Buffer[]> | undefined;
  #changes = noChanges();

  constructor(
    deps: ScanDeps,
    root: AddedRoot,
    options: { readonly hooks: ScanHooks; readonly priority: number; readonly rootPaths: ReadonlyMap<number, Buffer> },
  ) {
    this.#links = linksOf(deps.config, [...options.rootPaths.values()]);
    this.#deps = deps;
    this.#root = root;
    this.#hooks = options.hooks;
    this.#priority = options.priority;
    this.#rootPaths = options.rootPaths;
  }

  /** @returns false when it was interrupted: what was not seen may be there all the same */
  async walk(start: Omit<WalkStart, "root">): Promise<boolean> {
    for await (const walked of walk({ root: this.#root.path, ...start }, this.#walkOptions())) {
      if (walked.kind === "folder") await this.#compare(walked.scan);
      else if (walked.kind === "ignored") this.#ignored.push(walked.folder);
      else if (walked.kind === "unreadable") {
        this.#unreadable.push(walked.folder);
        this.#deps.logger.debug("A folder could not be read.", { error: String(walked.error) });
      }
    }
    await this.flush();
    return !this.#hooks.signal.aborted;
  }

  get rootId(): number {
    return this.#root.id;
  }

  hasVisited(folder: Buffer): boolean {
    return this.#visited.has(pathKey(folder));
  }

  /** What became of the folder is known; false when it is gone. */
  hasSettled(folder: Buffer): boolean {
    return this.hasVisited(folder) || isIn(this.#ignored, folder) || isIn(this.#unreadable, folder);
  }

  /** Rows of folders that are gone, or left out now. */
  async lookForLost(): Promise<void> {
    const { scans } = this.#deps.catalogue;
    for (const folder of await scans.folders(this.#root.id)) {
      const isIgnored = isIn(this.#ignored, folder);
      if (!isIgnored && !this.#isGone(folder)) continue;
      const files = (await scans.filesIn(this.#root.id, folder)).filter(countsAsThere);
      if (isIgnored) this.#exclude(files);
      else for (const file of files) this.unseen.set(file.id, file);
    }
    await this.flush();
    const lost = (await this.#knownSidecarFolders()).filter(
      (folder) => isIn(this.#ignored, folder) || this.#isGone(folder),
    );
    await this.#deps.catalogue.sidecars.dropFolders(this.#root.id, lost);
  }

  /** @param missed ids */
  async flush(missed: readonly number[] = []): Promise<void> {
    if (sizeOf(this.#changes) + missed.length === 0) return;
    const changes = this.#changes;
    this.#changes = noChanges();
    for (const { file } of changes.moved) this.unseen.delete(file.id);
    await this.#deps.catalogue.scans.apply({
      rootId: this.#root.id,
      ...changes,
      missed,
      priority: this.#priority,
      settleAt: this.#deps.clock.now() + this.#settleMs(),
    });
    this.#deps.onChanged();
  }

  /** The nearest folder around it that was looked at does not hold the way to it. */
  #isGone(folder: Buffer): boolean {
    if (this.hasVisited(folder) || isIn(this.#unreadable, folder)) return false;
    for (let inner = folder; inner.length > 0; inner = parentFolder(inner)) {
      if (this.#listed.has(pathKey(inner))) return false;
      if (this.hasVisited(parentFolder(inner))) return true;
    }
    return false;
  }

  #walkOptions(): WalkOptions {
    const { config, excludedFolders } = this.#deps;
    const { exclude = [], hidden = config.watch.hidden } = this.#root.options;
    return {
      exclude: [...config.watch.exclude, ...exclude],
      hidden,
      extensions: new Set(config.processing.supported_formats.map((extension) => extension.toLowerCase())),
      excludedFolders,
      links: this.#links,
      ...this.#hooks,
    };
  }

  #settleMs(): number {
    return stableMs(this.#deps.config.watch.stable_seconds, this.#root.identity?.fileSystem ?? "");
  }

  async #compare(scan: FolderScan): Promise<void> {
    this.#visited.add(pathKey(scan.folder));
    if (await this.#deps.catalogue.ignoreFiles.note(this.#root.id, scan.folder, scan.patterns))
      this.ruledAnew.push(scan.folder);
    for (const folder of scan.folders) this.#listed.add(pathKey(folder));
    this.inside.push(...scan.folders);
    this.#ignored.push(...scan.ignoredFolders);
    this.tally.folders += 1;
    this.tally.files += scan.photos.length;
    await this.#note(compareFolder(scan, await this.#deps.catalogue.scans.filesIn(this.#root.id, scan.folder)));
    await this.#noteSidecars(scan);
  }

  #knownSidecarFolders(): Promise<readonly Buffer[]> {
    this.#sidecarFolders ??= this.#deps.catalogue.sidecars.folders(this.#root.id);
    return this.#sidecarFolders;
  }

  async #noteSidecars({ folder, sidecars }: FolderScan): Promise<void> {
    const hadSome = async (): Promise<boolean> =>
      (await this.#knownSidecarFolders()).some((known) => known.equals(folder));
    if (sidecars.length === 0 && !(await hadSome())) return;
    await this.#deps.catalogue.sidecars.note({ rootId: this.#root.id, folder, found: sidecars });
  }

  async #note({ unknown, changed, returned, excluded, unseen }: FolderDifference): Promise<void> {
    const { moved, found } = await knownByInode(
      {
        scans: this.#deps.catalogue.scans,
        rootPaths: this.#rootPaths,
        links: this.#links,
        device: this.#root.identity?.device,
      },
      unknown,
    );
    const { tally } = this;
    this.#changes.moved.push(...moved);
    this.#changes.found.push(...found);
    this.#changes.changed.push(...changed);
    this.#changes.returned.push(...returned);
    this.#exclude(excluded);
    for (const file of unseen) this.unseen.set(file.id, file);
    tally.moved += moved.length;
    tally.found += found.length;
    tally.changed += changed.length;
    tally.returned += returned.length;
    // A move is written at once: its old place is asked for in the next folder.
    if (moved.length > 0 || sizeOf(this.#changes) >= LOT) await this.flush();
  }

  #exclude(files: readonly ScannedFile[]): void {
    this.#changes.excluded.push(...files);
    this.tally.excluded += files.length;
  }
}
