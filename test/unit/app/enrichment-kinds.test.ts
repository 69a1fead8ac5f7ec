import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EnrichmentKinds } from "../../../src/app/enrichment/kinds.ts";
import { loadEnrichmentKinds } from "../../../src/app/enrichment/kinds.ts";
import { loadConfig } from "../../../src/config.ts";
import { ConfigError, NotFoundError } from "../../../src/errors.ts";

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "photon-kinds-")));
});
afterAll(() => rmSync(folder, { recursive: true }));

const load = (toml: string): Promise<EnrichmentKinds> => {
  const configPath = join(folder, "config.toml");
  writeFileSync(configPath, toml);
  return loadEnrichmentKinds({ config: loadConfig({ environment: {}, configPath, workingDirectory: folder }).config });
};

describe("settings of kinds", () => {
  test("without a section a kind is as it says itself", async () => {
    const { kind: _, overrides, ...settings } = (await load("")).get("image_tag");
    const plain = { autoConfirm: undefined, shares: undefined, model: undefined };
    expect(settings).toEqual({ isEnabled: true, auto: true, temperature: 0.3, language: "en", ...plain });
    expect(overrides(["album"])).toEqual([]);
  });

  test("its section changes it", async () => {
    const kinds = await load(
      [
        '[enrichment]\nlanguage = "fr"',
        "[enrichment.kinds.image_tag]",
        'auto = false\nauto_confirm = false\ntemperature = 0.2\nlanguage = "de"\nmodel = "ollama/llava"\nab = { "1" = 1.0 }',
        'library_prompt = "Only birds."\nalbum_prompts = { a1 = "Only owls." }',
      ].join("\n"),
    );
    const tag = kinds.get("image_tag");
    const { auto, autoConfirm, temperature, language, model, shares } = tag;
    expect([auto, autoConfirm, temperature, language, model]).toEqual([false, false, 0.2, "de", "ollama/llava"]);
    expect(shares).toEqual({ "1": 1 });
    expect([tag.overrides(), tag.overrides(["a1", "a2"])]).toEqual([["Only birds."], ["Only birds.", "Only owls."]]);
    expect(kinds.get("photo_story").language).toBe("fr");
  });

  test("a feature that is off makes nothing by itself", async () => {
    const { isEnabled, auto } = (await load("[llm.features]\nimage_tag = false\n")).get("image_tag");
    expect([isEnabled, auto]).toEqual([false, false]);
  });

  test("a kind of the user's own is one of them", async () => {
    writeFileSync(join(folder, "pet.md"), "Describe the pet.");
    const schema = { type: "object", properties: { bio: { type: "string" } }, required: ["bio"] };
    writeFileSync(join(folder, "pet.json"), JSON.stringify(schema));
    const kinds = await load(
      '[llm]\ntemperature = 0.6\n[enrichment.kinds.pet]\nprompt_file = "pet.md"\nschema_file = "pet.json"\nauto = true\n',
    );
    expect(kinds.get("pet")).toMatchObject({ auto: true, temperature: 0.6, isEnabled: true });
    expect(() => kinds.get("cat")).toThrow(NotFoundError);
  });

  test.each([
    ["[enrichment.kinds.image_tg]\nauto = true\n", "image_tag"],
    ["[enrichment.kinds.image_tag]\nautoconfirm = true\n", "autoconfirm"],
    ["[enrichment.kinds.image_tag]\ntemperature = 1.5\n", "from 0.2 to 0.4"],
    ["[enrichment.kinds.event_extract]\nauto_confirm = true\n", "event_extract.auto_confirm"],
    ['[enrichment.kinds.image_tag]\nab = { "99" = 1.0 }\n', "enrichment.kinds.image_tag.ab"],
    [
      '[enrichment.kinds.mine]\nprompt_file = "none.md"\nschema_file = "none.json"\n',
      "enrichment.kinds.mine.prompt_file",
    ],
  ])("%j is refused", async (toml, expected) => {
    const failure = await load(toml).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(failure instanceof ConfigError)) throw new Error("expected a ConfigError");
    expect(`${failure.message} ${failure.hint}`).toContain(expected);
  });
});

describe("folders that stay here", () => {
  const photos = (): string => join(folder, "photos");
  const rules = (lines: string): Promise<EnrichmentKinds> => load(`[[roots]]\npath = "${photos()}"\n${lines}`);

  test("nothing is local only unless somebody says so", async () => {
    expect((await rules("")).isLocalOnly(photos(), "a.jpg")).toBe(false);
  });

  test("a root, and everything in it", async () => {
    const { isLocalOnly } = await rules("local_only = true");
    expect([isLocalOnly(photos(), "a/b/c.jpg"), isLocalOnly(join(photos(), "a"), "b.jpg")]).toEqual([true, true]);
    expect([isLocalOnly(`${photos()}-elsewhere`, "a.jpg"), isLocalOnly(folder, "a.jpg")]).toEqual([false, false]);
  });

  test("a folder, but not one whose name begins like it", async () => {
    const { isLocalOnly } = await rules('folders = { "Private" = { local_only = true } }');
    const of = (path: string): boolean => isLocalOnly(photos(), path);
    expect(["Private/a.jpg", "Private/x/a.jpg", "Private2/a.jpg", "a.jpg"].map(of)).toEqual([true, true, false, false]);
    expect(isLocalOnly(folder, "photos/Private/a.jpg")).toBe(true);
  });

  test("the nearest folder decides", async () => {
    const { isLocalOnly } = await rules(
      'local_only = true\nfolders = { "Public" = { local_only = false }, "Public/Faces" = { local_only = true } }',
    );
    const of = (path: string): boolean => isLocalOnly(photos(), path);
    expect(["a.jpg", "Public/a.jpg", "Public/Faces/a.jpg"].map(of)).toEqual([true, false, true]);
  });

  test("letters are the same however they are composed", async () => {
    const { isLocalOnly } = await rules(`folders = { "${"Famille é".normalize("NFD")}" = { local_only = true } }`);
    expect(isLocalOnly(photos(), `${"Famille é".normalize("NFC")}/a.jpg`)).toBe(true);
  });

  test.skipIf(process.platform === "win32")("a link to a folder means the folder", async () => {
    mkdirSync(join(folder, "real"));
    symlinkSync(join(folder, "real"), join(folder, "link"));
    const { isLocalOnly } = await load(`[[roots]]\npath = "${join(folder, "link")}"\nlocal_only = true\n`);
    expect(isLocalOnly(join(folder, "real"), "a.jpg")).toBe(true);
  });

  test("what the library knows of a root counts where the configuration says nothing about it", async () => {
    const known = { localOnly: true };
    expect((await rules("")).isLocalOnly(photos(), "a.jpg", known)).toBe(true);
    expect((await rules("local_only = false")).isLocalOnly(photos(), "a.jpg", known)).toBe(false);
    const { isLocalOnly } = await rules('folders = { "Public" = { local_only = false } }');
    expect([isLocalOnly(photos(), "a.jpg", known), isLocalOnly(photos(), "Public/a.jpg", known)]).toEqual([
      true,
      false,
    ]);
  });
});

describe("kinds and providers of roots", () => {
  const rulesOf = async (lines: string) =>
    (await load(`[[roots]]\npath = "${join(folder, "photos")}"\n${lines}`)).ofRoot;
  const file = (options = {}, root = "photos") => ({ root: join(folder, root), path: "a.jpg", options });

  test("the configuration comes before what the library knows, for photos in the folder it names", async () => {
    const { kindsOf, providerOf } = await rulesOf('kinds = ["image_tag"]\nprovider = "ollama"');
    const known = { kinds: ["photo_story"], provider: "openai" };
    expect([kindsOf(file(known)), providerOf(file(known))]).toEqual([["image_tag"], "ollama"]);
    expect([kindsOf(file(known, "other")), providerOf(file(known, "other"))]).toEqual([["photo_story"], "openai"]);
    expect([kindsOf(file({}, "other")), providerOf(file({}, "other"))]).toEqual([undefined, undefined]);
  });

  test("a kind that does not exist is refused", async () => {
    await expect(rulesOf('kinds = ["image_tags"]')).rejects.toThrow('received "image_tags"');
  });
});
