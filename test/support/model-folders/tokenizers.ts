/** tokenizer.json files of the three types in use, small vocabularies in the real shapes. */
import { learnMerges } from "./byte-pairs.ts";

const CORPUS =
  "a photo of a dog and a cat on the beach at sunset with people in the snow a red car a blue boat under the bridge " +
  "children playing in the garden mountains lake forest city street at night portrait of a woman close-up food table " +
  "zwei kinder spielen am strand der hund läuft im schnee une photo de la mer el perro corre por la playa 2024 100 7";

const WORDS = CORPUS.split(" ");
const LETTERS = Array.from("abcdefghijklmnopqrstuvwxyzäöüßéèñçåøi0123456789.,!?'-:;()/&");

const special = (id: number, content: string): object => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

const vocabularyOf = (tokens: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));

/** `</s>` ends a text, as a template after the tokens. */
const endingWith = (token: string, id: number): object => ({
  type: "TemplateProcessing",
  single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: token, type_id: 0 } }],
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: token, type_id: 0 } }],
  special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
});

const ALL_PUNCTUATION = "[!-/:-@\\[-`{-~]";

/** SigLIP: SentencePiece unigrams, lower case, no punctuation. Id 1 ends and pads. */
export const siglipTokenizerJson = (): object => {
  const words = [...new Set(WORDS)].map((word, index) => [`▁${word}`, -4 - index / 50] as const);
  const letters = [...new Set(["▁", ...LETTERS])].map((letter, index) => [letter, -9 - index / 100] as const);
  const parts = [
    ["ing", -6],
    ["er", -6.5],
    ["s", -7],
  ] as const;
  const known = new Set<string>();
  const vocab = [["<pad>", 0], ["</s>", 0], ["<unk>", 0], ...words, ...parts, ...letters].filter(([piece]) => {
    const isNew = !known.has(String(piece));
    known.add(String(piece));
    return isNew;
  });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [special(0, "<pad>"), special(1, "</s>"), special(2, "<unk>")],
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Lowercase" },
        { type: "Replace", pattern: { Regex: ALL_PUNCTUATION }, content: "" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Strip", strip_left: true, strip_right: true },
      ],
    },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    post_processor: endingWith("</s>", 1),
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    model: { type: "Unigram", unk_id: 2, vocab, byte_fallback: false },
  };
};

const BYTES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);

/** SigLIP 2: Gemma's byte pairs over characters, `▁` for spaces, bytes for characters nobody knows. Case matters. */
export const siglip2TokenizerJson = (): object => {
  const words = WORDS.map((word, index) => Array.from(index === 0 ? word : `▁${word}`));
  const merges = learnMerges(words, 250);
  const tokens = [
    "<pad>",
    "<eos>",
    "<bos>",
    "<unk>",
    ...BYTES,
    "▁",
    ...LETTERS,
    "A",
    "D",
    "P",
    ...merges.map(([left, right]) => left + right),
  ];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: ["<pad>", "<eos>", "<bos>", "<unk>"].map((token, id) => special(id, token)),
    normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
    pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious", invert: false },
    post_processor: endingWith("<eos>", 1),
    decoder: null,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: "<unk>",
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: vocabularyOf(tokens),
      merges,
    },
  };
};

/** GPT-2's printable stand-ins for the 256 bytes. */
const byteLetters = (): readonly string[] => {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
};

/** CLIP: byte pairs with a mark at the end of each word, between start and end of the text. */
export const clipTokenizerJson = (): object => {
  const letters = byteLetters();
  const spelled = (word: string): readonly string[] => {
    const symbols = [...new TextEncoder().encode(word)].map((byte) => letters[byte] ?? "");
    return symbols.map((symbol, index) => (index === symbols.length - 1 ? `${symbol}</w>` : symbol));
  };
  const merges = learnMerges(WORDS.map(spelled), 250);
  const tokens = [
    ...letters,
    ...letters.map((letter) => `${letter}</w>`),
    ...merges.map(([left, right]) => left + right),
  ];
  const vocab = vocabularyOf([...tokens, "<|startoftext|>", "<|endoftext|>"]);
  const start = vocab["<|startoftext|>"] ?? 0;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [special(start, "<|startoftext|>"), special(start + 1, "<|endoftext|>")],
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: ["<|endoftext|>", start + 1],
      cls: ["<|startoftext|>", start],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: "<|endoftext|>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab,
      merges: merges.map(([left, right]) => `${left} ${right}`),
    },
  };
};
