import { describe, expect, test } from "vitest";
import type { HintListener, HintSource } from "../../../agent/hints/hint-source.ts";
import type { RootScans } from "../../../agent/root-scans.ts";
import { RootWatch } from "../../../agent/root-watch.ts";
import type { ModeChoice } from "../../../agent/watch-mode.ts";
import type { ScanHooks } from "../../../src/library/scan/root-scan.ts";
import type { ScanEnd } from "../../../src/library/scan/scan-root.ts";
import { silentLogger } from "../../../src/logger.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const ROOT = "/photos";
const MINUTE = 60_000;
const none = { found: 0, changed: 0, moved: 0, returned: 0, missed: 0, excluded: 0, files: 0, folders: 0 };
const done: ScanEnd = { end: "done", ...none };

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A root of three folders whose scans are recorded, with hints that the test gives. */
const createRoot = (choice: ModeChoice = { mode: "events" }) => {
  const clock = createManualClock();
  const scanned: string[] = [];
  const warnings: string[] = [];
  const watched = new Set<string>();
  const library = {
    folders: [ROOT, `${ROOT}/a`, `${ROOT}/b`],
    end: done as ScanEnd,
    isInOrder: true,
    failure: undefined as Error | undefined,
    isLimited: false,
  };
  let listener: HintListener | undefined;
  const scans: RootScans = {
    scanAll: async ({ onFolder }: ScanHooks) => {
      scanned.push("all");
      if (library.failure !== undefined) throw library.failure;
      for (const folder of library.folders) await onFolder(Buffer.from(folder));
      return library.end;
    },
    scanFolders: (folders) => {
      scanned.push(...folders.map(({ folder, isDeep }) => `${folder.toString()}${isDeep ? "/**" : ""}`));
      return Promise.resolve(library.end);
    },
    isInOrder: () => Promise.resolve(library.isInOrder),
  };
  const createSource = (_root: Buffer, given: HintListener): HintSource => {
    listener = given;
    return {
      watch: (folder) => {
        if (library.isLimited && watched.size >= 1) {
          given.onTrouble("limit", { folder, code: "ENOSPC", message: "no space" });
        } else watched.add(folder.toString());
        return Promise.resolve();
      },
      unwatch: (folder) => void watched.delete(folder.toString()),
      stats: () => ({ handles: watched.size, events: 0 }),
      [Symbol.asyncDispose]: () => {
        watched.clear();
        return Promise.resolve();
      },
    };
  };
  const watch = new RootWatch({
    path: Buffer.from(ROOT),
    scans,
    chooseMode: () => choice,
    createSource,
    settle: { quietMs: 500, longestMs: 5000 },
    rescanMs: { events: 60 * MINUTE, timed: 15 * MINUTE },
    clock,
    logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
    onChange: () => undefined,
  });
  const stop = new AbortController();
  const running = watch.run(stop.signal);
  return {
    library,
    watch,
    scanned,
    warnings,
    watched,
    hint: (folder: string) => listener?.onDirty(Buffer.from(folder)),
    trouble: (code: string) => listener?.onTrouble("failed", { folder: undefined, code, message: "broken" }),
    pass: async (ms: number): Promise<void> => {
      clock.advance(ms);
      await settle();
    },
    stop: async (): Promise<void> => {
      stop.abort();
      await running;
    },
  };
};

describe("scans of a watched root", () => {
  test("begin with the whole root, whose folders are watched", async () => {
    const root = createRoot();
    await settle();
    expect(root.scanned).toEqual(["all"]);
    expect([...root.watched]).toEqual(root.library.folders);
    expect(root.watch.view()).toMatchObject({ mode: "events", handles: 3, dirty: 0, isScanning: false });
    await root.stop();
    expect(root.watched.size).toBe(0);
  });

  test("follow hints, when the folder has come to rest", async () => {
    const root = createRoot();
    await settle();
    root.hint(`${ROOT}/a`);
    root.hint(`${ROOT}/a`);
    await root.pass(499);
    expect(root.scanned).toEqual(["all"]);
    await root.pass(1);
    expect(root.scanned).toEqual(["all", "/photos/a"]);
    await root.stop();
  });

  test("come again after an hour, and give back the watches of folders that are gone", async () => {
    const root = createRoot();
    await settle();
    root.library.folders.pop();
    await root.pass(59 * MINUTE);
    expect(root.scanned).toEqual(["all"]);
    await root.pass(MINUTE);
    expect(root.scanned).toEqual(["all", "all"]);
    expect([...root.watched]).toEqual([ROOT, `${ROOT}/a`]);
    await root.stop();
  });

  test("come after a quarter of an hour without events, after five minutes when something had changed", async () => {
    const root = createRoot({ mode: "timed", reason: "it is far away" });
    root.library.end = { ...done, found: 1 };
    await settle();
    expect(root.watch.view()).toMatchObject({ mode: "timed", reason: "it is far away", handles: 0 });
    root.library.end = done;
    await root.pass(5 * MINUTE);
    expect(root.scanned).toHaveLength(2);
    await root.pass(14 * MINUTE);
    expect(root.scanned).toHaveLength(2);
    await root.pass(MINUTE);
    expect(root.scanned).toHaveLength(3);
    await root.stop();
  });

  test("come when they are asked for, at most every five seconds", async () => {
    const root = createRoot();
    await settle();
    root.watch.request("SIGHUP");
    root.watch.request("SIGHUP");
    await root.pass(4999);
    expect(root.scanned).toHaveLength(1);
    await root.pass(1);
    expect(root.scanned).toHaveLength(2);
    await root.stop();
  });

  test("cover everything after an error of the watch, and after a flood that has come to rest", async () => {
    const root = createRoot();
    await settle();
    await root.pass(10_000);
    root.trouble("EIO");
    await root.pass(0);
    expect(root.scanned).toEqual(["all", "all"]);
    expect(root.warnings).toHaveLength(1);
    await root.pass(10_000);
    for (let event = 0; event < 5000; event += 1) root.hint(`${ROOT}/a`);
    await root.pass(600);
    await root.pass(1400);
    expect(root.scanned).toEqual(["all", "all", "/photos/a", "all"]);
    await root.stop();
  });

  test("that fail are tried again", async () => {
    const root = createRoot();
    root.library.failure = new Error("database is busy");
    await settle();
    expect(root.warnings).toHaveLength(1);
    root.library.failure = undefined;
    await root.pass(5000);
    expect(root.scanned).toEqual(["all", "all"]);
    await root.stop();
  });
});

describe("the limit of watches", () => {
  test("ends events for the whole root, and is told once with what lifts it", async () => {
    const root = createRoot();
    root.library.isLimited = true;
    await settle();
    const view = root.watch.view();
    expect(view).toMatchObject({ mode: "timed", handles: 0 });
    expect(view.fix).toContain("fs.inotify.max_user_watches");
    await root.pass(15 * MINUTE);
    await root.pass(15 * MINUTE);
    expect(root.scanned).toHaveLength(3);
    expect(root.warnings).toEqual([expect.stringContaining("/etc/sysctl.d/60-photon.conf")]);
    await root.stop();
  });

  test("that was lifted is noticed by the next scan", async () => {
    const root = createRoot();
    root.library.isLimited = true;
    await settle();
    root.library.isLimited = false;
    await root.pass(15 * MINUTE);
    expect(root.watch.view()).toMatchObject({ mode: "events", handles: 3 });
    await root.stop();
  });
});

describe("a root that cannot be trusted", () => {
  test("is looked at every few seconds, and scanned when it is back", async () => {
    const root = createRoot();
    await settle();
    root.library.end = { end: "frozen", reason: "missing" };
    root.library.isInOrder = false;
    root.hint(ROOT);
    await root.pass(500);
    expect(root.watch.view()).toMatchObject({ mode: "frozen", reason: "the folder is not there", handles: 0 });
    await root.pass(5000);
    await root.pass(5000);
    expect(root.scanned).toEqual(["all", ROOT]);
    root.library.end = done;
    root.library.isInOrder = true;
    await root.pass(5000);
    expect(root.scanned).toEqual(["all", ROOT, "all"]);
    expect(root.watch.view()).toMatchObject({ mode: "events", handles: 3 });
    await root.stop();
  });

  test("is held while too many files are gone, and scanned again after ten minutes", async () => {
    const root = createRoot();
    root.library.end = { ...done, end: "held" };
    await settle();
    expect(root.watch.view().mode).toBe("held");
    root.library.end = done;
    await root.pass(10 * MINUTE);
    expect(root.watch.view().mode).toBe("events");
    await root.stop();
  });
});
