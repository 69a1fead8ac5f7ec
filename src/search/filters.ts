/** Filters as people write them, turned into what the index understands. */
import { closest } from "fastest-levenshtein";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import { formatsHolding } from "../photo/photo-groups.ts";
import type { IndexFilter } from "../vectors/types.ts";
import { parseDateRange } from "./date-range.ts";
import type { SearchCatalogue, SearchDeps, SearchFilters } from "./types.ts";

const EARTH_HALF_ROUND_KM = 20_038;
const MAX_RATING = 5;
/** Before every capture key: a filter that only photos with a capture time pass. */
const EARLIEST = -8_640_000_000_000_000;

const isIn = (value: number, lowest: number, highest: number): boolean => value >= lowest && value <= highest;

const checkNear = (near: NonNullable<SearchFilters["near"]>): void => {
  const { latitude, longitude, kilometres } = near;
  if (isIn(latitude, -90, 90) && isIn(longitude, -180, 180) && kilometres > 0 && kilometres <= EARTH_HALF_ROUND_KM) {
    return;
  }
  throw new InvalidInputError(
    `Expected latitude (-90..90), longitude (-180..180) and kilometres (above 0) for near, received ${latitude},${longitude},${kilometres}.`,
    { hint: "Write near as lat,lon,km, for example 48.2,16.37,5." },
  );
};

/** `lat,lon,km`: `48.2,16.37,5`. */
export const parseNear = (text: string): NonNullable<SearchFilters["near"]> => {
  const parts = text
    .trim()
    .replace(/\s*km$/i, "")
    .split(",");
  const [latitude, longitude, kilometres] = parts.map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const isComplete = parts.length === 3 && parts.every((part) => Number.isFinite(Number(part)));
  if (!isComplete || latitude === undefined || longitude === undefined || kilometres === undefined) {
    throw new InvalidInputError(`Expected lat,lon,km for near, received "${text}".`, {
      hint: "Write three numbers with commas between them, for example 48.2,16.37,5.",
    });
  }
  const near = { latitude, longitude, kilometres };
  checkNear(near);
  return near;
};

const folded = (path: string): string => path.normalize("NFC").toLowerCase().replaceAll("\\", "/").replace(/\/+$/, "");

const isInside = (folder: string, outer: string): boolean =>
  folder !== outer && folded(folder).startsWith(`${folded(outer)}/`);

const isAbsoluteFolder = (words: string): boolean => /^(\/|[A-Za-z]:[\\/]|\\\\)/.test(words);

/**
 * Folders that the words name: an absolute folder itself, else every folder whose last names are the words. Folders
 * inside another match are left out: the outer one holds them.
 */
const foldersNamed = (words: string, folders: readonly string[]): readonly string[] => {
  const wanted = folded(words);
  const isMatch = (folder: string): boolean =>
    folded(folder) === wanted || (!isAbsoluteFolder(words) && folded(folder).endsWith(`/${wanted}`));
  const matches = folders.filter(isMatch);
  return matches.filter((folder) => !matches.some((outer) => isInside(folder, outer)));
};

const unknownFolder = (words: string, folders: readonly string[]): NotFoundError => {
  const names = [...new Set(folders.map((folder) => folder.split(/[\\/]/).at(-1) ?? folder))];
  const nearest = names.length === 0 ? undefined : closest(words, names);
  return new NotFoundError(`No folder of this library is called "${words}".`, {
    hint: `Give an absolute folder or the last part of one${nearest === undefined ? "" : `; the nearest name is "${nearest}"`}.`,
  });
};

/** @throws NotFoundError for words that name no folder */
export const resolveFolders = async (
  catalogue: Pick<SearchCatalogue, "folders">,
  named: readonly string[],
): Promise<readonly string[]> => {
  const folders = await catalogue.folders();
  return [
    ...new Set(
      named.flatMap((words) => {
        const matches = foldersNamed(words, folders);
        if (matches.length === 0) throw unknownFolder(words, folders);
        return matches;
      }),
    ),
  ];
};

const checkRating = (rating: number): void => {
  if (isIn(rating, 0, MAX_RATING)) return;
  throw new InvalidInputError(`Expected a rating from 0 to ${MAX_RATING} for min rating, received ${rating}.`);
};

/** Every name under which photos may carry these tags: as written, for people use words of their own, and the terms'. */
const namesOfTags = (
  tags: readonly string[],
  termsCalled: NonNullable<SearchDeps["termsCalled"]>,
): Promise<readonly (readonly string[])[]> =>
  Promise.all(
    tags.map(async (tag) => {
      const word = tag.trim().toLowerCase();
      return [...new Set([word, ...(await termsCalled(word))])];
    }),
  );

const FORMAT_NAMES: Readonly<Record<string, string>> = { jpg: "jpeg", tif: "tiff", heif: "heic" };
const formatName = (format: string): string => FORMAT_NAMES[format.toLowerCase()] ?? format.toLowerCase();

export interface FilterDeps {
  readonly catalogue: Pick<SearchCatalogue, "folders">;
  readonly termsCalled?: SearchDeps["termsCalled"];
}

/**
 * @returns undefined when every photo passes
 * @throws InvalidInputError for wrong values, NotFoundError for unknown folders
 */
export const toIndexFilter = async (
  { catalogue, termsCalled = () => Promise.resolve([]) }: FilterDeps,
  filters: SearchFilters,
): Promise<IndexFilter | undefined> => {
  const { from, before } = parseDateRange(filters.from, filters.to);
  if (filters.near !== undefined) checkNear(filters.near);
  if (filters.minRating !== undefined) checkRating(filters.minRating);
  const listed = <Value>(values: readonly Value[] | undefined): values is readonly Value[] =>
    values !== undefined && values.length > 0;
  const filter: IndexFilter = {
    ...(from === undefined ? {} : { capturedFrom: from }),
    ...(before === undefined ? {} : { capturedBefore: before }),
    ...(listed(filters.folders) ? { folders: await resolveFolders(catalogue, filters.folders) } : {}),
    ...(listed(filters.cameras) ? { cameras: filters.cameras } : {}),
    ...(listed(filters.tags) ? { tags: await namesOfTags(filters.tags, termsCalled) } : {}),
    ...(listed(filters.withoutTags)
      ? { withoutTags: (await namesOfTags(filters.withoutTags, termsCalled)).flat() }
      : {}),
    ...(filters.near === undefined ? {} : { near: filters.near }),
    ...(filters.hasGps === undefined ? {} : { hasGps: filters.hasGps }),
    ...(filters.enriched === undefined ? {} : { enriched: filters.enriched }),
    ...(filters.favourite === undefined ? {} : { favourite: filters.favourite }),
    ...(filters.minRating === undefined ? {} : { minRating: filters.minRating }),
    ...(listed(filters.formats) ? { formats: filters.formats.map(formatName).flatMap(formatsHolding) } : {}),
  };
  return Object.keys(filter).length === 0 ? undefined : filter;
};

/** The filter without its dates, once for all photos and once for those with a capture time; undefined without dates. */
export const undatedFilters = (
  filter: IndexFilter | undefined,
): { readonly all: IndexFilter; readonly dated: IndexFilter } | undefined => {
  if (filter?.capturedFrom === undefined && filter?.capturedBefore === undefined) return undefined;
  const { capturedFrom: _from, capturedBefore: _before, ...all } = filter;
  return { all, dated: { ...all, capturedFrom: EARLIEST } };
};
