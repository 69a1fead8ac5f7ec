import { expect, test } from "vitest";
import { kinds } from "../../../src/enrichment/kinds.ts";
import { takesImage } from "../../../src/enrichment/prompts/assemble-inputs.ts";
import { documentTypeName, parseDocumentType, parseScope } from "../../../src/enrichment/scope.ts";

const HASH = "0123456789abcdef".repeat(4);

test.each([
  [HASH, { type: "photo", id: HASH }],
  ["album:summer-2024", { type: "album", id: "summer-2024" }],
  [`eml:${HASH}`, { type: "mail", id: HASH }],
  ["req:01ARZ3NDEKTSV4RRFFQ69G5FAV", { type: "request", id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }],
])("%s is a scope", (id, scope) => {
  expect(parseScope(id)).toEqual(scope);
});

test.each(["", HASH.slice(1), HASH.toUpperCase(), "album:", "album:a/b", "eml:x", "req:1", "IMG_1.jpg", `${HASH}\n`])(
  "%j is none",
  (id) => {
    expect(() => parseScope(id)).toThrow("Expected a content hash");
  },
);

test.each([
  ["image_tag", { kind: "image_tag" }],
  ["translate:es", { kind: "translate", qualifier: "es" }],
  ["translate:zh-Hant-TW", { kind: "translate", qualifier: "zh-Hant-TW" }],
])("%s is a document type, there and back", (name, type) => {
  expect(parseDocumentType(name)).toEqual(type);
  expect(documentTypeName(type)).toBe(name);
});

test("kinds that look at a picture", () => {
  expect(kinds.filter(takesImage).map(({ kind }) => kind)).toEqual([
    "image_tag",
    "photo_story",
    "watch_match",
    "event_extract",
  ]);
});
