/** Makes the files of the sample encoder: paints prototypes, fits the space, writes graphs and tokenizer. */
import { createHash } from "node:crypto";
import { encodeOnnxModel } from "../../../models/embedding/onnx-graph.ts";
import { concepts, FILLER_WORDS } from "./concepts.ts";
import type { Concept } from "./concepts.ts";
import { featuresOf } from "./features.ts";
import { fitSpace, meanOf, project, unit } from "./fit.ts";
import type { Fit } from "./fit.ts";
import { DIMENSION, imageGraph, textGraph, UNKNOWN_AXIS } from "./graphs.ts";
import { createPainter, createRandom } from "./painter.ts";

const TEXT_LENGTH = 24;
const UNKNOWN_TOKEN = "[unknown]";
const PROTOTYPES_PER_CONCEPT = 32;

/** Paints a concept; the same seed paints the same picture. Interleaved RGB, 0..255. */
export const paintPrototype = (concept: Concept, seed: number): Float32Array => {
  const painter = createPainter(createRandom(seed));
  concept.paint(painter);
  return painter.pixels;
};

const tokenizerOf = (words: readonly string[]): string =>
  JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "Whitespace" },
    post_processor: null,
    decoder: null,
    // No piece continues a word, so whole words match or none does.
    model: {
      type: "WordPiece",
      unk_token: UNKNOWN_TOKEN,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 64,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  });

export interface SampleFiles {
  readonly "vision.onnx": Uint8Array;
  readonly "text.onnx": Uint8Array;
  readonly "tokenizer.json": Uint8Array;
}

const silent = (): Float64Array => new Float64Array(DIMENSION);

/** The space fitted to the painted prototypes, and what each concept means in it. */
export const fitPrototypes = (): { readonly fit: Fit; readonly meanings: readonly Float64Array[] } => {
  const groups = concepts.map((concept, index) =>
    Array.from({ length: PROTOTYPES_PER_CONCEPT }, (_, variation) =>
      featuresOf(paintPrototype(concept, 1000 * index + variation)),
    ),
  );
  const fit = fitSpace(groups);
  const meanings = groups.map((group) => {
    const row = silent();
    row.set(unit(project(fit, meanOf(group))));
    return row;
  });
  return { fit, meanings };
};

/** Takes a few hundred milliseconds; gives the same bytes on every machine. */
export const buildSampleFiles = (): SampleFiles => {
  const { fit, meanings } = fitPrototypes();
  const unknown = silent();
  unknown[UNKNOWN_AXIS] = 1;
  const table: readonly (readonly [string, Float64Array])[] = [
    ["[pad]", silent()],
    ["[end]", silent()],
    [UNKNOWN_TOKEN, unknown],
    ...FILLER_WORDS.map((word) => [word, silent()] as const),
    ...concepts.flatMap(({ words }, index) => words.map((word) => [word, meanings[index] ?? silent()] as const)),
  ];
  const rows = table.map(([, row]) => row);
  return {
    "vision.onnx": encodeOnnxModel(imageGraph(fit)),
    "text.onnx": encodeOnnxModel(textGraph(rows, TEXT_LENGTH)),
    "tokenizer.json": new TextEncoder().encode(tokenizerOf(table.map(([word]) => word))),
  };
};

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
