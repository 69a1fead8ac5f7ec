/**
 * Folders that wait for a scan. A folder is due when it was quiet for a moment, or when it has waited long enough
 * under constant change. When too many wait, folders give way to the one they have in common, which is then scanned with
 * everything in it: the set never grows with the number of changes.
 */
import { MILLISECOND, SECOND } from "../src/clock.ts";
import { isInside, parentOf } from "../src/photo/path-bytes.ts";
import { folderKey } from "./hints/hint-source.ts";

export interface SettleTimes {
  /** A folder is scanned when it was quiet for so long. */
  readonly quietMs: number;
  /** Or when it has waited for so long. */
  readonly longestMs: number;
}

export const DEFAULT_SETTLE_TIMES: SettleTimes = { quietMs: 500 * MILLISECOND, longestMs: 5 * SECOND };
const MOST_FOLDERS = 200;

export interface DirtyFolder {
  readonly folder: Buffer;
  /** With everything in it. */
  readonly isDeep: boolean;
}

interface Waiting extends DirtyFolder {
  readonly firstAt: number;
  readonly lastAt: number;
}

export class DirtyFolders {
  readonly #root: Buffer;
  readonly #times: SettleTimes;
  readonly #waiting = new Map<string, Waiting>();

  constructor(root: Buffer, times: SettleTimes = DEFAULT_SETTLE_TIMES) {
    this.#root = root;
    this.#times = times;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @param now milliseconds */
  mark(folder: Buffer, now: number): void {
    if (!isInside(folder, this.#root)) return;
    const cover = this.#deepAround(folder) ?? this.#waiting.get(folderKey(folder));
    this.#put({ folder, isDeep: false, firstAt: now, ...cover, lastAt: now });
    if (this.#waiting.size > MOST_FOLDERS) this.#absorb();
  }

  /** Takes out what is due. */
  takeDue(now: number): readonly DirtyFolder[] {
    const due = [...this.#waiting.values()].filter((waiting) => this.#dueAt(waiting) <= now);
    for (const { folder } of due) this.#waiting.delete(folderKey(folder));
    return due.map(({ folder, isDeep }) => ({ folder, isDeep }));
  }

  /** When the first folder is due; undefined when none waits. */
  nextDue(): number | undefined {
    return this.#waiting.size === 0
      ? undefined
      : Math.min(...[...this.#waiting.values()].map((one) => this.#dueAt(one)));
  }

  /** For a scan of the whole root, which sees everything that was reported before. */
  clear(): void {
    this.#waiting.clear();
  }

  #dueAt({ firstAt, lastAt }: Waiting): number {
    return Math.min(lastAt + this.#times.quietMs, firstAt + this.#times.longestMs);
  }

  #put(waiting: Waiting): void {
    this.#waiting.set(folderKey(waiting.folder), waiting);
  }

  #deepAround(folder: Buffer): Waiting | undefined {
    for (let around = folder; ; around = parentOf(around)) {
      const waiting = this.#waiting.get(folderKey(around));
      if (waiting?.isDeep === true) return waiting;
      if (around.equals(this.#root)) return undefined;
    }
  }

  /** The parent of most takes their place; again until few enough are left. */
  #absorb(): void {
    while (this.#waiting.size > MOST_FOLDERS) {
      const inside = Map.groupBy(this.#inner(), ({ folder }) => folderKey(parentOf(folder)));
      const most = [...inside.values()].reduce((a, b) => (b.length > a.length ? b : a), []);
      const [first] = most;
      if (first === undefined) return;
      this.#cover(parentOf(first.folder));
    }
  }

  /** All but the root, which has nothing around it. */
  #inner(): readonly Waiting[] {
    return [...this.#waiting.values()].filter(({ folder }) => !folder.equals(this.#root));
  }

  #cover(parent: Buffer): void {
    const covered = [...this.#waiting.values()].filter(({ folder }) => isInside(folder, parent));
    for (const { folder } of covered) this.#waiting.delete(folderKey(folder));
    this.#put({
      folder: parent,
      isDeep: true,
      firstAt: Math.min(...covered.map(({ firstAt }) => firstAt)),
      lastAt: Math.max(...covered.map(({ lastAt }) => lastAt)),
    });
  }
}
