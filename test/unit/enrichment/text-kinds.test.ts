import { describe, expect, test } from "vitest";
import { applyDocument } from "../../../src/enrichment/apply-document.ts";
import type { EnrichmentInputs } from "../../../src/enrichment/inputs.ts";
import { joinTranslations, translationParts, untranslated } from "../../../src/enrichment/kinds/translate.ts";
import { bodyOf, brokenRules, confirmed, inputsOf, judged, kindOf, text } from "../../support/enrichment.ts";

describe("translate", () => {
  const fields = { title: "Dos perros en {place}", summary: "Rex y Fido el 15 de julio.", caption: null, text: null };
  const withTexts = (texts: object): EnrichmentInputs => ({
    ...inputsOf("translate"),
    sourceTexts: { sourceLanguage: "en", targetLanguage: "es", ...texts },
  });

  test.each([
    ["a number is lost", { ...fields, summary: "Rex y Fido en julio." }, ["fields.summary"]],
    ["a placeholder is lost", { ...fields, title: "Dos perros en {lugar}" }, ["fields.title"]],
    ["a name is translated", { ...fields, summary: "Rey y Fido el 15 de julio." }, ["fields.summary"]],
    ["a field is missing", { ...fields, title: null }, ["fields.title"]],
    ["a field is invented", { ...fields, caption: "Hola" }, ["fields.caption"]],
    ["nothing is translated", { ...fields, summary: "Rex and Fido met on 15 July." }, ["fields.summary"]],
    ["it is in another script", { ...fields, title: "Две собаки на пляже {place}" }, ["fields.title"]],
  ])("%s", (_, changed, paths) => {
    expect(brokenRules("translate", { fields: changed })).toEqual(paths);
  });

  test("the language is the one asked for; regions do not count", () => {
    expect(brokenRules("translate", { language: "es-MX" })).toEqual([]);
    expect(brokenRules("translate", { language: "fr" })).toEqual(["language"]);
  });

  test("at most three times its source, beyond a hundred characters", () => {
    const inputs = withTexts({ text: "a".repeat(50) });
    const answer = (length: number) => ({ fields: { title: null, summary: null, caption: null, text: text(length) } });
    expect(brokenRules("translate", answer(150), inputs)).toEqual([]);
    expect(brokenRules("translate", answer(151), inputs)).toEqual(["fields.text"]);
    expect(brokenRules("translate", answer(100), withTexts({ text: "海" }))).toEqual([]);
    expect(brokenRules("translate", answer(101), withTexts({ text: "海" }))).toEqual(["fields.text"]);
  });

  test("digits may be grouped as the language does", () => {
    const inputs = withTexts({ text: "It cost 1,234.50 in 2024." });
    const answer = (translation: string) => ({
      fields: { title: null, summary: null, caption: null, text: translation },
    });
    expect(brokenRules("translate", answer("Costó 1.234,50 en 2024."), inputs)).toEqual([]);
    expect(brokenRules("translate", answer("Costó 1.243,50 en 2024."), inputs)).toEqual(["fields.text"]);
  });

  test("sets the translated fields of its language", () => {
    expect(applyDocument(kindOf("translate"), bodyOf(judged("translate")), confirmed)).toEqual([
      {
        change: "set-translation",
        language: "es",
        fields: { title: "Dos perros en {place}", summary: "Rex y Fido se conocieron el 15 de julio." },
      },
    ]);
  });

  test("long texts are split between paragraphs and put together again", () => {
    const paragraphs = Array.from({ length: 9 }, (_, index) => `${index}${"lorem ipsum. ".repeat(80)}`);
    const source = `${paragraphs.join("\n\n")}\n`;
    const parts = translationParts(source);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.every((part) => part.length <= 4000)).toBe(true);
    expect(parts.join("")).toBe(source);
    expect(
      joinTranslations(
        parts,
        parts.map((part) => part.trim()),
      ),
    ).toBe(parts.map((part) => part.trimStart()).join(""));
  });

  test("a paragraph without an end is split at sentences, and characters stay whole", () => {
    expect(translationParts("One two. ".repeat(1000)).every((part) => part.endsWith(". "))).toBe(true);
    const parts = translationParts("😀".repeat(5000));
    expect(parts.join("")).toBe("😀".repeat(5000));
    expect(parts.every((part) => part.isWellFormed())).toBe(true);
  });

  test("what failed for good gives the source back", () => {
    expect(untranslated({ text: "Hello", sourceLanguage: "en", targetLanguage: "es" })).toEqual({
      text: "Hello",
      target_language: "es",
      source_language: "en",
      translated: false,
    });
  });
});

test.each([
  [{ when: "tomorrow" }, ["when"]],
  [{ when: "2026-03-05T09:00" }, []],
  [{ title: text(101) }, ["title"]],
  [{ note: text(501) }, ["note"]],
  [{ intent: "delete" }, ["intent"]],
  [{ confidence: 2 }, ["confidence"]],
])("intent with %o", (changes, paths) => {
  expect(brokenRules("intent", changes)).toEqual(paths);
});

test("filters of an intent are dates in order", () => {
  const filters = { taken_from: "2025-06-01", taken_to: "2025-05-01", tags: null, folder: null, source_type: null };
  expect(brokenRules("intent", { filters })).toEqual(["filters.taken_to"]);
  expect(brokenRules("intent", { filters: { ...filters, taken_to: "summer" } })).toContain("filters.taken_to");
});

test.each([
  [{ question: "Tell me more." }, ["question"]],
  [{ question: null }, ["question"]],
  [{ options: ["a", "b", "c", "d", "e"] }, ["options"]],
  [{ options: [text(81)] }, ["options[0]"]],
  [{ options: [] }, []],
])("followup with %o", (changes, paths) => {
  expect(brokenRules("followup", changes)).toEqual(paths);
});
