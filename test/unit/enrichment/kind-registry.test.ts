import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import type { EnrichmentKind } from "../../../src/enrichment/enrichment-kind.ts";
import { createKindRegistry } from "../../../src/enrichment/kind-registry.ts";
import { kinds } from "../../../src/enrichment/kinds.ts";
import { loadUserKinds } from "../../../src/enrichment/load-user-kinds.ts";

const examples = join(import.meta.dirname, "../../../docs/examples");
const deps = { readText: (path: string) => readFile(join(examples, path), "utf8"), defaultTemperature: 0.3 };
const files = { prompt_file: "pet-profile/prompt.md", schema_file: "pet-profile/schema.json" };
const inputs = ["image", "tags", "caption"];

/** A kind for each name, with what it requires. */
const kindsRequiring = (
  requirements: Readonly<Record<string, readonly string[]>>,
): Promise<readonly EnrichmentKind[]> =>
  loadUserKinds(
    Object.fromEntries(
      Object.entries(requirements).map(([name, requires]) => [name, { ...files, inputs, requires: [...requires] }]),
    ),
    deps,
  );

test("the shipped example is a section of a configuration as it stands", async () => {
  const config = parse(await deps.readText("pet-profile/photon.toml")) as {
    readonly enrichment: { readonly kinds: Record<string, unknown> };
  };
  const registry = createKindRegistry(await loadUserKinds(config.enrichment.kinds, deps));
  expect(registry.get("pet_profile").role).toBe("curator");
  expect(registry.all).toHaveLength(kinds.length + 1);
});

test("sections of photon's own kinds define none", async () => {
  expect(await loadUserKinds({ image_tag: { auto: false }, translate: { language: "de" } }, deps)).toEqual([]);
});

test("a wrong value names its key", async () => {
  await expect(loadUserKinds({ pet: { ...files, version: 0 } }, deps)).rejects.toThrow("enrichment.kinds.pet.version");
  await expect(loadUserKinds({ pet: { ...files, inputs: ["gps"] } }, deps)).rejects.toThrow(
    "enrichment.kinds.pet.inputs[0]",
  );
});

test("a file that is not there names its key", async () => {
  await expect(loadUserKinds({ pet: { ...files, prompt_file: "no.md" } }, deps)).rejects.toThrow(
    "enrichment.kinds.pet.prompt_file",
  );
  await expect(loadUserKinds({ pet: { ...files, schema_file: "no.json" } }, deps)).rejects.toThrow(
    "enrichment.kinds.pet.schema_file",
  );
});

test("kinds may require photon's and each other", async () => {
  const registry = createKindRegistry(await kindsRequiring({ first: ["image_tag"], second: ["first", "photo_story"] }));
  expect(registry.get("second").requires).toEqual(["first", "photo_story"]);
});

test.each<[string, Readonly<Record<string, readonly string[]>>, string]>([
  ["a kind that is not there", { first: ["nothing"] }, '"nothing"'],
  ["itself", { first: ["first"] }, "first > first"],
  ["a circle", { first: ["second"], second: ["third"], third: ["second"] }, "second > third > second"],
])("requiring %s is refused", async (_, requirements, text) => {
  const userKinds = await kindsRequiring(requirements);
  expect(() => createKindRegistry(userKinds)).toThrow(text);
});

test("two kinds of one name are refused", async () => {
  const [kind] = await kindsRequiring({ first: [] });
  if (kind === undefined) throw new Error("expected a kind");
  expect(() => createKindRegistry([kind, kind])).toThrow('"first" twice');
});

test("a name nobody has names those there are", () => {
  expect(() => createKindRegistry().get("nothing")).toThrow("image_tag, caption_clean");
});
