/**
 * `npm run test:mcp`: the official conformance suites and the official inspector against the real program. The suites
 * call fixtures of a demo server as well; scenarios that do are named, with the reason, in 2025.yml and 2026.yml.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { processWords, runPhotonIn } from "../support/cli.ts";
import { createTestLibrary } from "../support/library.ts";
import type { TestLibrary } from "../support/library.ts";
import { writePhotos } from "../support/photos.ts";
import type { ProgramResult } from "../support/run-program.ts";
import { PHOTON, REPOSITORY, runProgram } from "../support/run-program.ts";
import { inspections } from "./inspections.ts";

const PHOTOS = 12;
const SUITES = [
  { name: "2025", more: [] },
  { name: "2026", more: ["--requirements", "2026-07-28"] },
] as const;
const INSPECTOR = join(REPOSITORY, "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js");

interface HttpProgram extends AsyncDisposable {
  readonly url: string;
}

const startHttp = async (library: TestLibrary): Promise<HttpProgram> => {
  const child = spawn(process.execPath, [PHOTON, "mcp", "--http", "--without-token"], {
    env: { ...process.env, ...library.environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "close");
  const { promise: url, resolve, reject } = Promise.withResolvers<string>();
  createInterface({ input: child.stderr }).on("line", (line) => {
    const found = /http:\/\/\S+/.exec(line)?.[0];
    if (found !== undefined) resolve(found);
  });
  ended.then(
    () => reject(new Error("photon mcp --http ended before it listened.")),
    () => undefined, // told by the line above
  );
  return {
    url: await url,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
};

/** Shows what went wrong in full, and of what went well one line. */
const report = (what: string, { code, stdout, stderr }: ProgramResult, problem: string | undefined): boolean => {
  console.log(`${problem === undefined ? "ok  " : "FAIL"} ${what}`);
  if (problem === undefined) return true;
  console.log(`${problem}\nexit code ${code}\n${stdout}\n${stderr}`);
  return false;
};

const runSuite = async ({ url }: HttpProgram, { name, more }: (typeof SUITES)[number]): Promise<boolean> => {
  const script = join(REPOSITORY, `node_modules/conformance-${name}/dist/index.js`);
  const baseline = join(import.meta.dirname, `${name}.yml`);
  const result = await runProgram(script, ["server", "--url", url, ...more, "--expected-failures", baseline]);
  const total = /^Total: .*$/m.exec(result.stdout)?.[0] ?? "no total";
  const problem = result.code === 0 ? undefined : "The suite differs from its baseline.";
  return report(`conformance ${name}: ${total}, none of the failures unexpected`, result, problem);
};

/** @returns ids of the library, from a search as a client makes it */
const runInspections = async (library: TestLibrary): Promise<boolean> => {
  const server = { node: process.execPath, photon: PHOTON };
  const results: boolean[] = [];
  let ids: readonly string[] = [];
  for (const inspection of inspections) {
    const words = ["--cli", ...inspection.words({ ...server, ids })];
    const result = await runProgram(INSPECTOR, words, { environment: library.environment });
    ids = inspection.idsIn?.(result.stdout) ?? ids;
    const problem = result.code === 0 ? inspection.problem(result.stdout) : "The inspector failed.";
    results.push(report(`inspector: ${inspection.name}`, result, problem));
  }
  return results.every(Boolean);
};

const { values: chosen } = parseArgs({ options: { suites: { type: "boolean" }, inspector: { type: "boolean" } } });
const all = chosen.suites !== true && chosen.inspector !== true;
await using library = await createTestLibrary();
await writePhotos(library.photos, { count: PHOTOS });
const processed = await runPhotonIn(library, processWords(library));
const passed: boolean[] = [
  report("photos of the test library", processed, processed.code === 0 ? undefined : "Failed."),
];
if (all || chosen.suites === true) {
  await using program = await startHttp(library);
  for (const suite of SUITES) passed.push(await runSuite(program, suite));
}
if (all || chosen.inspector === true) passed.push(await runInspections(library));
process.exitCode = passed.every(Boolean) ? 0 : 1;
