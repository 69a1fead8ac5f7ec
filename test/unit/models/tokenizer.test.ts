import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TextRules } from "../../../models/embedding/tokenizer.ts";
import { applyTextRules, createTextTokenizer } from "../../../models/embedding/tokenizer.ts";
import { unigramTokenizerJson } from "../../support/encoders.ts";

const CLIP_PATH = join(import.meta.dirname, "../../../../shared/models/clip/tokenizer.json");
const hasClip = existsSync(CLIP_PATH);

const clipRules: TextRules = {
  length: 77,
  padId: 49407,
  bosId: 49406,
  eosId: 49407,
  mask: true,
  lowerCase: true,
  stripPunctuation: false,
  collapseSpaces: true,
  dtype: "int64",
  input: "input_ids",
};
const siglipRules: TextRules = {
  length: 16,
  padId: 1,
  eosId: 1,
  mask: false,
  lowerCase: true,
  stripPunctuation: true,
  collapseSpaces: true,
  dtype: "int64",
  input: "input_ids",
};

describe.skipIf(!hasClip)("with CLIP's tokenizer (skipped when ../shared/models is absent)", () => {
  const clip = async () => createTextTokenizer(JSON.parse(readFileSync(CLIP_PATH, "utf8")) as object, clipRules);

  test("known ids between bos and eos, padded to 77", async () => {
    const ids = (await clip()).encode("a photo of a dog");
    expect(ids.slice(0, 7)).toEqual([49406, 320, 1125, 539, 320, 1929, 49407]);
    expect(ids).toHaveLength(77);
    expect(new Set(ids.slice(7))).toEqual(new Set([49407]));
  });

  test("case and spaces do not matter, punctuation does", async () => {
    const tokenizer = await clip();
    expect(tokenizer.encode("  A photo\n of  a DOG ")).toEqual(tokenizer.encode("a photo of a dog"));
    expect(tokenizer.encode("a photo of a dog!")).not.toEqual(tokenizer.encode("a photo of a dog"));
  });

  test("a long text is cut and keeps bos and eos", async () => {
    const ids = (await clip()).encode("dog ".repeat(200));
    expect(ids).toHaveLength(77);
    expect([ids[0], ids[75], ids[76]]).toEqual([49406, 1929, 49407]);
  });

  test("the mask covers bos, tokens and eos, not the padding of the same id", async () => {
    const { ids, mask } = (await clip()).encodeBatch(["a photo of a dog", "dog"]);
    expect(ids).toHaveLength(2 * 77);
    expect(mask.slice(0, 77).reduce((sum, value) => sum + value, 0n)).toBe(7n);
    expect(mask.slice(77).reduce((sum, value) => sum + value, 0n)).toBe(3n);
  });
});

describe("with a Unigram tokenizer of SigLIP's kind", () => {
  const siglip = async () => createTextTokenizer(unigramTokenizerJson(), siglipRules);

  test("tokens, one eos, padding with the same id up to the length", async () => {
    const ids = (await siglip()).encode("a photo of a dog");
    expect(ids.slice(0, 6)).toEqual([3, 4, 5, 3, 6, 1]);
    expect(ids.slice(6)).toEqual(Array.from({ length: 10 }, () => 1));
  });

  test("punctuation is stripped and case folded before the tokenizer sees the text", async () => {
    const tokenizer = await siglip();
    expect(tokenizer.encode("A photo, of: a (DOG)!")).toEqual(tokenizer.encode("a photo of a dog"));
  });

  test("every row of a batch has the full length, whatever its neighbours are", async () => {
    const tokenizer = await siglip();
    const { ids } = tokenizer.encodeBatch(["a dog", "a photo of a dog and a photo of a cat"]);
    expect(Array.from(ids.slice(0, 16), Number)).toEqual(tokenizer.encode("a dog"));
    expect(ids).toHaveLength(32);
  });

  test("an empty text is eos and padding", async () => {
    expect((await siglip()).encode("")).toEqual(Array.from({ length: 16 }, () => 1));
  });
});

test("the text rules are idempotent and normalise to NFC", () => {
  const once = applyTextRules("  Cafe\u0301,\tAU  lait!! ", siglipRules);
  expect(once).toBe("café au lait");
  expect(applyTextRules(once, siglipRules)).toBe(once);
});

test("rules that are off leave the text alone", () => {
  const rules = { ...siglipRules, lowerCase: false, stripPunctuation: false, collapseSpaces: false };
  expect(applyTextRules(" A  dog! ", rules)).toBe(" A  dog! ");
});

test("a word that a list of words does not hold becomes the unknown token, or nothing where there is none", async () => {
  const wordList = (unknown: object): object => ({
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: null,
    model: { type: "WordLevel", vocab: { "[pad]": 0, "[end]": 1, "[unknown]": 2, dog: 3 }, ...unknown },
  });
  const rules = { ...siglipRules, length: 4, padId: 0 };
  const marking = await createTextTokenizer(wordList({ unk_token: "[unknown]" }), rules);
  expect(marking.encode("dog xylograph")).toEqual([3, 2, 1, 0]);
  expect([...marking.encodeBatch(["xylograph dog"]).ids]).toEqual([2n, 3n, 1n, 0n]);
  const silent = await createTextTokenizer(wordList({}), rules);
  expect(silent.encode("xylograph dog")).toEqual([3, 1, 0, 0]);
});
