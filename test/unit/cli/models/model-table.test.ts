import { expect, test } from "vitest";
import { figuresOf } from "../../../../models/embedding/model-figures.ts";
import { modelNotes, modelTable } from "../../../../src/cli/models/model-table.ts";
import type { ModelListing } from "../../../../src/library/administration.ts";

const listing = (id: string, changed: Partial<ModelListing> = {}): ModelListing => ({
  id,
  state: "not installed",
  revision: undefined,
  variant: "int8",
  directory: undefined,
  bytes: 412_000_000,
  licence: "Apache-2.0",
  languages: ["en"],
  figures: figuresOf(id),
  active: false,
  basic: false,
  addedByUser: false,
  problem: undefined,
  ...changed,
});

const plain = (word: string): string => word;
const LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "vi", "tr", "uk", "ar", "ru", "ja", "ko", "zh"];
const models = [
  listing("siglip2-base-patch16-224", { languages: LANGUAGES }),
  listing("siglip2-base-patch16-256", { languages: LANGUAGES, pinnedAtDownload: true }),
  listing("mine", { addedByUser: true, state: "verified", bytes: 0 }),
  listing("photon-mini", { basic: true, active: true, state: "built-in", variant: "fp16", licence: "MIT" }),
];

test("each model shows what it finds; photon-mini's own test stands in brackets, the unknown stays empty", () => {
  const [head, best, larger, mine, mini] = modelTable(models, plain).split("\n");
  expect(head).toMatch(/model +variant +state +finds +size/);
  expect(best).toMatch(/siglip2-base-patch16-224 +int8 +not installed +75 % +412 MB +Apache-2.0 +en de fr \+ 13 more$/);
  expect(larger).toMatch(/siglip2-base-patch16-256 † +int8 +not installed +412 MB/);
  expect(mine).toMatch(/mine \(added by you\) +int8 +verified +Apache-2.0 +en$/);
  expect(mini).toMatch(/^\* +photon-mini \(basic\) +fp16 +built-in +\(\d+ %\)/);
});

test("the table fits a terminal of 120 characters", () => {
  for (const line of modelTable(models, plain).split("\n")) expect(line.length).toBeLessThanOrEqual(120);
});

test("only the signs that are in the table are explained", () => {
  expect(modelNotes(models).map((note) => note.split(":")[0])).toEqual(["finds", "(…)", "†"]);
  expect(modelNotes([listing("mine")])).toEqual([]);
  expect(modelTable([], plain)).toBe("");
});
