/** Nothing reports home: ONNX Runtime's own reporting leaves files in the temporary folder as soon as it is on. */
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { generateSampleLibrary } from "../../src/sample-library/generate.ts";
import { runPhoton } from "../support/run-program.ts";

const REPORTER_FILES = /^(?:mat-debug-|\.ses$)/;

let home: string;
let temporary: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "photon-reports-"));
  temporary = join(home, "tmp");
  await mkdir(temporary);
});
afterEach(() => rm(home, { recursive: true, force: true }));

test.runIf(process.platform === "linux")("processing and searching leave no trace of a report", async () => {
  const photos = join(home, "photos");
  await generateSampleLibrary(photos, { count: 10 });
  // The tests switch it off for all their processes; here photon has to.
  const environment = { ORT_DISABLE_TELEMETRY: "", TMPDIR: temporary, PHOTON_HOME: join(home, "library") };
  for (const words of [
    ["process", photos, "--quiet"],
    ["search", "sunset"],
  ]) {
    expect(await runPhoton(words, { environment })).toMatchObject({ code: 0 });
  }
  expect((await readdir(temporary)).filter((name) => REPORTER_FILES.test(name))).toEqual([]);
});
