/** The id that stands for words a tokenizer has none for. */
import { z } from "zod";

/** The parts of a tokenizer.json that tell it. */
const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    unk_token: z.string().nullish(),
    unk_id: z.number().nullish(),
    vocab: z.union([z.record(z.string(), z.number()), z.array(z.tuple([z.string(), z.number()]))]),
  }),
});

/**
 * @param tokenizerJson parsed tokenizer.json
 * @returns undefined for tokenizers that spell every word
 */
export const unknownIdOf = (tokenizerJson: object): number | undefined => {
  const { unk_token: token, unk_id: id, vocab } = tokenizerSchema.parse(tokenizerJson).model;
  if (id !== null && id !== undefined) return id;
  return token === null || token === undefined || Array.isArray(vocab) ? undefined : vocab[token];
};
