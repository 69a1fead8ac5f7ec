import { expect, test } from "vitest";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { temporaryFolder } from "../../support/photos.ts";

const open = async (path: string, clock = createManualClock()) =>
  openCatalogue({ path: `${path}/catalogue.db`, clock });

test("a pause outlives the process that it was told, and ends by itself", async () => {
  await using folder = await temporaryFolder();
  const clock = createManualClock();
  await using first = await open(folder.path, clock);
  expect(await first.agent.paused()).toBeUndefined();
  await first.agent.pause({ until: clock.now() + 1000 });
  await using second = await open(folder.path, clock);
  expect(await second.agent.paused()).toEqual({ until: clock.now() + 1000 });
  clock.advance(1000);
  expect(await second.agent.paused()).toBeUndefined();
  expect(await second.agent.resume()).toBe(false);
});

test("a pause without an end lasts until it is lifted", async () => {
  await using folder = await temporaryFolder();
  await using catalogue = await open(folder.path);
  await catalogue.agent.pause({ until: undefined });
  expect(await catalogue.agent.paused()).toEqual({});
  expect(await catalogue.agent.resume()).toBe(true);
  expect(await catalogue.agent.paused()).toBeUndefined();
});

test("scans that are asked for are counted, errors and standstills are remembered", async () => {
  await using folder = await temporaryFolder();
  const clock = createManualClock();
  await using catalogue = await open(folder.path, clock);
  const { agent } = catalogue;
  await agent.wantScan();
  await agent.wantScan();
  expect(await agent.scansWanted()).toBe(2);
  await agent.noteError({ path: "/photos/a.jpg", code: "decode_failed", message: "It is damaged." });
  expect(await agent.lastError()).toMatchObject({ path: "/photos/a.jpg", at: clock.now() });
  await agent.noteStuck({ path: "/photos/b.jpg", since: 5 });
  expect(await agent.stuck()).toEqual({ path: "/photos/b.jpg", since: 5 });
  await agent.noteStuck(undefined);
  expect(await agent.stuck()).toBeUndefined();
});
