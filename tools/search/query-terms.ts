/** What a search is for: the arguments of the tool as terms and filters of core. */
import { z } from "zod";
import type { LibraryGuide } from "../../src/app/library-guide.ts";
import { InvalidInputError, NotFoundError } from "../../src/errors.ts";
import { realPathInsideRoots } from "../../src/library/root-gate.ts";
import type { Search, SearchFilters, SearchTerm } from "../../src/search/types.ts";
import { knownPhoto } from "../photos/known-photos.ts";

const MAX_WORDS = 1000;
const MAX_DIMENSION = 1536;
const MAX_TERMS = 8;

const words = z.string().max(MAX_WORDS);
const name = z.string().max(200);
const date = z.string().max(25);

const mixTerm = z.strictObject({
  text: words.optional().describe("What the photos show"),
  like_id: name.optional(),
  weight: z.number().min(-5).max(5).default(1),
});

/** At most one of them. */
export const queryFields = {
  text: words.optional(),
  like_id: name.optional(),
  like_path: z.string().max(4096).optional(),
  embedding: z.array(z.number()).max(MAX_DIMENSION).optional(),
  mix: z.array(mixTerm).min(1).max(MAX_TERMS).optional().describe("Weight below 0: less like this"),
};

export const filtersSchema = z.strictObject({
  taken_from: date.optional().describe("2024, 2024-06, 2024-06-15"),
  taken_to: date.optional().describe("Included whole"),
  folder: z.string().max(1000).optional().describe("Path, or its last names"),
  tags: z.array(name).max(10).optional(),
  camera: name.optional(),
  near: z.strictObject({ lat: z.number(), lon: z.number(), km: z.number() }).optional(),
  has_gps: z.boolean().optional(),
  enriched: z.boolean().optional(),
});
export type QueryFilters = z.output<typeof filtersSchema>;

const querySchema = z.object(queryFields);
export type Query = z.output<typeof querySchema>;
type QueryName = keyof typeof queryFields;
const QUERY_NAMES = Object.keys(queryFields) as readonly QueryName[]; // keys of the literal above

export const filtersOf = (filters: QueryFilters): SearchFilters => {
  const { taken_from: from, taken_to: to, folder, tags, camera, near, has_gps: hasGps, enriched } = filters;
  return {
    from,
    to,
    folders: folder === undefined ? undefined : [folder],
    tags,
    cameras: camera === undefined ? undefined : [camera],
    near: near === undefined ? undefined : { latitude: near.lat, longitude: near.lon, kilometres: near.km },
    hasGps,
    enriched,
  };
};

const checkOnlyOne = (query: Query): void => {
  const given = QUERY_NAMES.filter((key) => query[key] !== undefined);
  if (given.length <= 1) return;
  throw new InvalidInputError(`Expected one of ${QUERY_NAMES.join(", ")}, received ${given.join(" and ")}.`, {
    hint: "mix combines words and example photos, each with a weight.",
  });
};

type TermSources = Pick<Search, "lookUp" | "show"> & Pick<LibraryGuide, "readableRoots">;

const likePhoto = async (library: TermSources, id: string, weight: number): Promise<SearchTerm> => {
  const { photo } = await knownPhoto(library, id);
  return { source: { kind: "photo", id: photo.contentHash }, weight };
};

const mixed = async (library: TermSources, mix: NonNullable<Query["mix"]>): Promise<readonly SearchTerm[]> => {
  const terms: SearchTerm[] = [];
  for (const { text, like_id: id, weight } of mix) {
    if ((text === undefined) === (id === undefined)) {
      throw new InvalidInputError("Expected text or like_id in each entry of mix, received both or none.");
    }
    if (text !== undefined) terms.push({ source: { kind: "text", text }, weight });
    if (id !== undefined) terms.push(await likePhoto(library, id, weight));
  }
  return terms;
};

/** A file of the library is its photo: nothing is decoded, and it is left out of what is like it. */
const likeFile = async (library: TermSources, requested: string, signal: AbortSignal): Promise<SearchTerm> => {
  const { added } = await library.readableRoots();
  const path = await realPathInsideRoots(requested, added);
  try {
    const { contentHash } = await library.show(path, signal);
    return { source: { kind: "photo", id: contentHash }, weight: 1 };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return { source: { kind: "file", path }, weight: 1 };
  }
};

/**
 * No term = everything that passes the filters.
 * @throws InvalidInputError, NotFoundError for unknown ids and for paths outside of the photo folders
 */
export const termsOf = async (
  library: TermSources,
  query: Query,
  signal: AbortSignal,
): Promise<readonly SearchTerm[]> => {
  checkOnlyOne(query);
  const { text, like_id: id, like_path: path, embedding, mix } = query;
  if (text !== undefined) return [{ source: { kind: "text", text }, weight: 1 }];
  if (id !== undefined) return [await likePhoto(library, id, 1)];
  if (mix !== undefined) return mixed(library, mix);
  if (embedding !== undefined) return [{ source: { kind: "vector", vector: embedding }, weight: 1 }];
  return path === undefined ? [] : [await likeFile(library, path, signal)];
};
