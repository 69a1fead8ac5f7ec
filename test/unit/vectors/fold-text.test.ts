import { expect, test } from "vitest";
import { foldText } from "../../../src/vectors/fold-text.ts";

test.each([
  ["résumé", "resume"],
  ["Müller Straße", "Muller Strasse"],
  ["ＩＭＧ＿１２３", "IMG_123"],
  ["e\u0301te\u0301", "ete"],
  ["東京タワー", "東京タワー"],
  ["がぎぐ", "がぎぐ"],
  ["한국", "한국"],
  ["हिन्दी", "हिन्दी"],
  ["", ""],
])("%s folds to %s", (text, folded) => {
  expect(foldText(text)).toBe(folded);
});

test("half a surrogate pair does not survive", () => {
  expect(foldText("a\ud83d")).toBe("a\ufffd");
});
