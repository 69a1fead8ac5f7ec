/** `photon process --llm` as a process, with its worker as another: pipes, files, Ctrl-C. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PHOTON } from "../support/run-program.ts";
import { processesOf, runPhotonIn, startPhoton, until } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import { writePhotos } from "../support/photos.ts";
import type { ReadRecord } from "../support/records.ts";
import { parseLines, readArray } from "../support/records.ts";

const CONFIG = "[tagging]\nenabled = false\n";
const FAST = ["--no-embedding", "--no-thumbnail", "-q", "--llm", "stub"] as const;

const libraryOf = async (count: number): Promise<TestLibrary> => {
  const library = await createTestLibrary({ config: CONFIG });
  await writePhotos(library.photos, { count, longEdge: 24 });
  return library;
};
const countOf = (records: readonly ReadRecord[], type: string): number =>
  records.filter((record) => record.type === type).length;
const sql = async (library: TestLibrary, text: string): Promise<readonly Record<string, unknown>[]> => {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(library.cataloguePath);
  return database.prepare(text).all();
};

test("65 photos through a pipe and into a file end with 65 descriptions, and no process is left", async () => {
  await using library = await libraryOf(65);
  const piped = await runPhotonIn(library, ["process", library.photos, ...FAST, "-f", "jsonl"]);
  expect(piped.code, piped.stderr).toBe(0);
  expect(countOf(parseLines(piped.stdout), "enrichment")).toBe(65);
  const file = join(library.folder, "o.json");
  const written = await runPhotonIn(library, ["process", library.photos, ...FAST, "-o", file, "--force"]);
  expect(written.code, written.stderr).toBe(0);
  expect(countOf(readArray(file), "enrichment")).toBe(65);
  expect((await processesOf(library)).filter(({ command }) => command.includes("worker"))).toEqual([]);
  const calls = await sql(library, "select count(*) as calls from llm_call_logs group by scope_id");
  expect(new Set(calls.map((row) => row["calls"]))).toEqual(new Set([2])); // once by each run
});

test("Ctrl-C while the provider hangs ends both processes with 130; the next run completes", async () => {
  await using library = await libraryOf(3);
  const words = ["process", library.photos, ...FAST, "-f", "jsonl"];
  const program = startPhoton(library, [...words, "--llm-model", "hang"]);
  await until(
    "a call that hangs",
    async () => {
      const rows = await sql(library, "select call_id from llm_call_logs").catch(() => []); // not made yet
      return rows.length > 0 ? rows : undefined;
    },
    200_000,
  );
  program.child.kill("SIGINT");
  const { code, stdout, stderr } = await program.ended;
  expect(code, stderr).toBe(130);
  expect(countOf(parseLines(stdout), "core")).toBe(3);
  await until("the worker's end", async () =>
    (await processesOf(library)).some(({ command }) => command.includes("worker")) ? undefined : true,
  );
  expect((await sql(library, "select distinct state, crashes from jobs")).map((row) => ({ ...row }))).toEqual([
    { state: "available", crashes: 0 },
  ]);
  const again = await runPhotonIn(library, words);
  expect(again.code, again.stderr).toBe(0);
  expect(countOf(parseLines(again.stdout), "enrichment")).toBe(3);
});

test("a reader that goes away ends a described run quietly with 0", async () => {
  await using library = await libraryOf(4);
  const line = `"${process.execPath}" "${PHOTON}" process "${library.photos}" ${FAST.join(" ")} -f jsonl; echo "code $?" >&2`;
  const child = spawn("/bin/sh", ["-c", line], { env: { ...process.env, ...library.environment } });
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  child.stdout.once("data", () => child.stdout.destroy());
  await new Promise((resolve) => child.once("exit", resolve));
  expect(stderr.trim()).toBe("code 0");
});
