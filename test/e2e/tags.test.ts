/** Tags by hand and tags anew, through the command line. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateSampleLibrary } from "../../src/sample-library/generate.ts";
import { parseRecords, processWords, runPhotonIn, startPhoton } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";

let library: TestLibrary;
let beach: string;

interface Shown {
  readonly tags: readonly {
    readonly name: string;
    readonly confidence: number;
    readonly provenance: { readonly source: string; readonly run_id: number; readonly vector_key?: string };
  }[];
}
interface Found {
  readonly hits: readonly {
    readonly id: string;
    readonly paths: readonly string[];
    readonly tags: readonly string[];
  }[];
}

const photon = async (...words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runPhotonIn(library, words);
  if (code !== 0) throw new Error(`photon ${words.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
};
const json = async <Value>(...words: readonly string[]): Promise<Value> =>
  JSON.parse(await photon(...words, "--json")) as Value; // what the command promises; the tests check what they use
const tagsOf = async (photo: string): Promise<Shown["tags"]> => (await json<Shown>("tag", "list", photo)).tags;
const namesOf = async (photo: string): Promise<readonly string[]> => (await tagsOf(photo)).map(({ name }) => name);

beforeAll(async () => {
  library = await createTestLibrary();
  await generateSampleLibrary(library.photos, { count: 24, size: 240 });
  await photon(...processWords(library), "--output", join(library.folder, "records.jsonl"));
  beach = (await json<Found>("search", "beach", "-n", "1")).hits[0]?.paths[0] ?? "";
}, 120_000);

afterAll(() => library?.[Symbol.asyncDispose]());

test("a tag by hand is found by its words, shown, written into records, and outlasts a forced run", async () => {
  const { run } = await json<{ run: number }>("tag", "add", beach, "grandmother Xenia");
  const found = await json<Found>("search", "xenia", "--mode", "text");
  expect(found.hits.map(({ paths }) => paths[0])).toEqual([beach]);
  expect((await json<Found>("search", "--tag", "grandmother xenia")).hits).toHaveLength(1);
  const records = parseRecords(await photon(...processWords(library), "--force"));
  const own = records.find(({ file_path: path }) => path === beach);
  expect(own?.tags[0]).toEqual({ name: "grandmother Xenia", confidence: 1 });
  expect(await photon("show", beach, "--no-images")).toContain("grandmother Xenia (yours)");
  expect((await tagsOf(beach))[0]).toMatchObject({
    name: "grandmother Xenia",
    provenance: { source: "user", run_id: run },
  });
  await photon("tag", "undo", String(run));
  expect(await namesOf(beach)).not.toContain("grandmother Xenia");
  expect((await json<Found>("search", "xenia", "--mode", "text")).hits).toEqual([]);
});

test("a tag that was removed does not come back with a forced run or other thresholds", async () => {
  expect(await namesOf(beach)).toContain("beach");
  const { run } = await json<{ run: number }>("tag", "remove", beach, "Beach");
  await photon(...processWords(library), "--force", "--output", join(library.folder, "again.jsonl"));
  const environment = { ...library.environment, PHOTON_TAGGING_MIN_CONFIDENCE: "0.1" };
  await startPhoton({ ...library, environment }, ["retag"]).ended;
  expect(await namesOf(beach)).not.toContain("beach");
  await photon("tag", "undo", String(run));
  expect(await namesOf(beach)).toContain("beach");
  await photon("retag");
});

test("retag does without the photos, changes what the settings ask for, and goes back", async () => {
  const moved = { ...library, environment: { ...library.environment, PHOTON_TAGGING_MAX_TAGS: "1" } };
  const before = await tagsOf(beach);
  expect(await photon("retag")).toContain("All tags are current.");
  await rm(library.photos, { recursive: true });
  const dry = await startPhoton(moved, ["retag", "--dry-run", "--json"]).ended;
  expect(JSON.parse(dry.stdout)).toMatchObject({ dry_run: true, gained: [] });
  expect(await tagsOf(beach)).toEqual(before);
  const report = JSON.parse((await startPhoton(moved, ["retag", "--json"]).ended).stdout) as { changed: number };
  expect(report.changed).toBeGreaterThan(0);
  expect(report).toEqual({ ...(JSON.parse(dry.stdout) as object), dry_run: false });
  expect(await tagsOf(beach)).toHaveLength(1);
  expect(await photon("retag")).toContain(`${report.changed} have other tags now`);
  expect(await namesOf(beach)).toEqual(before.map(({ name }) => name));
});

test("wrong words are explained", async () => {
  const alone = await runPhotonIn(library, ["tag", "add", "beach"]);
  expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining("at least one photo and then the tag")]);
  const unknown = await runPhotonIn(library, ["tag", "add", "0123456789ab", "x"]);
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("0123456789ab")]);
  const empty = await runPhotonIn(library, ["retag", "--set", "nowhere"]);
  expect(empty.stderr).not.toContain("    at ");
});
