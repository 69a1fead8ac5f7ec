/**
 * Recall on the user's own library: words that files carry (keywords, titles, captions) are searched for by meaning,
 * and the photos that carry them should come first. See ModelSelfCheck in library/model-change.ts.
 */
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { VectorIndex } from "../vectors/types.ts";
import type { Inference } from "./inference.ts";

const LOT = 2_000;
/** Photos looked at for words. */
const MAX_PHOTOS = 50_000;
const MAX_QUERIES = 40;
/** A word that more photos than this share carry tells little. */
const COMMON_SHARE = 0.2;
const MAX_WORDS = 12;

/** Words, and the photos that carry them. */
export interface KnownFact {
  readonly words: string;
  readonly photos: ReadonlySet<string>;
}

const normalise = (words: string): string => words.normalize("NFC").trim().replaceAll(/\s+/g, " ").toLowerCase();

const isUsable = (words: string): boolean => /\p{L}{3}/u.test(words) && words.split(" ").length <= MAX_WORDS;

/** The words that the most photos carry come first: they measure most. */
export const chooseFacts = (facts: readonly KnownFact[], photos: number): readonly KnownFact[] =>
  facts
    .filter((fact) => fact.photos.size <= Math.max(1, photos * COMMON_SHARE))
    .toSorted((a, b) => b.photos.size - a.photos.size || (a.words < b.words ? -1 : 1))
    .slice(0, MAX_QUERIES);

export const readFacts = async ({ index, photos }: Catalogue, signal: AbortSignal): Promise<readonly KnownFact[]> => {
  const hashes = (await index.allRevisions()).slice(0, MAX_PHOTOS).map(({ contentHash }) => contentHash);
  const facts = new Map<string, Set<string>>();
  for (let from = 0; from < hashes.length; from += LOT) {
    signal.throwIfAborted();
    for (const [hash, { metadata }] of await photos.load(hashes.slice(from, from + LOT))) {
      for (const text of [...(metadata.keywords ?? []), metadata.title ?? "", metadata.caption ?? ""]) {
        const words = normalise(text);
        if (!isUsable(words)) continue;
        const known = facts.get(words);
        if (known === undefined) facts.set(words, new Set([hash]));
        else known.add(hash);
      }
    }
  }
  return chooseFacts(
    [...facts].map(([words, carriers]) => ({ words, photos: carriers })),
    hashes.length,
  );
};

interface Recall {
  readonly model: InstalledModel;
  readonly index: Pick<VectorIndex, "nearest">;
  readonly inference: Pick<Inference, "searchEncoderOf">;
  readonly signal: AbortSignal;
}

/** 0..1 */
export const recallOf = async (
  facts: readonly KnownFact[],
  { model, index, inference, signal }: Recall,
): Promise<number> => {
  const words = facts.map((fact) => fact.words);
  const vectors = await inference.searchEncoderOf(model).embedTexts(words, { signal });
  let sum = 0;
  for (const [position, { photos }] of facts.entries()) {
    const vector = vectors[position];
    if (vector === undefined) continue;
    const hits = await index.nearest({ vector, limit: photos.size, exact: true });
    sum += hits.filter(({ contentHash }) => photos.has(contentHash)).length / photos.size;
  }
  return facts.length === 0 ? 0 : sum / facts.length;
};
