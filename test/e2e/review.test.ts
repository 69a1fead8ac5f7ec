/** Review, watches, events and requests through the command line. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateSampleLibrary } from "../../src/sample-library/generate.ts";
import { goodAnswers } from "../support/enrichment.ts";
import { processWords, runPhotonIn, startPhoton } from "../support/cli.ts";
import { startAnsweringProvider } from "../support/fake-providers/answering.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";

const SAMPLE = '[embedding]\nmodel = "generated-sample"\n';
const STUB = `${SAMPLE}[llm]\nprovider = "stub"\n`;

let library: TestLibrary;

interface Listed {
  readonly results: readonly { readonly id: string; readonly scope_id: string; readonly path: string }[];
  readonly events: readonly { readonly id: string; readonly title: string }[];
  readonly proposals: readonly { readonly id: string }[];
}

const photon = async (...words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runPhotonIn(library, words);
  if (code !== 0) throw new Error(`photon ${words.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
};
const json = async <Value>(...words: readonly string[]): Promise<Value> =>
  JSON.parse(await photon(...words, "--json")) as Value; // what the command promises; the tests check what they use

beforeAll(async () => {
  library = await createTestLibrary({ config: STUB });
  await generateSampleLibrary(library.photos, { count: 4, size: 240 });
  await photon(...processWords(library), "--llm", "stub", "--output", join(library.folder, "records.jsonl"));
}, 120_000);

afterAll(() => library?.[Symbol.asyncDispose]());

test("a result is listed, edited, compared, brought back and discarded; a wrong edit changes nothing", async () => {
  const { results } = await json<Listed>("review", "list", "--all");
  expect(results).toHaveLength(4);
  const [first] = results;
  const id = first?.scope_id.slice(0, 12) ?? "";
  await photon("review", "edit", id, "--set", "title=Rex at the sea", "--set", "tags=Rex,dog,beach");
  expect(await photon("search", "Rex at the sea", "--json")).toContain(first?.scope_id ?? "none");
  expect(await photon("review", "diff", id)).toMatch(/^- title: Stub.*\n\+ title: Rex at the sea\n/m);
  const refused = await runPhotonIn(library, ["review", "edit", id, "--set", "tags=dog"]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("tags must have at least 3 items");
  expect(await json<readonly unknown[]>("review", "history", id)).toHaveLength(2);
  expect(await photon("review", "restore", id, "--to", "1")).toContain("version 3, by stub/ok");
  await photon("review", "discard", id);
  expect((await json<Listed>("review", "list", "--state", "DISCARDED")).results).toHaveLength(1);
  expect(await photon("review", "retry", id)).toBe("Asked again for 1 result.\n");
  const twice = await runPhotonIn(library, ["review", "confirm", first?.id ?? ""]);
  expect(twice.code).toBe(1);
}, 120_000);

test("fields come out of a file; without ids, --all or --execution nothing is decided", async () => {
  const { results } = await json<Listed>("review", "list", "--state", "CONFIRMED");
  const id = results.at(-1)?.scope_id.slice(0, 12) ?? "";
  const file = join(library.folder, "new.json");
  await writeFile(file, JSON.stringify({ title: "Out of a file" }));
  expect(await photon("review", "edit", id, "--file", file)).toContain("Out of a file");
  const { code, stderr } = await runPhotonIn(library, ["review", "discard"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("Expected ids, --all or --execution")]);
}, 120_000);

test("events are lines of JSON; following ends well when it is interrupted", async () => {
  const lines = (await photon("events", "--type", "llm_image_tag_result")).trim().split("\n");
  expect(lines.length).toBeGreaterThanOrEqual(4);
  const [first] = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  expect(first).toMatchObject({ user_id: 1, message_type: "llm_image_tag_result" });
  const following = startPhoton(library, ["events", "--follow"]);
  await following.untilStdout("llm_image_tag_result");
  following.child.kill("SIGINT");
  expect((await following.ended).code).toBe(130);
}, 120_000);

test("a reminder is asked for in words, waits, and becomes a calendar file", async () => {
  const intent = { intent: "reminder", query: null, when: "2026-03-05T09:00", title: "Print", note: null };
  const filters = { taken_from: null, taken_to: null, tags: null, folder: null, source_type: null };
  const text = JSON.stringify({ ...goodAnswers["intent"], ...intent, filters });
  await using provider = await startAnsweringProvider(() => ({ text }));
  await library.configure(SAMPLE + provider.config);
  const asked = await json<{ readonly id: string; readonly state: string }>("ask", "remind me to print");
  expect(asked.state).toBe("PENDING");
  expect((await json<Listed>("review", "list")).events).toMatchObject([{ id: asked.id, title: "Print" }]);
  const folder = join(library.folder, "calendar");
  await photon("review", "confirm", asked.id, "--ics", folder);
  expect(await readFile(join(folder, `${asked.id}.ics`), "utf8")).toContain("SUMMARY:Print\r\n");
  await photon("ask", "remind me to print", "--yes", "--ics", folder);
  expect((await json<Listed>("review", "list")).events).toEqual([]);
  await library.configure(SAMPLE);
  const without = await runPhotonIn(library, ["ask", "dogs"]);
  expect(without.code).toBe(2);
  expect(without.stderr).toContain("No language model is configured.");
  expect(without.stderr).not.toContain("queued");
}, 120_000);

test("standing watches meet the photos of the next run, without any language model", async () => {
  await library.configure(SAMPLE);
  await photon("watches", "add", "everything", "--query", "a photo", "--threshold", "0");
  expect(await photon("watches", "list")).toContain("0 matches");
  await generateSampleLibrary(join(library.photos, "more"), { count: 8, size: 200, seed: 7 });
  await photon(...processWords(library), "--output", join(library.folder, "more.jsonl"));
  const compared = await json<Listed>("review", "list", "--all", "--kind", "watch_match");
  expect(compared.results.length).toBeGreaterThan(0);
  await photon("watches", "remove", "everything");
  expect((await runPhotonIn(library, ["watches", "remove", "everything"])).code).toBe(1);
}, 120_000);
