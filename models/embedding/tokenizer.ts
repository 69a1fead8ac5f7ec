/** Texts to token ids by a manifest's rules. The rules run here, whatever the tokenizer file repeats of them. */
import type { ModelManifest } from "./manifest.ts";
import { unknownIdOf } from "./unknown-token.ts";

export type TextRules = ModelManifest["text"];

/** Row-major `texts x length`, ready for a graph. */
interface TokenBatch {
  readonly ids: BigInt64Array;
  /** 1 for tokens, 0 for padding. */
  readonly mask: BigInt64Array;
}

export interface TextTokenizer {
  /** Exactly `length` ids: optional bos, tokens, eos, padding. A long text is cut and keeps its eos. */
  encode(text: string): readonly number[];
  encodeBatch(texts: readonly string[]): TokenBatch;
}

const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/g;

/** Unicode NFC, then lower case, punctuation and spaces as the manifest says. Idempotent. */
export const applyTextRules = (text: string, rules: TextRules): string => {
  let result = text.normalize("NFC");
  if (rules.lowerCase) result = result.toLowerCase();
  if (rules.stripPunctuation) result = result.replaceAll(ASCII_PUNCTUATION, "");
  if (rules.collapseSpaces) result = result.replaceAll(/\s+/gu, " ").trim();
  return result;
};

/**
 * @param tokenizerJson parsed tokenizer.json of any kind the tokenizers library knows (BPE, Unigram, WordLevel, ...)
 */
export const createTextTokenizer = async (tokenizerJson: object, rules: TextRules): Promise<TextTokenizer> => {
  const { Tokenizer } = await import("@huggingface/tokenizers");
  const tokenizer = new Tokenizer(tokenizerJson, {});
  const unknownId = unknownIdOf(tokenizerJson);
  const head = rules.bosId === undefined ? [] : [rules.bosId];
  const room = rules.length - head.length - 1;

  const encodeUnpadded = (text: string): number[] => {
    const encoded = tokenizer.encode(applyTextRules(text, rules), { add_special_tokens: false });
    // Of a WordLevel tokenizer the library gives no id for unknown words, whatever its types say.
    const ids: readonly (number | undefined)[] = encoded.ids;
    const known = ids.map((id) => id ?? unknownId).filter((id) => id !== undefined);
    return [...head, ...known.slice(0, room), rules.eosId];
  };
  const encode = (text: string): readonly number[] => {
    const ids = encodeUnpadded(text);
    return [...ids, ...Array.from({ length: rules.length - ids.length }, () => rules.padId)];
  };
  const encodeBatch = (texts: readonly string[]): TokenBatch => {
    const ids = new BigInt64Array(texts.length * rules.length).fill(BigInt(rules.padId));
    const mask = new BigInt64Array(ids.length);
    texts.forEach((text, row) => {
      encodeUnpadded(text).forEach((id, column) => {
        ids[row * rules.length + column] = BigInt(id);
        mask[row * rules.length + column] = 1n;
      });
    });
    return { ids, mask };
  };
  return { encode, encodeBatch };
};
