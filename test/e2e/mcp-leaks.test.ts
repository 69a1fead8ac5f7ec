/** Whatever is asked of the real server, and whatever fails: keys, other folders and a provider's words stay where they are. */
import { mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { loadSharp } from "../../src/photo/load-sharp.ts";
import { prompts } from "../../tools/prompts.ts";
import { tools } from "../../tools/tools.ts";
import { runPhotonIn } from "../support/cli.ts";
import { MARKER } from "../support/fake-providers/scenarios.ts";
import type { FakeProvider } from "../support/fake-providers/server.ts";
import { startFakeProvider } from "../support/fake-providers/server.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import type { Pipe } from "../support/mcp-pipe.ts";
import { openPipe } from "../support/mcp-pipe.ts";
import { photoBytes } from "../support/photos.ts";

const KEY = "sk-KEY-that-no-answer-holds";
const WHERE = {
  IFD3: { GPSLatitudeRef: "N", GPSLatitude: "48/1 51/1 30/1", GPSLongitudeRef: "E", GPSLongitude: "2/1 17/1 40/1" },
};
/** 48° 51' 30", closer than a tenth of a degree. */
const EXACT = /48\.858|2\.294/;

const placedPhoto = async (path: string, seed: number): Promise<void> => {
  const sharp = await loadSharp();
  const picture = sharp(await photoBytes(seed)).withExif(WHERE);
  await writeFile(path, await picture.jpeg().toBuffer());
};

const leakyLibrary = async (provider: FakeProvider): Promise<TestLibrary> => {
  const library = await createTestLibrary({ config: "" });
  await mkdir(join(library.photos, "private"), { recursive: true });
  const root = JSON.stringify(await realpath(library.photos));
  await library.configure(
    `[tagging]\nenabled = false\n[llm]\nprovider = "openai"\nmax_retries = 0\n[llm.openai]\napi_key = "${KEY}"\nendpoint = ${JSON.stringify(provider.endpoint("openai", "e400"))}\n[[roots]]\npath = ${root}\nfolders = { "private" = { local_only = true } }\n`,
  );
  await placedPhoto(join(library.photos, "open.jpg"), 1);
  await placedPhoto(join(library.photos, "private", "own.jpg"), 2);
  const words = ["process", library.photos, "--no-embedding", "-q"];
  expect(await runPhotonIn(library, words)).toMatchObject({ code: 0 });
  return library;
};

const idOf = async (library: TestLibrary, name: string): Promise<string> => {
  await using photon = await library.open();
  const { contentHash } = await photon.show(join(library.photos, name), new AbortController().signal);
  return contentHash.slice(0, 12);
};

/** Shown ids, by the log of calls; tests of a provider are of no photo. */
const photosCalledFor = async ({ cataloguePath }: TestLibrary): Promise<readonly string[]> => {
  using database = new DatabaseSync(cataloguePath, { readOnly: true });
  const rows = database.prepare("select distinct scope_id from llm_call_logs where scope_id is not null").all();
  return rows.map(({ scope_id: hash }) => String(hash).slice(0, 12));
};

const callTool = async (pipe: Pipe, name: string, given: object): Promise<string> =>
  JSON.stringify(await pipe.request("tools/call", { name, arguments: given }));

test("keys, folders outside and a provider's words are in no answer; a photo's place is coarse and sent to nobody", async () => {
  await using provider = await startFakeProvider();
  await using library = await leakyLibrary(provider);
  const [open, own] = [await idOf(library, "open.jpg"), await idOf(library, "private/own.jpg")];
  await using pipe = openPipe(library);

  const described = await callTool(pipe, "describe", { ids: [open, own], generate: true });
  expect(described).toMatch(/LLM_/); // the open one was sent, and refused
  expect(described).toMatch(/local_only|on this machine/i);
  const calls = provider.requests.filter(({ method }) => method === "POST");
  expect(calls.length).toBeGreaterThan(0);
  expect(await photosCalledFor(library)).toEqual([open]);
  for (const { body } of calls) expect(body.toString("latin1")).not.toMatch(/48\.8|GPS|Exif/);

  const outside = join(library.home, "config.toml");
  const given: readonly (readonly [string, object])[] = [
    ["search_by_embedding", {}],
    ["search_by_embedding", { like_path: outside }],
    ["view_photos", { ids: [open, own] }],
    ["describe", { ids: [open, own] }],
    ["process", { paths: [outside, library.photos] }],
    ["process", { paths: [outside] }],
    ["get_enrichment", { ids: [open, own] }],
    ["request_enrichment", { ids: [open, own] }],
    ["annotate", { id: open, title: "A square" }],
    ["review_enrichment", { action: "confirm", ids: [open] }],
    ["find_duplicates", { mode: "exact" }],
    ["changes_since", {}],
    ["get_costs", {}],
    ["get_status", {}],
    ["watch_folder", { path: library.home }],
    ["watch_folder", { path: library.photos }],
    ["gallery_page", { ids: [open] }],
    ["remove_from_index", { ids: [open] }],
  ];
  for (const [name, input] of given) await callTool(pipe, name, input);
  for (const { name } of tools) await callTool(pipe, name, { nonsense: outside, ids: ["../../etc"] });
  for (const uri of ["photon://status", `photo://${open}`, `photo://${open}/thumbnail`, "photo://../config.toml"])
    await pipe.request("resources/read", { uri });
  for (const { name } of prompts)
    await pipe.request("prompts/get", { name, arguments: { what: "dog", photo_id: open } });
  const told = pipe.lines.join("\n");
  const config = JSON.stringify(await pipe.request("resources/read", { uri: "photon://config" }));
  expect(config).toContain("llm.openai.api_key");
  for (const secret of [KEY, MARKER]) expect(told + config).not.toContain(secret);
  expect(told.replaceAll(outside, "")).not.toContain(library.home); // what was asked for may be repeated
  expect(told).not.toMatch(/node_modules| {4}at /);
  // Only the record of one photo, which is the full one.
  expect(pipe.lines.filter((line) => EXACT.test(line) && !line.includes('"contents"'))).toEqual([]);
  for (const word of [KEY, MARKER]) expect(pipe.stderr()).not.toContain(word);
});
