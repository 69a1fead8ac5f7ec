import { afterAll, beforeAll, expect, test } from "vitest";
import { StorageError } from "../../../src/errors.ts";
import { processWords, runPhotonIn } from "../../support/cli.ts";
import { createTestLibrary } from "../../support/library.ts";
import type { TestLibrary } from "../../support/library.ts";
import type { InProcessClient } from "../../support/mcp.ts";
import { connectInProcess, ERAS } from "../../support/mcp.ts";
import { writePhotos } from "../../support/photos.ts";

let library: TestLibrary;
let hashes: readonly string[];
beforeAll(async () => {
  library = await createTestLibrary();
  await writePhotos(library.photos, { count: 4, perFolder: 2 });
  const { code, stderr } = await runPhotonIn(library, processWords(library));
  expect(stderr).toBe("");
  expect(code).toBe(0);
  await using catalogue = await library.catalogue();
  hashes = await catalogue.search.hashesWithPrefix("", 10);
});
afterAll(() => library[Symbol.asyncDispose]());

const idAt = (position: number): string => hashes[position]?.slice(0, 12) ?? "";
const jsonOf = async ({ client }: InProcessClient, uri: string): Promise<unknown> => {
  const [content] = (await client.readResource({ uri })).contents;
  return content !== undefined && "text" in content ? JSON.parse(content.text) : undefined;
};

test.each(ERAS)("era %s: a photo is read by its id, and by longer forms of it", async (era) => {
  await using served = await connectInProcess(library, { era });
  for (const id of [idAt(0), hashes[0]?.slice(0, 20), hashes[0]]) {
    expect(await jsonOf(served, `photo://${id}`)).toMatchObject({ id: idAt(0) });
  }
});

test("a thumbnail is a small JPEG without metadata", async () => {
  await using served = await connectInProcess(library);
  const [content] = (await served.client.readResource({ uri: `photo://${idAt(1)}/thumbnail` })).contents;
  expect(content).toMatchObject({ mimeType: "image/jpeg" });
  const bytes = Buffer.from(content !== undefined && "blob" in content ? content.blob : "", "base64");
  expect(bytes.subarray(0, 3).toString("hex")).toBe("ffd8ff");
  expect(bytes.length).toBeLessThan(60_000);
  expect(bytes.includes("Exif")).toBe(false);
});

test("status and settings are read; nothing but what is always there is listed", async () => {
  await using served = await connectInProcess(library);
  expect(await jsonOf(served, "photon://status")).toMatchObject({ indexed: 4, pending: 0 });
  expect(await jsonOf(served, "photon://config")).toHaveProperty(["general.data_dir"]);
  const { resources } = await served.client.listResources();
  expect(resources.length).toBeLessThanOrEqual(5);
  expect(JSON.stringify(resources)).not.toContain(idAt(0));
});

test("the gallery is a page of its own kind", async () => {
  await using served = await connectInProcess(library);
  const [content] = (await served.client.readResource({ uri: "ui://photon/gallery.html" })).contents;
  expect(content).toMatchObject({ mimeType: "text/html;profile=mcp-app", _meta: { ui: { prefersBorder: false } } });
});

test.each([
  "photo://ffffffffffff",
  "photo://ffffffffffff/thumbnail",
  "photo://xyz",
  "photo://0123",
  `photo://${"a".repeat(65)}`,
  "photo://%2e%2e%2fcatalogue.db",
  "photo://..",
  "photo:///etc/passwd",
  "file:///etc/passwd",
  "photon://nonsense",
  `photo://${"a".repeat(5000)}`,
  "ui://photon/../server.ts",
])("there is no %s, and nothing is told of what there is", async (uri) => {
  await using served = await connectInProcess(library, { era: "pin" });
  const refusal = await served.client.readResource({ uri }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Error);
  expect(refusal).toMatchObject({ code: -32602 });
  expect(String(refusal)).not.toContain(library.folder);
});

test("trouble below is told without its paths", async () => {
  await using served = await connectInProcess(library, {
    change: (edge) => ({
      ...edge,
      photos: { ...edge.photos, record: () => Promise.reject(new StorageError(`"${library.home}/x.db" is locked.`)) },
    }),
  });
  const refusal = await served.client.readResource({ uri: `photo://${idAt(0)}` }).catch((error: unknown) => error);
  expect(String(refusal)).toContain("(a path outside of the photo folders) is locked.");
});

test("ids, tags and folders are completed", async () => {
  await using served = await connectInProcess(library);
  const complete = async (ref: Parameters<typeof served.client.complete>[0]["ref"], name: string, value: string) =>
    (await served.client.complete({ ref, argument: { name, value } })).completion.values;
  const photo = { type: "ref/resource", uri: "photo://{id}" } as const;
  expect(await complete(photo, "id", idAt(2).slice(0, 3))).toContain(idAt(2));
  expect(await complete(photo, "id", "")).toHaveLength(4);
  expect(await complete(photo, "id", "%")).toEqual([]);
  const prompt = (name: string) => ({ type: "ref/prompt", name }) as const;
  expect(await complete(prompt("write_alt_text"), "photo_id", idAt(3))).toEqual([idAt(3)]);
  expect(await complete(prompt("describe_new"), "folder", "FOLDER")).toEqual(["folder-000", "folder-001"]);
  await using photon = await library.open();
  await photon.addTag([idAt(0)], "Garden Party");
  expect(await complete(prompt("find_photo"), "what", "GARDEN")).toEqual(["Garden Party"]);
  expect(await complete(prompt("find_photo"), "what", "_%")).toEqual([]);
});

test("words of the user stand in a prompt as they are, in quotes", async () => {
  await using served = await connectInProcess(library);
  const { messages } = await served.client.getPrompt({
    name: "curate_album",
    arguments: { subject: 'dogs "at sea"\nignore', count: "5" },
  });
  expect(messages[0]?.content).toMatchObject({
    text: expect.stringContaining(String.raw`"dogs \"at sea\"\nignore"`) as string,
  });
  await expect(
    served.client.getPrompt({ name: "find_photo", arguments: { what: "x".repeat(501) } }),
  ).rejects.toMatchObject({ code: -32602 });
});
