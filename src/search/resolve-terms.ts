/** Terms of a request turned into one query vector, negative vectors and words. */
import type { ScoreCalibration } from "../../models/embedding/encoder.ts";
import { InvalidInputError } from "../errors.ts";
import { absentModelHint, absentModelText } from "./absent-model.ts";
import { calibratePictures, calibrateWords } from "./null-calibration.ts";
import { resolvePhotoId } from "./photo-ids.ts";
import { contentWords, stemsOfQuery } from "./query-words.ts";
import type { SearchDeps, SearchMode, SearchModel, SearchTerm } from "./types.ts";

/** One vector and the scale its cosines are read on. */
interface CalibratedVector {
  readonly vector: Float32Array;
  readonly calibration: ScoreCalibration;
}

interface NegativeTerm {
  /** Above 0. */
  readonly weight: number;
  readonly query: CalibratedVector | undefined;
  /** Empty for pictures. */
  readonly stems: readonly string[];
}

export interface ResolvedTerms {
  /** undefined = words only. */
  readonly positive: CalibratedVector | undefined;
  /** Telling words of the positive texts, for full-text search; undefined = vectors only. */
  readonly text: string | undefined;
  readonly negatives: readonly NegativeTerm[];
  /** Photos of the library that are terms themselves. */
  readonly termPhotos: ReadonlySet<string>;
}

export interface ResolveContext {
  readonly deps: Pick<SearchDeps, "catalogue" | "nullSet">;
  /** undefined = the library has none, or the search wants words only. */
  readonly model: SearchModel | undefined;
  /** The library has one, whose files are gone. */
  readonly absentModel: string | undefined;
  readonly mode: SearchMode;
  /** Photos that pass the filter. */
  readonly passing: number;
  readonly signal: AbortSignal;
}

interface TermVector {
  readonly term: SearchTerm;
  readonly vector: Float32Array;
  readonly contentHash?: string;
}

const SAMPLE_PHOTOS = 256;

export const dot = (left: Float32Array, right: Float32Array): number => {
  let sum = 0;
  for (let position = 0; position < left.length; position += 1) sum += (left[position] ?? 0) * (right[position] ?? 0);
  return sum;
};

/** @returns undefined for a vector without direction */
const normalised = (vector: Float32Array): Float32Array | undefined => {
  const length = Math.sqrt(dot(vector, vector));
  return Number.isFinite(length) && length > 0 ? vector.map((value) => value / length) : undefined;
};

/** Weighted sum of unit vectors, brought back to length 1. */
const combine = (parts: readonly { readonly vector: Float32Array; readonly weight: number }[]): Float32Array => {
  const sum = new Float32Array(parts[0]?.vector.length ?? 0);
  for (const { vector, weight } of parts) {
    for (let position = 0; position < sum.length; position += 1) {
      sum[position] = (sum[position] ?? 0) + weight * (vector[position] ?? 0);
    }
  }
  const unit = normalised(sum);
  if (unit !== undefined) return unit;
  throw new InvalidInputError("Expected terms that do not cancel each other out, received a query without direction.", {
    hint: "Leave one of the opposite terms out or give them different weights.",
  });
};

const checkedVector = (given: readonly number[] | Float32Array, model: SearchModel): Float32Array => {
  const unit = given.length === model.dimension ? normalised(Float32Array.from(given)) : undefined;
  if (unit !== undefined) return unit;
  const received = given.length === model.dimension ? "one that is zero or not finite" : `${given.length}`;
  throw new InvalidInputError(
    `Expected a vector of ${model.dimension} numbers for model ${model.modelId}, received ${received}.`,
    { hint: `Make the vector with the library's own model (${model.vectorKey}).` },
  );
};

const storedVector = async (id: string, model: SearchModel, { deps }: ResolveContext): Promise<TermVectorOnly> => {
  const contentHash = await resolvePhotoId(deps.catalogue, id);
  const vector = (await deps.catalogue.vectors([contentHash], model.vectorKey)).get(contentHash);
  if (vector !== undefined) return { vector, contentHash };
  throw new InvalidInputError(
    `Expected a photo with a vector of model ${model.modelId}, received ${id}, which has none.`,
    {
      hint: 'Run "photon process" on its file, or name the file itself instead of the id.',
    },
  );
};

type TermVectorOnly = Omit<TermVector, "term">;

const vectorOf = async (term: SearchTerm, model: SearchModel, context: ResolveContext): Promise<TermVectorOnly> => {
  const { source } = term;
  switch (source.kind) {
    case "photo":
      return storedVector(source.id, model, context);
    case "file":
      return { vector: await model.embedFile(source.path, { signal: context.signal }) };
    case "vector":
      return { vector: checkedVector(source.vector, model) };
    case "text": {
      const [vector] = await model.embedTexts([source.text], { signal: context.signal });
      return { vector: vector ?? new Float32Array(model.dimension) };
    }
    default:
      return source satisfies never;
  }
};

const isText = ({ source }: SearchTerm): boolean => source.kind === "text";

const calibrate = async (
  vector: Float32Array,
  fromWords: boolean,
  model: SearchModel,
  { deps, passing }: ResolveContext,
): Promise<CalibratedVector> => {
  if (fromWords) {
    const nullSet = await deps.nullSet?.(model.vectorKey);
    return { vector, calibration: calibrateWords(model.calibration, nullSet, passing) };
  }
  const sample = await deps.catalogue.sampleVectors(model.vectorKey, SAMPLE_PHOTOS);
  return {
    vector,
    calibration: calibratePictures(
      sample.map((photo) => dot(vector, photo)),
      passing,
    ),
  };
};

const checkTerms = (terms: readonly SearchTerm[], { model, absentModel, mode }: ResolveContext): void => {
  if (!terms.some(({ weight }) => weight > 0)) {
    throw new InvalidInputError("Expected at least one term to search for, received only terms to avoid.", {
      hint: 'Add words or a picture: "beach -people". To leave a tag out altogether use --not-tag.',
    });
  }
  if (model !== undefined || terms.every(isText)) return;
  if (absentModel !== undefined && mode !== "text") {
    throw new InvalidInputError(absentModelText(absentModel), { hint: absentModelHint(absentModel) });
  }
  throw mode === "text"
    ? new InvalidInputError("Expected words only in text mode, received a picture or a vector.", {
        hint: "Use the mode hybrid or vector.",
      })
    : new InvalidInputError("Expected a library with an embedding model for a picture term, received one without.", {
        hint: 'Pictures are compared by a model; "photon models list" shows which are installed. Search by words meanwhile.',
      });
};

const positiveVector = async (
  vectors: readonly TermVector[],
  model: SearchModel,
  context: ResolveContext,
): Promise<CalibratedVector> => {
  const combined = combine(vectors.map(({ vector, term }) => ({ vector, weight: term.weight })));
  return calibrate(
    combined,
    vectors.every(({ term }) => isText(term)),
    model,
    context,
  );
};

const negativeTerm = async (
  term: SearchTerm,
  vector: Float32Array | undefined,
  context: ResolveContext,
): Promise<NegativeTerm> => ({
  weight: -term.weight,
  query:
    vector === undefined || context.model === undefined
      ? undefined
      : await calibrate(vector, isText(term), context.model, context),
  stems: term.source.kind === "text" && context.mode !== "vector" ? stemsOfQuery(term.source.text) : [],
});

/** @throws InvalidInputError, NotFoundError or UnreadablePhotoError of the term that cannot be used */
export const resolveTerms = async (terms: readonly SearchTerm[], context: ResolveContext): Promise<ResolvedTerms> => {
  checkTerms(terms, context);
  const { model } = context;
  const vectors: TermVector[] = [];
  if (model !== undefined) {
    for (const term of terms) vectors.push({ term, ...(await vectorOf(term, model, context)) });
  }
  const wanted = vectors.filter(({ term }) => term.weight > 0);
  const texts = terms.flatMap(({ source, weight }) => (source.kind === "text" && weight > 0 ? [source.text] : []));
  const words = contentWords(texts.join(" "));
  const negatives = terms
    .map((term, position) => ({ term, vector: vectors[position]?.vector }))
    .filter(({ term }) => term.weight < 0);
  const termPhotos = vectors.flatMap(({ contentHash }) => contentHash ?? []);
  const shownInstead = await context.deps.catalogue.shownInstead(termPhotos);
  return {
    positive: model === undefined ? undefined : await positiveVector(wanted, model, context),
    text: context.mode === "vector" || words.length === 0 ? undefined : words.join(" "),
    negatives: await Promise.all(negatives.map(({ term, vector }) => negativeTerm(term, vector, context))),
    termPhotos: new Set(termPhotos.map((hash) => shownInstead.get(hash) ?? hash)),
  };
};
