import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calendarFile } from "../../../src/enrichment/calendar/ics.ts";
import { extractJson } from "../../../src/enrichment/parsing/extract-json.ts";
import { parseMarkdown } from "../../../src/enrichment/parsing/markdown.ts";
import { toPlainLine, toPlainText } from "../../../src/enrichment/parsing/plain-text.ts";
import { isSoftRefusal, softQuestions } from "../../../src/enrichment/parsing/soft-replies.ts";
import { splitAtParagraphs } from "../../../src/enrichment/prompts/condenser.ts";
import { cleanField, renderDataBlock } from "../../../src/enrichment/prompts/data-block.ts";
import { removeInvisible } from "../../../src/enrichment/visible-text.ts";

/** Texts with the signs that mean something somewhere. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom(
      "<",
      ">",
      "/",
      "photo_data",
      "[",
      "]",
      "(",
      ")",
      "`",
      "_",
      "#",
      "\n",
      "{",
      "}",
      '"',
      "\\",
      "😀",
      ",",
      ";",
      " ",
      "a",
    ),
  }),
);

test("a data block reads back as the cleaned text, and holds no tag", () => {
  fc.assert(
    fc.property(anyText, anyText, (caption, folder) => {
      const fields = [
        cleanField({ name: "caption", source: "user", value: caption }),
        cleanField({ name: "folder", source: "file", value: [folder] }),
      ];
      const [open, ...rest] = renderDataBlock(fields).split("\n");
      const close = rest.pop();
      expect([open, close]).toEqual(["<photo_data>", "</photo_data>"]);
      expect(rest.join("\n")).not.toContain("<");
      expect(JSON.parse(rest.join("\n"))).toEqual({
        caption: { source: "user", value: fields[0]?.value },
        folder: { source: "file", value: fields[1]?.value },
      });
    }),
  );
});

test("texts of a calendar file come back, in lines of at most 75 octets", () => {
  const event = {
    id: "x",
    startsAt: "2026-03-04",
    endsAt: null,
    timezone: null,
    allDay: true,
    location: null,
    alarm: false,
  };
  fc.assert(
    fc.property(anyText, (title) => {
      const lines = calendarFile({ ...event, title }, 0).split("\r\n");
      expect(lines.every((line) => Buffer.byteLength(line) <= 75)).toBe(true);
      const text = lines
        .join("\r\n")
        .replaceAll("\r\n ", "")
        .split("\r\n")
        .find((line) => line.startsWith("SUMMARY:"));
      const unescaped = text
        ?.slice("SUMMARY:".length)
        .replaceAll(/\\(.)/g, (_, sign: string) => (sign === "n" ? "\n" : sign));
      expect(unescaped).toBe(removeInvisible(title));
      expect(lines.filter((line) => line.startsWith("BEGIN:"))).toEqual(["BEGIN:VCALENDAR", "BEGIN:VEVENT"]);
    }),
  );
});

test("a split text is whole when it is put together, in parts that fit", () => {
  fc.assert(
    fc.property(
      fc.array(anyText).map((texts) => removeInvisible(texts.join("\n\n"))),
      fc.integer({ min: 4, max: 60 }),
      (text, limit) => {
        const parts = splitAtParagraphs(text, limit);
        expect(parts.join("")).toBe(text);
        expect(parts.every((part) => part.length <= limit && part.isWellFormed())).toBe(true);
      },
    ),
  );
});

test("cleaned lines have no tags, no line ends and nothing left to clean", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const line = toPlainLine(text);
      expect(line).not.toMatch(/[<>\n]/);
      expect(removeInvisible(line)).toBe(line);
    }),
  );
});

/** Models get stuck: a million of the same sign is read in one pass, or this test never ends. */
describe("stuck models", () => {
  const LENGTH = 1_000_000;

  test.each([
    "[",
    "[](",
    "<",
    "<a",
    "<think>",
    "`",
    "``` ",
    "_",
    "a_",
    "#",
    "# ",
    "{",
    '{"',
    "\n",
    " \n",
    "*",
    "!",
    "?",
    "\\",
    "1.",
    "www",
  ])("%j", (sign) => {
    const text = sign.repeat(Math.floor(LENGTH / sign.length));
    for (const reply of [text, `a${text}b`, `\`\`\`${text}`, `# a${text}b`]) {
      toPlainLine(reply);
      toPlainText(reply);
      parseMarkdown(reply, ["a"]);
      softQuestions(reply);
      expect(isSoftRefusal(reply)).toBe(false);
      expect(splitAtParagraphs(reply, 4000).join("")).toBe(reply);
    }
  });

  test.each(["[", "<think>", "`", "``` ", "\n", " "])("%j holds no object", (sign) => {
    const text = sign.repeat(Math.floor(LENGTH / sign.length));
    expect(extractJson(`a${text}b`, false)).toEqual({ ok: false, why: "no_json" });
    expect(extractJson(`\`\`\`${text}`, false)).toEqual({ ok: false, why: "no_json" });
  });
});
