import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pauseRules } from "../../../agent/pauses.ts";
import { wantedMode, watchTimes } from "../../../agent/root-watches.ts";
import type { Config } from "../../../src/config.ts";
import { loadConfig } from "../../../src/config.ts";
import { stableMs } from "../../../src/library/scan/file-systems.ts";
import { temporaryFolder } from "../../support/photos.ts";

const load = async (toml: string): Promise<Config> => {
  await using folder = await temporaryFolder();
  const configPath = join(folder.path, "config.toml");
  writeFileSync(configPath, toml);
  return loadConfig({ environment: {}, configPath, workingDirectory: folder.path }).config;
};

test("times of watching are as configured, else as the design has them", async () => {
  expect(watchTimes(await load(""))).toEqual({
    settle: { quietMs: 500, longestMs: 5000 },
    rescanMs: { events: 3_600_000, timed: 900_000 },
  });
  const config = await load("[watch]\ndebounce_ms = 9000\nrescan_minutes = { events = 2, timed = 1 }\n");
  expect(watchTimes(config)).toEqual({
    settle: { quietMs: 9000, longestMs: 9000 },
    rescanMs: { events: 120_000, timed: 60_000 },
  });
});

test("a root's own mode comes before that of all roots", async () => {
  const config = await load('[watch]\nmode = "timed"\n');
  expect([wantedMode({ mode: "auto" }, config), wantedMode({ mode: "events" }, config)]).toEqual(["timed", "events"]);
});

test("files on the network must keep still for longer", async () => {
  const { stable_seconds: seconds } = (await load("[watch]\nstable_seconds = { local = 3, network = 20 }\n")).watch;
  expect([stableMs(seconds, "ext4"), stableMs(seconds, "nfs4"), stableMs(seconds, "fuse.sshfs")]).toEqual([
    3000, 20_000, 20_000,
  ]);
});

test("the rules of pauses are those of the configuration", async () => {
  expect(pauseRules(await load(""))).toMatchObject({ battery: false });
  const toml = '[watch.pause_when]\nbattery = true\nload = 0.8\nquiet_hours = "22:00-07:00"\n';
  expect(pauseRules(await load(toml))).toEqual({ battery: true, load: 0.8, quietHours: "22:00-07:00" });
});
