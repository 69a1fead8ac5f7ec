import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { applyDocument, confirmsItself } from "../../../src/enrichment/apply-document.ts";
import type { EnrichmentInputs } from "../../../src/enrichment/inputs.ts";
import { judgeReply } from "../../../src/enrichment/judge-reply.ts";
import { assembleInputs } from "../../../src/enrichment/prompts/assemble-inputs.ts";
import { createUserKind, userKindSettingsSchema } from "../../../src/enrichment/user-kinds.ts";
import { ConfigError, errorReport } from "../../../src/errors.ts";
import { PHOTO } from "../../support/enrichment.ts";

const inputs: EnrichmentInputs = {
  scopeId: PHOTO,
  language: "en",
  image: { width: 10, height: 10 },
  tags: ["dog"],
  caption: { text: "Rex", source: "user" },
  documents: { image_tag: { status: "ok", title: "Dog" } },
};

const objectSchema = (properties: object, required = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
});
const kindWith = (
  settings: object = {},
  { prompt = "Describe {{image}}.", schema = objectSchema({ name: { type: "string" } }) as unknown } = {},
) =>
  createUserKind({
    name: "my_kind",
    settings: userKindSettingsSchema.parse({ prompt_file: "p.md", schema_file: "s.json", ...settings }),
    promptText: prompt,
    schemaText: JSON.stringify(schema),
    defaultTemperature: 0.3,
  });
const common = { status: "ok", question: null, text_in_image: null };

describe("the example pet_profile", () => {
  const folder = join(import.meta.dirname, "../../../docs/examples");
  const read = (path: string): string => readFileSync(join(folder, path), "utf8");
  const config = parse(read("pet-profile/photon.toml")) as unknown as {
    readonly enrichment: { readonly kinds: { readonly pet_profile: unknown } };
  };
  const settings = userKindSettingsSchema.parse(config.enrichment.kinds.pet_profile);
  const kind = createUserKind({
    name: "pet_profile",
    settings,
    promptText: read(settings.prompt_file),
    schemaText: read(settings.schema_file ?? ""),
    defaultTemperature: 0.3,
  });
  const profile = {
    tagline: "Ready when you are",
    bio: "A brown dog with a soft look.",
    looking_for: "A garden",
    personality_traits: ["calm", "curious", "gentle"],
    interests: ["sticks"],
    fun_fact: "One ear stands up.",
  };
  const judge = (changes: object) => judgeReply(kind, inputs, JSON.stringify({ ...common, ...profile, ...changes }));

  test("is a kind of its own, with role and range", () => {
    expect(kind).toMatchObject({
      kind: "pet_profile",
      role: "curator",
      temperature: { min: 0.7, max: 0.9, default: 0.8 },
      auto: false,
      promptVersion: 1,
    });
  });

  test("takes a profile", () => {
    expect(judge({})).toEqual({
      verdict: "document",
      repaired: false,
      body: { status: "ok", text_in_image: null, ...profile },
    });
  });

  test.each([
    [{ tagline: "x".repeat(81) }],
    [{ bio: "x".repeat(801) }],
    [{ looking_for: "x".repeat(301) }],
    [{ personality_traits: ["a", "b"] }],
    [{ personality_traits: ["a", "b", "c", "d", "e", "f", "g"] }],
    [{ interests: [] }],
    [{ interests: ["a", "b", "c", "d", "e", "f", "g"] }],
    [{ fun_fact: "x".repeat(201) }],
    [{ breed: "terrier" }],
  ])("refuses %o", (changes) => {
    expect(judge(changes).verdict).toBe("invalid");
  });

  test("its prompt points to the data and holds none of it", () => {
    const { system, user, jsonSchema } = kind.buildPrompt(inputs);
    expect(system).toContain("the picture for people who may want");
    expect(system).toContain('the entry "tags" of the data block');
    expect(system).not.toMatch(/\{\{|Rex/);
    expect(system).toContain('- "personality_traits": list of 3 to 6 items');
    expect(user).toContain("Rex");
    expect(jsonSchema?.required).toEqual(["status", "question", "text_in_image", ...Object.keys(profile)]);
  });
});

describe("schema", () => {
  test.each([
    ["no object", { type: "string" }, "type"],
    ["a list", [], "type"],
    ["no fields", objectSchema({}), "properties"],
    ["a pattern", objectSchema({ a: { type: "string", pattern: "(a+)+" } }), "properties.a.pattern"],
    ["a format", objectSchema({ a: { type: "string", format: "uri" } }), "properties.a.format"],
    ["an object inside", objectSchema({ a: { type: "object" } }), "properties.a.type"],
    ["a reference", objectSchema({ a: { $ref: "#/x" } }), "properties.a.type"],
    ["no type", objectSchema({ a: {} }), "properties.a.type"],
    ["two types", objectSchema({ a: { type: ["string", "integer"] } }), "properties.a.type"],
    ["a choice", objectSchema({ a: { anyOf: [{ type: "string" }, { type: "integer" }] } }), "properties.a.anyOf"],
    ["items of nothing", objectSchema({ a: { type: "array" } }), "properties.a.items"],
    [
      "items with a pattern",
      objectSchema({ a: { type: "array", items: { type: "string", pattern: "x" } } }),
      "items.pattern",
    ],
    ["a count that is none", objectSchema({ a: { type: "string", maxLength: -1 } }), "properties.a.maxLength"],
    ["an empty choice", objectSchema({ a: { type: "string", enum: [] } }), "properties.a.enum"],
    ["a taken name", objectSchema({ status: { type: "string" } }), "properties.status"],
    ["a stranger required", objectSchema({ a: { type: "string" } }, ["b"]), "required"],
    [
      "more allowed",
      { ...objectSchema({ a: { type: "string" } }), additionalProperties: true },
      "additionalProperties",
    ],
    ["definitions", { ...objectSchema({ a: { type: "string" } }), $defs: {} }, "$defs"],
  ])("%s is refused, naming key and place", (_, schema, place) => {
    let thrown: unknown;
    try {
      kindWith({}, { schema });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    expect(errorReport(thrown).message).toContain("enrichment.kinds.my_kind.schema_file");
    expect(errorReport(thrown).message).toContain(place);
    expect(errorReport(thrown).hint).toBeDefined();
  });

  test("what is accepted is enforced", () => {
    const schema = objectSchema(
      {
        a: { type: "string", minLength: 2, maxLength: 4, description: "A word." },
        b: { type: "integer" },
        c: { type: ["boolean", "null"] },
        d: { type: "array", items: { type: "string", enum: ["x", "y"] }, minItems: 1, maxItems: 2 },
        e: { anyOf: [{ type: "number" }, { type: "null" }] },
        f: { type: "string" },
      },
      ["a", "b", "c", "d", "e"],
    );
    const kind = kindWith({}, { schema });
    const good = { ...common, a: "ab", b: 1, c: null, d: ["x"], e: null };
    const verdict = (changes: object) => judgeReply(kind, inputs, JSON.stringify({ ...good, ...changes })).verdict;
    expect(verdict({})).toBe("document");
    expect(verdict({ f: null })).toBe("document");
    expect(verdict({ a: "a" })).toBe("invalid");
    expect(verdict({ b: 1.5 })).toBe("invalid");
    expect(verdict({ c: undefined })).toBe("invalid");
    expect(verdict({ d: [] })).toBe("invalid");
    expect(verdict({ d: ["z"] })).toBe("invalid");
    expect(verdict({ f: 3 })).toBe("invalid");
    const { system, jsonSchema } = kind.buildPrompt(inputs);
    expect(system).toContain('- "a": text of 2 to 4 characters. A word.');
    expect(system).toContain('- "f": text, or null.');
    expect(jsonSchema?.properties?.["f"]).toEqual({ anyOf: [{ type: "string" }, { type: "null" }] });
  });

  test("answers are plain words", () => {
    const verdict = judgeReply(
      kindWith(),
      inputs,
      JSON.stringify({ ...common, name: "<script>x</script> at https://evil.example" }),
    );
    expect(verdict).toMatchObject({ body: { name: "x at" } });
  });
});

describe("settings", () => {
  test.each([
    ["a placeholder of nothing", {}, { prompt: "Say {{gps}}." }, "prompt_file"],
    ["a placeholder that is not an input", { inputs: ["image"] }, { prompt: "Say {{caption}}." }, "prompt_file"],
    ["an empty prompt", {}, { prompt: " \n" }, "prompt_file"],
    ["documents of nothing", { inputs: ["documents"] }, { prompt: "x" }, "requires"],
    ["members of a photo", { inputs: ["members"] }, { prompt: "x" }, "inputs"],
    ["a temperature outside", { temperature: 1, temperature_range: [0.1, 0.3] }, {}, "temperature"],
    ["a range turned round", { temperature_range: [0.3, 0.1] }, {}, "temperature_range"],
  ])("%s is refused", (_, settings, files, key) => {
    expect(() => kindWith(settings, files)).toThrow(`enrichment.kinds.my_kind.${key}`);
  });

  test.each(["image_tag", "My-Kind", "", "a:b"])("the name %j is refused", (name) => {
    const settings = userKindSettingsSchema.parse({ prompt_file: "p" });
    expect(() =>
      createUserKind({ name, settings, promptText: "x", schemaText: "{}", defaultTemperature: 0.3 }),
    ).toThrow(`enrichment.kinds.${name}`);
  });

  test("no schema, or one that is no JSON, is refused", () => {
    const settings = userKindSettingsSchema.parse({ prompt_file: "p" });
    const source = { name: "k", settings, promptText: "x", defaultTemperature: 0.3 };
    expect(() => createUserKind(source)).toThrow("enrichment.kinds.k.schema_file");
    expect(() => createUserKind({ ...source, schemaText: "{" })).toThrow("enrichment.kinds.k.schema_file");
  });

  test("without a range the general temperature serves", () => {
    expect(kindWith().temperature).toEqual({ min: 0, max: 2, default: 0.3 });
    expect(kindWith({ temperature: 1.2 }).temperature.default).toBe(1.2);
  });

  test("search, automatic work and confirmation are off unless switched on", () => {
    const body = { status: "ok" as const, name: "x" };
    expect(kindWith()).toMatchObject({ auto: false });
    expect(kindWith().searchable).toBeUndefined();
    expect(confirmsItself(kindWith(), body)).toBe(false);
    expect(confirmsItself(kindWith({ auto_confirm: true }), body)).toBe(true);
    expect(kindWith({ index: true, auto: true })).toMatchObject({ searchable: true, auto: true });
  });

  test("it waits for the kinds it requires and sees their documents", () => {
    const kind = kindWith({ inputs: ["documents"], requires: ["image_tag"] }, { prompt: "Use {{documents}}." });
    expect(assembleInputs(kind, inputs)).toMatchObject({ ok: true });
    const { documents: _, ...without } = inputs;
    expect(assembleInputs(kind, without)).toEqual({ ok: false, missing: ["documents"] });
    expect(kind.buildPrompt(inputs).user).toContain('"image_tag.title"');
  });

  test("it sends one event and writes nothing else", () => {
    const scope = { scopeId: PHOTO, confirmed: false };
    expect(applyDocument(kindWith(), { status: "ok", name: "x" }, scope)).toEqual([
      { change: "send-event", messageType: "llm_custom_result", content: { kind: "my_kind" } },
    ]);
    expect(applyDocument(kindWith(), { status: "ok", name: "x" }, { ...scope, confirmed: true })).toEqual([]);
  });
});

describe("markdown", () => {
  const kind = createUserKind({
    name: "essay",
    settings: userKindSettingsSchema.parse({
      prompt_file: "p",
      output: "markdown",
      required_sections: ["Look", "Mood"],
    }),
    promptText: "Write about {{image}}.",
    defaultTemperature: 0.3,
  });

  test("is asked for as such", () => {
    const { system, jsonSchema } = kind.buildPrompt(inputs);
    expect(jsonSchema).toBeNull();
    expect(system).toContain("- Look\n- Mood");
    expect(system).toContain("no HTML, no links");
    expect(system).not.toContain("JSON");
  });

  test("becomes sections", () => {
    expect(judgeReply(kind, inputs, "# Look\nBrown.\n# Mood\nHappy.")).toMatchObject({
      verdict: "document",
      body: { status: "ok", sections: { Look: "Brown.", Mood: "Happy." } },
    });
  });

  test("without its sections it is asked for again, unless it is a refusal or a question", () => {
    expect(judgeReply(kind, inputs, "# Look\nBrown.")).toMatchObject({
      verdict: "invalid",
      issues: [{ path: "Mood" }],
    });
    expect(judgeReply(kind, inputs, "I'm sorry, I can't do that.").verdict).toBe("refused");
    expect(judgeReply(kind, inputs, "Which dog?")).toMatchObject({ body: { status: "needs_clarification" } });
  });
});
