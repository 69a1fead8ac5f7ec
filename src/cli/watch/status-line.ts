/** What `photon watch` shows of itself on a terminal, in one line. */
import type { AgentView, WatchedRootView } from "../../../agent/main.ts";
import { remainingText } from "../progress-display.ts";
import { formatCount, formatPlural } from "../terminal.ts";

const modesText = (roots: readonly WatchedRootView[]): string => {
  const counts = new Map<string, number>();
  for (const { watch, holder } of roots) {
    const mode = watch?.mode ?? (holder === undefined ? "starting" : `watched by ${holder}`);
    counts.set(mode, (counts.get(mode) ?? 0) + 1);
  }
  return [...counts].map(([mode, count]) => (roots.length === 1 ? mode : `${count} ${mode}`)).join(", ");
};

const workText = ({ settling, waiting, marks, roots, paused }: AgentView, photosPerSecond: number): string => {
  if (paused !== undefined) return `paused ${paused}`;
  const parts = [
    ...(roots.some(({ watch }) => watch?.isScanning === true) ? ["scanning"] : []),
    ...(settling > 0 ? [`${formatCount(settling)} settling`] : []),
    ...(waiting > 0 ? [`${formatCount(waiting)} to process`] : []),
    ...(waiting > 0 && photosPerSecond > 0
      ? [`${photosPerSecond.toFixed(1)}/s`, `ETA ${remainingText(waiting / photosPerSecond)}`]
      : []),
    ...(marks > 0 ? [`${formatCount(marks)} to index`] : []),
  ];
  return parts.length === 0 ? "up to date" : parts.join(", ");
};

const dirtyOf = (roots: readonly WatchedRootView[]): number =>
  roots.reduce((sum, { watch }) => sum + (watch?.dirty ?? 0), 0);

/** @param photosPerSecond 0 while it is not known */
export const statusLine = (view: AgentView, photosPerSecond: number): string => {
  const dirty = dirtyOf(view.roots);
  const parts = [
    `${formatPlural(view.roots.length, "folder")} (${modesText(view.roots)})`,
    workText(view, photosPerSecond),
    ...(dirty > 0 ? [`${formatPlural(dirty, "folder")} changed`] : []),
    ...(view.done > 0 ? [`${formatCount(view.done)} done`] : []),
    ...(view.failed > 0 ? [`${formatCount(view.failed)} failed`] : []),
    ...(view.lastFailure === undefined ? [] : [`last: ${view.lastFailure.path} (${view.lastFailure.code})`]),
  ];
  return parts.join(" | ");
};
