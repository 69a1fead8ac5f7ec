import { describe, expect, test } from "vitest";
import { z } from "zod";
import { kinds } from "../../../src/enrichment/kinds.ts";
import { imageTag } from "../../../src/enrichment/kinds/image-tag.ts";
import { judgeReply } from "../../../src/enrichment/judge-reply.ts";
import { extractJson } from "../../../src/enrichment/parsing/extract-json.ts";
import { issuesOf, reAskText } from "../../../src/enrichment/parsing/issues.ts";
import type { JsonSchema } from "../../../src/enrichment/parsing/json-schema.ts";
import { parseMarkdown } from "../../../src/enrichment/parsing/markdown.ts";
import { toPlainLine, toPlainText } from "../../../src/enrichment/parsing/plain-text.ts";
import { providerSchema, schemaHash } from "../../../src/enrichment/parsing/provider-schema.ts";
import { isSoftRefusal, softQuestions } from "../../../src/enrichment/parsing/soft-replies.ts";
import { holdsDate, isLocalDate, isTimeZone } from "../../../src/enrichment/quality/event-times.ts";
import { mayBeInLanguage } from "../../../src/enrichment/quality/language.ts";
import { keepsNumbers, keepsPlaceholders } from "../../../src/enrichment/quality/preserved.ts";
import { goodAnswers, knownInputs, PHOTO } from "../../support/enrichment.ts";

describe("extractJson", () => {
  test.each([
    ["an object", '{"a":1}', false],
    ["an object in a fence", '```json\n{"a":1}\n```', false],
    ["an object in a fence without a name", 'Here:\n```\n{"a":1}\n```\nDone.', false],
    ["an object between words", 'Sure! {"a":1} Hope that helps.', false],
    ["an object behind thoughts", '<think>{"a":2} no</think>{"a":1}', false],
    ["single quotes", "{'a': 1}", true],
    ["a trailing comma", '{"a":1,}', true],
    ["keys without quotes", "{a: 1}", true],
    ["comments", '{"a":1 /* one */}', true],
  ])("finds %s", (_, reply, repaired) => {
    expect(extractJson(reply, false)).toEqual({ ok: true, value: { a: 1 }, repaired });
  });

  test("prefers what needs no repair", () => {
    expect(extractJson('{a: 1} is wrong, this is right:\n```json\n{"a":2}\n```', false)).toEqual({
      ok: true,
      value: { a: 2 },
      repaired: false,
    });
  });

  test.each([
    ["words", "I see a dog.", "no_json"],
    ["nothing", "", "no_json"],
    ["a list", "[1,2]", "no_json"],
    ["a text in quotes", '"dog"', "no_json"],
    ["an open brace", '{"a":1', "unparseable"],
  ])("%s is no object", (_, reply, why) => {
    const extracted = extractJson(reply, false);
    if (why === "unparseable") expect(extracted).toMatchObject({ repaired: true });
    else expect(extracted).toEqual({ ok: false, why });
  });

  test("what was cut off is not completed", () => {
    expect(extractJson('{"a":1', true)).toEqual({ ok: false, why: "truncated" });
    expect(extractJson('{"a":1}', true)).toEqual({ ok: false, why: "truncated" });
  });
});

describe("provider schema", () => {
  const allowed = new Set(["type", "properties", "items", "enum", "const", "anyOf", "description", "required"]);
  const keywords = (schema: JsonSchema): readonly string[] => [
    ...Object.keys(schema),
    ...Object.values(schema.properties ?? {}).flatMap(keywords),
    ...(schema.items === undefined ? [] : keywords(schema.items)),
    ...(schema.anyOf ?? []).flatMap(keywords),
  ];
  const objects = (schema: JsonSchema): readonly JsonSchema[] => [
    ...(schema.type === "object" ? [schema] : []),
    ...Object.values(schema.properties ?? {}).flatMap(objects),
    ...(schema.items === undefined ? [] : objects(schema.items)),
    ...(schema.anyOf ?? []).flatMap(objects),
  ];

  test.each(kinds)("of $kind holds no lengths or counts, and wants every field", ({ outputSchema }) => {
    const schema = providerSchema(outputSchema);
    const strange = keywords(schema).filter((keyword) => !allowed.has(keyword) && keyword !== "additionalProperties");
    expect(strange).toEqual([]);
    for (const object of objects(schema)) {
      expect(object.additionalProperties).toBe(false);
      expect(object.required).toEqual(Object.keys(object.properties ?? {}));
    }
  });

  test("optional becomes nullable, limits go, descriptions stay", () => {
    const schema = z.strictObject({
      a: z.string().min(2).max(5).describe("The first."),
      b: z.int().min(1).optional(),
      c: z.array(z.string().max(3)).max(2).nullable(),
      d: z.literal("x"),
      e: z.string().nullable().optional().describe("The last."),
    });
    expect(providerSchema(schema)).toEqual({
      type: "object",
      properties: {
        a: { type: "string", description: "The first." },
        b: { anyOf: [{ type: "integer" }, { type: "null" }] },
        c: { anyOf: [{ type: "array", items: { type: "string" } }, { type: "null" }] },
        d: { type: "string", const: "x" },
        e: { anyOf: [{ type: "string" }, { type: "null" }], description: "The last." },
      },
      required: ["a", "b", "c", "d", "e"],
      additionalProperties: false,
    });
  });

  test("its hash tells schemas apart", () => {
    const hashes = kinds.map(({ outputSchema }) => schemaHash(providerSchema(outputSchema)));
    expect(new Set(hashes).size).toBe(kinds.length);
  });
});

describe("asking again", () => {
  const SECRET = "marker-5f3a";

  test("names path and rule, and no value of the answer", () => {
    const { error } = imageTag.outputSchema.safeParse({
      status: SECRET,
      question: 7,
      text_in_image: null,
      title: "",
      summary: SECRET.repeat(50),
      tags: [`${SECRET}!`, "a", "b"],
      source_type: SECRET,
      [SECRET]: 1,
    });
    if (error === undefined) throw new Error("expected issues");
    const issues = issuesOf(error);
    expect(JSON.stringify(issues)).not.toContain(SECRET);
    expect(issues.map(({ path }) => path)).toEqual([
      "status",
      "question",
      "title",
      "summary",
      "tags[0]",
      "source_type",
      "",
    ]);
    expect(issues.map(({ rule }) => rule)).toEqual([
      'must be one of "ok", "needs_clarification", "cannot_process"',
      "must be of type string",
      "must have at least 1 characters",
      "must have at most 500 characters",
      "must be made of letters, digits, blanks and ' & + - only",
      'must be one of "PHOTO", "SCREENSHOT", "DOCUMENT", "POSTER", "ARTWORK"',
      "must have no fields beside those asked for",
    ]);
  });

  test("names five issues at most", () => {
    const text = reAskText(Array.from({ length: 9 }, (_, index) => ({ path: `f${index}`, rule: "must be x" })));
    expect(text.match(/must be x/g)).toHaveLength(5);
    expect(text).toContain("- f4: must be x");
  });
});

describe("words instead of an object", () => {
  test.each([
    "I'm sorry, but I can't help with that.",
    "I am unable to describe this image.",
    "I cannot assist with identifying people.",
    "Sorry, I’m not able to process this picture.",
    "As an AI, I have no opinion on this.",
    "Lo siento, no puedo ayudar con eso.",
    "Je suis désolé, je ne peux pas.",
    "Es tut mir leid, das geht nicht.",
  ])("%s is a refusal", (reply) => {
    expect(isSoftRefusal(reply)).toBe(true);
    expect(judgeReply(imageTag, { scopeId: PHOTO, language: "en" }, reply)).toEqual({
      verdict: "refused",
      subCode: null,
    });
  });

  test.each([
    ["A dog runs along the beach."],
    ["The sign says sorry, we are closed."],
    [`I'm sorry. ${"word ".repeat(130)}`],
    [""],
  ])("%s is none", (reply) => {
    expect(isSoftRefusal(reply)).toBe(false);
  });

  test("an object with an apology inside is an object", () => {
    const known = knownInputs["image_tag"];
    if (known === undefined) throw new Error("no inputs");
    const answer = { ...goodAnswers["image_tag"], summary: "A note says: I'm sorry, I can't come." };
    expect(judgeReply(imageTag, known, JSON.stringify(answer)).verdict).toBe("document");
  });

  test.each([
    ["Which dog do you mean?", ["Which dog do you mean?"]],
    ["I see two. Which one? The left or the right?", ["Which one?", "The left or the right?"]],
    ["1. A? 2. B? 3. C? 4. D?", ["B?", "C?", "D?"]],
    ["Is it a dog? I think so.", []],
    ["どの犬ですか？", ["どの犬ですか？"]],
    [`Why ${"x".repeat(400)}?`, [`Why ${"x".repeat(296)}`]],
    [`${"word ".repeat(130)}?`, []],
  ])("%s asks %o", (reply, questions) => {
    expect(softQuestions(reply)).toEqual(questions);
  });

  test("a question becomes a document that asks", () => {
    expect(judgeReply(imageTag, { scopeId: PHOTO, language: "en" }, "Which dog?")).toEqual({
      verdict: "document",
      repaired: false,
      body: { status: "needs_clarification", question: "Which dog?", questions: ["Which dog?"], text_in_image: null },
    });
  });

  test("an empty reply is an invalid one, and said to be empty", () => {
    expect(judgeReply(imageTag, { scopeId: PHOTO, language: "en" }, " \n")).toMatchObject({
      verdict: "invalid",
      empty: true,
    });
  });
});

test.each([
  ["# A **bold** _word_ in `code`", "A bold word in code"],
  ["snake_case stays", "snake_case stays"],
  ["[text](https://x.y/z) and <b>tags</b>", "text and tags"],
  ["see www.example.com/a?b=c now", "see now"],
  ["a\n b\t c", "a b c"],
  ["3 < 4 & 5 > 2", "3 4 & 5 2"],
  ["data: on its own is a word", "data: on its own is a word"],
])("%s as a line is %s", (text, plain) => {
  expect(foldBlanks(toPlainLine(text))).toBe(plain);
});
const foldBlanks = (text: string): string => text.replaceAll(/ +/g, " ");

test("longer texts keep their lines", () => {
  expect(toPlainText("  One <i>x</i>\n\n two   three \u200b")).toBe("One x\n\ntwo three");
});

describe("markdown", () => {
  test("is split at its headings, without an outer fence", () => {
    expect(parseMarkdown("```markdown\n# Look\nA dog.\n\n## Mood ##\n- happy\n```", ["look", "Mood"])).toEqual({
      document: { markdown: "# Look\nA dog.\n\n## Mood ##\n- happy", sections: { Look: "A dog.", Mood: "- happy" } },
      issues: [],
    });
  });

  test.each([
    ["# Look\ntext", ["Look", "Mood"], "Mood"],
    ["# Look\n# Mood\nx", ["Look", "Mood"], "Look"],
    ["# Look\n<b>x</b>", ["Look"], ""],
    ["# Look\n<!-- x -->", ["Look"], ""],
    ["# Look\n[x](http://y)", ["Look"], ""],
    ["# Look\n[x][1]\n\n[1]: http://y", ["Look"], ""],
    ["# Look\nhttps://x.y", ["Look"], ""],
    ["", [], ""],
  ])("%j fails", (reply, sections, path) => {
    expect(parseMarkdown(reply, sections).issues.map((issue) => issue.path)).toContain(path);
  });

  test("headings named like parts of objects are only names", () => {
    const { document } = parseMarkdown("# __proto__\nx\n# constructor\ny", []);
    expect(Object.keys(document.sections)).toEqual(["__proto__", "constructor"]);
  });
});

test.each([
  ["2026-02-28", true],
  ["2026-02-29", false],
  ["2024-02-29", true],
  ["2026-13-01", false],
  ["26-01-01", false],
])("%s is a day: %s", (text, expected) => {
  expect(isLocalDate(text)).toBe(expected);
});

test.each([
  ["Europe/Berlin", true],
  ["UTC", true],
  ["Berlin", false],
  ["+01:00", false],
])("%s is a time zone: %s", (name, expected) => {
  expect(isTimeZone(name)).toBe(expected);
});

test.each([
  ["12.03.2026", true],
  ["2026-03-12", true],
  ["3/12", true],
  ["March 12", true],
  ["12th of March", true],
  ["12. März", true],
  ["12 de marzo", true],
  ["le 12 mars", true],
  ["Room 12", false],
  ["marching 12 miles", false],
  ["192.168.1.1", false],
  ["1234-56", false],
])("%s holds a date: %s", (text, expected) => {
  expect(holdsDate(text)).toBe(expected);
});

test.each([
  ["Ein Hund läuft am Strand", "de", true],
  ["Собака бежит по пляжу", "ru", true],
  ["A dog runs on the beach", "ru", false],
  ["犬が海辺を走っています。とても元気", "ja", true],
  ["小狗在海边奔跑非常开心快乐的样子", "zh", true],
  ["개가 해변을 따라 달리고 있습니다", "ko", true],
  ["Rex", "ja", true],
  ["anything at all", "no such tag", true],
])("%s may be %s: %s", (text, language, expected) => {
  expect(mayBeInLanguage(text, language)).toBe(expected);
});

test.each([
  ["1,000 and 2", "2 y 1.000", true],
  ["1 and 1", "1", false],
  ["٣ dogs", "3 dogs", false],
  ["no numbers", "ninguno", true],
])("%s in %s keeps its numbers: %s", (source, target, expected) => {
  expect(keepsNumbers(source, target)).toBe(expected);
});

test.each([
  ["{a} ${b} {{c}} %s %1$d %(n)s", "%(n)s %1$d %s {{c}} ${b} {a}", true],
  ["{a}", "{b}", false],
  ["%s %s", "%s", false],
  ["100% sure", "100 % sicher", true],
])("%s in %s keeps its placeholders: %s", (source, target, expected) => {
  expect(keepsPlaceholders(source, target)).toBe(expected);
});
