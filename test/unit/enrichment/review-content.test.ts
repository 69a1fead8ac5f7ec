/** Results that people change, and what is different between versions. */
import { expect, test } from "vitest";
import type { DocumentBody } from "../../../src/enrichment/enrichment-kind.ts";
import { diffContents } from "../../../src/enrichment/review/content-diff.ts";
import { editContent } from "../../../src/enrichment/review/content-edit.ts";
import { createUserKind } from "../../../src/enrichment/user-kinds.ts";
import { bodyOf, judged, kindOf, text } from "../../support/enrichment.ts";

const current = (kind: string): DocumentBody => bodyOf(judged(kind));
const set = (path: string, typed: string) => ({ set: [{ path, text: typed }] });

test("fields are set by name; lists are typed with commas and come out as answers have them", () => {
  const body = editContent(kindOf("image_tag"), current("image_tag"), {
    set: [
      { path: "title", text: "Rex in July" },
      { path: "tags", text: "Rex, dog, Beach , dog" },
    ],
  });
  expect(body).toMatchObject({ status: "ok", title: "Rex in July", tags: ["rex", "dog", "beach"] });
  expect(body).toMatchObject({ summary: "A brown dog runs along the water.", source_type: "PHOTO" });
});

test("a title that looks like a number stays a title", () => {
  const body = editContent(kindOf("image_tag"), { status: "ok" }, set("title", "1984"));
  expect(body).toEqual({ status: "ok", title: "1984" });
});

test.each([
  ["title", text(101), "title"],
  ["tags", "dog, beach", "tags"],
  ["tags", "a, b, c, d, e, f", "tags"],
  ["source_type", "PAINTING", "source_type"],
])("limits of answers hold for people too: %s", (path, typed, named) => {
  expect(() => editContent(kindOf("image_tag"), current("image_tag"), set(path, typed))).toThrow(named);
});

test.each(["status", "colour", "events.0.title"])("a field that is not the kind's is refused by name: %s", (path) => {
  expect(() => editContent(kindOf("image_tag"), current("image_tag"), set(path, "x"))).toThrow(
    /Expected a field among .*title/,
  );
});

test("fields within lists are reached by their path", () => {
  const kind = kindOf("event_extract");
  const body = editContent(kind, current("event_extract"), {
    set: [
      { path: "events.0.starts_at", text: "2026-03-05T20:00" },
      { path: "events[0].location", text: "Town hall" },
    ],
  });
  expect(body["events"]).toMatchObject([{ title: "Concert", starts_at: "2026-03-05T20:00", location: "Town hall" }]);
  expect(() => editContent(kind, current("event_extract"), set("events.1.title", "x"))).toThrow('received "1"');
});

test("fields of a file take the place of those of the same name", () => {
  const body = editContent(kindOf("caption_clean"), current("caption_clean"), { fields: { text: "Rex." } });
  expect(body).toMatchObject({ status: "ok", text: "Rex.", language: "en" });
  expect(() => editContent(kindOf("caption_clean"), current("caption_clean"), { fields: { text: 5 } })).toThrow("text");
});

test("an answer that asked back becomes a result, without its question", () => {
  const asked: DocumentBody = { status: "needs_clarification", question: "Who?", questions: ["Who?"] };
  const body = editContent(kindOf("image_tag"), asked, { fields: { title: "Rex", tags: ["rex", "dog", "sea"] } });
  expect(body).toEqual({ status: "ok", title: "Rex", tags: ["rex", "dog", "sea"] });
});

test("what a model compared cannot be rewritten", () => {
  expect(() => editContent(kindOf("watch_match"), { status: "ok", matches: [] }, { fields: { matches: [] } })).toThrow(
    "can be edited",
  );
});

test("Markdown is taken apart again, and keeps its rules", () => {
  const kind = createUserKind({
    name: "letter",
    settings: {
      prompt_file: "letter.md",
      version: 1,
      role: "curator",
      scope: "photo",
      inputs: ["image"],
      requires: [],
      output: "markdown",
      required_sections: ["Dear"],
      index: false,
      auto: false,
      auto_confirm: false,
    },
    promptText: "Write a letter about {{image}}.",
    defaultTemperature: 0.5,
  });
  const written = editContent(kind, { status: "ok" }, { fields: { markdown: "# Dear\nRex" } });
  expect(written).toEqual({ status: "ok", markdown: "# Dear\nRex", sections: { Dear: "Rex" } });
  expect(() => editContent(kind, written, { fields: { markdown: "Rex" } })).toThrow("Dear must be there");
});

test("a difference names what came, what went and what changed; lists of objects are taken apart", () => {
  const before = { title: "A", tags: ["a", "b"], note: null, events: [{ title: "x", at: "1" }], old: "o" };
  const after = { title: "B", tags: ["a", "b"], note: "n", events: [{ title: "y", at: "1" }], old: null };
  expect(diffContents(before, after)).toEqual([
    { field: "title", change: "changed", before: "A", after: "B" },
    { field: "note", change: "added", after: "n" },
    { field: "events[0].title", change: "changed", before: "x", after: "y" },
    { field: "old", change: "removed", before: "o" },
  ]);
  expect(diffContents(before, { ...before })).toEqual([]);
});
