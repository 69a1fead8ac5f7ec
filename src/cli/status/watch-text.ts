/** Watched folders and waiting work, as people read them. */
import type { StageStatus, WatchedRootStatus, WatchStatus } from "../../library/watch-status.ts";
import { remainingText } from "../progress-display.ts";
import { formatCount, formatPlural } from "../terminal.ts";

type Row = readonly [string, string];

const SECOND_MS = 1000;

/** Local time without seconds; of another day with the date. */
export const timeText = (at: number, now: number): string => {
  const local = (time: number): string => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString();
  const [text, today] = [local(at), local(now)];
  return text.slice(0, 10) === today.slice(0, 10) ? text.slice(11, 16) : text.slice(0, 16).replace("T", " ");
};

const listed = (parts: readonly (readonly [number, string])[]): string =>
  parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${formatCount(count)} ${word}`)
    .join(", ");

const filesText = ({ files }: WatchedRootStatus): string =>
  listed([
    [files.present, "present"],
    [files.new, "new"],
    [files.unstable, "still being written"],
    [files.quarantined, "quarantined"],
    [files.missing, "missing"],
    [files.unseen, "not seen just now"],
    [files.excluded, "left out by a rule"],
  ]) || "no photos yet";

const modeText = ({ mode, reason, watchedFolders }: WatchedRootStatus): string => {
  const why = reason === undefined ? "" : `: ${reason}`;
  switch (mode) {
    case "events":
      return `events, ${formatPlural(watchedFolders, "folder")} watched`;
    case "timed":
      return `timed scans${why}`;
    case "frozen":
      return `offline${why}`;
    case "held":
      return `held${why}`;
    case "off":
      return `not watched now${why}`;
    default:
      return mode satisfies never;
  }
};

const scanText = ({ lastScanAt, lastScanMs, nextScanAt }: WatchedRootStatus, now: number): string => {
  const last =
    lastScanAt === undefined
      ? "not scanned yet"
      : `last scan ${timeText(lastScanAt, now)} (${((lastScanMs ?? 0) / SECOND_MS).toFixed(1)} s)`;
  return nextScanAt === undefined ? last : `${last}, next ${timeText(nextScanAt, now)}`;
};

const rootRows = (root: WatchedRootStatus, now: number): readonly Row[] => [
  ["folder", root.path],
  ["", modeText(root)],
  ["", filesText(root)],
  ["", scanText(root, now)],
  ...(root.fix === undefined ? [] : [["", root.fix] as const]),
];

const STAGE_WORDS: Readonly<Record<string, string>> = {
  settle: "wait until they are whole",
  process: "to process",
  index: "to index",
};

const stageText = ({ stage, queued, running, perMinute, etaSeconds }: StageStatus): string => {
  const speed = perMinute === undefined ? [] : [`${perMinute} a minute`];
  const eta = etaSeconds === undefined ? [] : [`ETA ${remainingText(etaSeconds)}`];
  const details = [...(running === 0 ? [] : [`${formatCount(running)} running`]), ...speed, ...eta].join(", ");
  return `${formatCount(queued)} ${STAGE_WORDS[stage] ?? stage}${details === "" ? "" : ` (${details})`}`;
};

const errorRows = ({ stage, lastError }: StageStatus, now: number): readonly Row[] =>
  lastError === undefined
    ? []
    : [
        [
          "last error",
          `${stage}, ${timeText(lastError.at, now)}, ${lastError.path ?? "a photo that is gone"}: ${lastError.message}`,
        ],
      ];

const agentText = ({ agent, upToDateSince }: WatchStatus, now: number): string => {
  if (agent.owner === undefined) return "does not run";
  const until = agent.pausedUntil === undefined ? "until it is resumed" : `until ${timeText(agent.pausedUntil, now)}`;
  if (agent.paused) return `runs, paused ${until}`;
  return upToDateSince === undefined ? "runs" : `runs, everything up to date since ${timeText(upToDateSince, now)}`;
};

/** Empty for a library without added folders. */
export const watchRows = (status: WatchStatus, now: number): readonly Row[] => {
  if (status.roots.length === 0) return [];
  const busy = status.stages.filter(({ queued, running }) => queued + running > 0);
  const { stuck } = status.agent;
  return [
    ...status.roots.flatMap((root) => rootRows(root, now)),
    ["agent", agentText(status, now)],
    ...busy.map((stage) => ["waiting", stageText(stage)] as const),
    ...(status.lagMs < SECOND_MS ? [] : [["lag", remainingText(status.lagMs / SECOND_MS)] as const]),
    ...status.stages.flatMap((stage) => errorRows(stage, now)),
    ...(stuck === undefined ? [] : [["stands still", `since ${timeText(stuck.since, now)} on ${stuck.path}`] as const]),
  ];
};
