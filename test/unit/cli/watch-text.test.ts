import { expect, test } from "vitest";
import { timeText, watchRows } from "../../../src/cli/status/watch-text.ts";
import type { StageStatus, WatchedRootStatus, WatchStatus } from "../../../src/library/watch-status.ts";

const NOW = new Date(2024, 6, 15, 14, 30).getTime();

const root: WatchedRootStatus = {
  id: 1,
  path: "/home/me/Pictures",
  mode: "events",
  reason: undefined,
  fix: undefined,
  offline: false,
  lastScanAt: NOW - 60_000,
  lastScanMs: 1234,
  nextScanAt: NOW + 3_600_000,
  watchedFolders: 501,
  files: { present: 1204, new: 3, unstable: 1, quarantined: 0, missing: 5, unseen: 0, excluded: 0 },
};
const stage = (given: Partial<StageStatus>): StageStatus => ({
  stage: "process",
  queued: 0,
  running: 0,
  perMinute: undefined,
  etaSeconds: undefined,
  lastError: undefined,
  ...given,
});
const status = (given: Partial<WatchStatus> = {}): WatchStatus => ({
  roots: [root],
  stages: [stage({})],
  agent: { owner: "host|1|1|1", paused: false, pausedUntil: undefined, lastError: undefined, stuck: undefined },
  queueDepth: 0,
  lagMs: 0,
  upToDateSince: NOW,
  ...given,
});
const lines = (given?: Partial<WatchStatus>): readonly string[] =>
  watchRows(status(given), NOW).map(([name, value]) => `${name}: ${value}`);

test("a folder that is watched, with nothing left to do", () => {
  expect(lines()).toEqual([
    "folder: /home/me/Pictures",
    ": events, 501 folders watched",
    ": 1,204 present, 3 new, 1 still being written, 5 missing",
    ": last scan 14:29 (1.2 s), next 15:30",
    "agent: runs, everything up to date since 14:30",
  ]);
});

test("work that waits has speed, time left and its last error with the file; a queue that stands names its file", () => {
  const lastError = { path: "/p/bad.jpg", code: "decode_failed", message: "It is broken.", at: NOW };
  const stages = [
    stage({ queued: 100, running: 4, perMinute: 50, etaSeconds: 120, lastError }),
    stage({ stage: "image_tag", queued: 2 }),
  ];
  const agent = { ...status().agent, stuck: { path: "/p/slow.cr2", since: NOW - 360_000 } };
  expect(lines({ stages, agent, lagMs: 65_000, upToDateSince: undefined }).slice(4)).toEqual([
    "agent: runs",
    "waiting: 100 to process (4 running, 50 a minute, ETA 2 min 0 s)",
    "waiting: 2 image_tag",
    "lag: 1 min 5 s",
    "last error: process, 14:30, /p/bad.jpg: It is broken.",
    "stands still: since 14:24 on /p/slow.cr2",
  ]);
});

test("a folder that is not watched by events says why and what helps", () => {
  const degraded = {
    ...root,
    mode: "timed",
    reason: "the system gives no more watches",
    fix: "Raise the limit.",
  } as const;
  expect(lines({ roots: [degraded] })).toEqual(
    expect.arrayContaining([": timed scans: the system gives no more watches", ": Raise the limit."]),
  );
  const paused = { ...status().agent, paused: true, pausedUntil: NOW + 86_400_000 };
  expect(lines({ agent: paused })).toContain("agent: runs, paused until 2024-07-16 14:30");
});

test("a library without added folders says nothing of watching", () => {
  expect(lines({ roots: [] })).toEqual([]);
});

test("times of another day carry the date", () => {
  expect(timeText(NOW - 86_400_000, NOW)).toBe("2024-07-14 14:30");
});
