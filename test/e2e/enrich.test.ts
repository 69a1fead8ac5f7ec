/** `photon enrich` and its worker as processes: stopped while it is followed, and gone on with. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { processesOf, runPhotonIn, startPhoton, until } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import { writePhotos } from "../support/photos.ts";

const config = (model: string): string =>
  `[embedding]\nmodel = "generated-sample"\n[tagging]\nenabled = false\n[llm]\nprovider = "stub"\nmodel = "${model}"\n`;

let library: TestLibrary;
const sql = async (text: string): Promise<readonly Record<string, unknown>[]> => {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(library.cataloguePath);
  return database.prepare(text).all();
};

beforeAll(async () => {
  library = await createTestLibrary({ config: config("hang") });
  await writePhotos(library.photos, { count: 3, longEdge: 24 });
  const words = ["process", library.photos, "--no-embedding", "--no-thumbnail", "-q", "-f", "jsonl"];
  const { code, stderr } = await runPhotonIn(library, words);
  if (code !== 0) throw new Error(stderr);
}, 120_000);
afterAll(() => library?.[Symbol.asyncDispose]());

test("Ctrl-C ends the following with 130, the jobs stay as they were; the next run goes on with them", async () => {
  const following = startPhoton(library, ["enrich"]);
  await until(
    "a call that hangs",
    async () => ((await sql("select 1 from llm_call_logs")).length > 0 ? true : undefined),
    100_000,
  );
  following.child.kill("SIGINT");
  const { code, stdout, stderr } = await following.ended;
  expect([code, stdout], stderr).toEqual([130, ""]);
  expect(stderr).toContain("Stopped following; the jobs stay queued.");
  await until("the worker's end", async () =>
    (await processesOf(library)).some(({ command }) => command.includes("worker")) ? undefined : true,
  );
  expect((await sql("select state, attempts_invalid, snoozes, crashes from jobs")).map((row) => ({ ...row }))).toEqual(
    Array.from({ length: 3 }, () => ({ state: "available", attempts_invalid: 0, snoozes: 0, crashes: 0 })),
  );

  await library.configure(config("ok"));
  const next = await runPhotonIn(library, ["enrich", "--json"]);
  expect(next.code, next.stderr).toBe(0);
  expect(JSON.parse(next.stdout)).toMatchObject({ success: true, processed_count: 3, failed_count: 0 });
  expect(await sql("select count(*) as jobs from jobs")).toMatchObject([{ jobs: 3 }]); // the same ones
  expect(await sql("select count(*) as marks from to_index")).toMatchObject([{ marks: 0 }]); // search finds them
  expect(await sql("select max(version) as version, count(*) as documents from documents")).toMatchObject([
    { version: 1, documents: 3 },
  ]);
}, 200_000);
