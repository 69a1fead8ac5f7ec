import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runPhoton } from "../support/run-program.ts";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "photon-demo-test-"));
});
afterAll(() => rmSync(home, { recursive: true }));

test("the demo paints, processes and finds photos, labels its model, and leaves nothing behind", async () => {
  const library = join(home, "library");
  const { code, stdout, stderr } = await runPhoton(["demo", "--photos", "16"], {
    environment: { PHOTON_HOME: library, XDG_CONFIG_HOME: home, TMPDIR: home },
  });
  expect([code, stderr.includes("error:")]).toEqual([0, false]);
  expect(stdout).toContain("$ photon search sunset");
  expect(stdout).toContain("photon-mini, the basic model that comes with photon");
  expect(stdout).toMatch(/photos +\d+ in 16 files/);
  const folder = /Everything was in (\S+) and is removed now/.exec(stdout)?.[1] ?? "";
  expect(folder.startsWith(home)).toBe(true);
  expect(existsSync(folder)).toBe(false);
  expect(existsSync(library)).toBe(false);
});

test("--keep leaves a library that can be searched", async () => {
  const environment = { XDG_CONFIG_HOME: home, TMPDIR: home };
  const { stdout } = await runPhoton(["demo", "--photos", "12", "--keep"], { environment });
  const config = /--config (\S+) search/.exec(stdout)?.[1] ?? "";
  const { code, stdout: found } = await runPhoton(["--config", config, "search", "snowy mountains", "--json"], {
    environment,
  });
  expect(code).toBe(0);
  expect((JSON.parse(found) as { hits: readonly unknown[] }).hits.length).toBeGreaterThan(0);
});
