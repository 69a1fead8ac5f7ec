import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import { statusFields } from "../../../src/library/watch-status.ts";
import type { WatchStatus } from "../../../src/library/watch-status.ts";
import { photoBytes } from "../../support/photos.ts";
import type { WatchedLibrary } from "../../support/watched-library.ts";
import { openWatchedLibrary } from "../../support/watched-library.ts";

const at = ({ library }: WatchedLibrary, name: string): string => join(library.photos, name);

const rootOf = ({ roots }: WatchStatus): WatchStatus["roots"][number] => {
  const [root] = roots;
  if (root === undefined) throw new Error("expected a root");
  return root;
};

/** What the agent does for a root whose folders it watches. */
const watchAsAgent = async (catalogue: Catalogue, rootId: number, settledAt?: number): Promise<void> => {
  await catalogue.leases.take("agent");
  await catalogue.leases.take(`watcher:${rootId}`);
  const watch = { mode: "events", reason: undefined, fix: undefined, folders: 3, nextScanAt: 4e12, settledAt } as const;
  await catalogue.roots.report(rootId, watch);
};

test("files are counted by what becomes of them", async () => {
  await using watched = await openWatchedLibrary();
  await writeFile(at(watched, "a.jpg"), await photoBytes(1));
  await writeFile(at(watched, "b.jpg"), await photoBytes(2));
  await writeFile(at(watched, "broken.jpg"), "this is no photo");
  const { watchStatus } = watched.photon;
  expect(rootOf(await watchStatus())).toMatchObject({ lastScanAt: undefined, mode: "off" });
  await watched.scan();
  const found = await watchStatus();
  expect(rootOf(found).files).toMatchObject({ new: 3, present: 0 });
  expect(rootOf(found).lastScanAt).toBeGreaterThan(0);
  expect(found).toMatchObject({ queueDepth: 3, upToDateSince: undefined });
  await watched.workOff();
  const done = await watchStatus();
  expect(rootOf(done).files).toMatchObject({ new: 0, present: 2, quarantined: 1 });
  const process = done.stages.find(({ stage }) => stage === "process");
  expect(process).toMatchObject({ queued: 0, running: 0, lastError: { path: at(watched, "broken.jpg") } });
  expect(process?.perMinute).toBeGreaterThan(0);
  await rm(at(watched, "a.jpg"));
  await writeFile(at(watched, ".photonignore"), "b.jpg\n");
  await watched.scan();
  expect(rootOf(await watchStatus()).files).toMatchObject({ unseen: 1, excluded: 1 });
  await watched.workOff();
  expect(rootOf(await watchStatus()).files).toMatchObject({ present: 0, missing: 1, excluded: 1, unseen: 0 });
});

test("up to date since the last watched folder came to rest, and only while somebody watches", async () => {
  await using watched = await openWatchedLibrary();
  const { watchStatus } = watched.photon;
  await using agent = await watched.library.catalogue();
  await watched.scan();
  expect(await watchStatus()).toMatchObject({ upToDateSince: undefined, agent: { owner: undefined } });
  await watchAsAgent(agent, watched.root.id, 1_700_000_000_000);
  const status = await watchStatus();
  expect(status).toMatchObject({
    upToDateSince: 1_700_000_000_000,
    queueDepth: 0,
    lagMs: 0,
    agent: { owner: agent.owner },
  });
  expect(rootOf(status)).toMatchObject({ mode: "events", watchedFolders: 3, nextScanAt: 4e12, fix: undefined });
  await writeFile(at(watched, "a.jpg"), await photoBytes(1));
  await watched.scan();
  watched.clock.advance(60_000);
  const behind = await watchStatus();
  expect(behind.upToDateSince).toBeUndefined();
  expect(behind.lagMs).toBeGreaterThanOrEqual(60_000);
});

test("a folder that is away is offline and says why; photos in it are kept and marked", async () => {
  await using watched = await openWatchedLibrary();
  await writeFile(at(watched, "a.jpg"), await photoBytes(1));
  await watched.scan();
  await watched.workOff();
  await rename(watched.library.photos, `${watched.library.photos}-away`);
  await watched.scan();
  const { photon } = watched;
  expect(rootOf(await photon.watchStatus())).toMatchObject({
    mode: "frozen",
    offline: true,
    reason: "the folder is not there",
    files: { present: 1, missing: 0 },
  });
  const [hit] = (await photon.search({}, new AbortController().signal)).hits;
  expect(hit?.photo.places.map(({ online }) => online)).toEqual([false]);
  await rename(`${watched.library.photos}-away`, watched.library.photos);
  await watched.scan();
  expect(rootOf(await photon.watchStatus())).toMatchObject({ offline: false, mode: "off" });
});

test("what people told the agent, and what it stands on, is in the status and in its log line", async () => {
  await using watched = await openWatchedLibrary();
  await using agent = await watched.library.catalogue();
  await watchAsAgent(agent, watched.root.id);
  await agent.agent.pause({ until: 4e12 });
  await agent.agent.noteStuck({ path: "/photos/slow.jpg", since: 5 });
  const status = await watched.photon.watchStatus();
  expect(status.agent).toMatchObject({ paused: true, pausedUntil: 4e12, stuck: { path: "/photos/slow.jpg" } });
  expect(JSON.parse(JSON.stringify(statusFields(status)))).toEqual({
    event: "status",
    roots: [{ path: watched.library.photos, mode: "events", present: 0, quarantined: 0, missing: 0 }],
    queued: { settle: 0, process: 0, index: 0 },
    queue_depth: 0,
    lag_ms: 0,
    stuck_on: "/photos/slow.jpg",
  });
});

test("another folder in the place of a root does not make its photos online", async () => {
  await using watched = await openWatchedLibrary();
  await writeFile(at(watched, "a.jpg"), await photoBytes(1));
  await watched.scan();
  await watched.workOff();
  await rm(watched.library.photos, { recursive: true });
  await mkdir(watched.library.photos);
  await watched.scan();
  const [hit] = (await watched.photon.search({}, new AbortController().signal)).hits;
  expect(hit?.photo.places.map(({ online }) => online)).toEqual([false]);
  expect(rootOf(await watched.photon.watchStatus()).reason).toContain("empty");
});
