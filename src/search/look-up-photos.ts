/** Photos by ids that somebody wrote down: each found or refused by itself, with ids that are near. */
import { nearestName } from "../config.ts";
import { isPhotoId, shownIds } from "./photo-ids.ts";
import type { PhotoLookUp, PhotoSummary, SearchCatalogue } from "./types.ts";

/** Ids named for one that fits several photos, at most. */
const MOST_NAMED = 5;
const LONGEST_ID = 64;
const ADDRESS = /^photo:\/\//;
/** A wrong digit is looked for behind one of these many right ones. */
const RIGHT_DIGITS = [8, 5, 3] as const;
const CANDIDATES = 200;
const SHOWN_DIGITS = 12;

const looked = (id: string): string => id.trim().replace(ADDRESS, "").toLowerCase();

/** A known id that looks like it. */
const nearId = async (catalogue: Pick<SearchCatalogue, "hashesWithPrefix">, id: string): Promise<readonly string[]> => {
  for (const digits of RIGHT_DIGITS) {
    const prefix = id.slice(0, digits);
    if (!/^[0-9a-f]+$/.test(prefix)) continue;
    const hashes = await catalogue.hashesWithPrefix(prefix, CANDIDATES);
    const nearest = nearestName(
      id.slice(0, SHOWN_DIGITS),
      hashes.map((hash) => hash.slice(0, SHOWN_DIGITS)),
    );
    if (nearest !== undefined) return [nearest];
  }
  return [];
};

type Found = { readonly contentHash: string } | Extract<PhotoLookUp, { readonly problem: string }>;

const findOne = async (catalogue: Pick<SearchCatalogue, "hashesWithPrefix">, asked: string): Promise<Found> => {
  const id = looked(asked);
  if (!isPhotoId(id)) {
    return { asked, problem: "malformed", near: id.length > LONGEST_ID ? [] : await nearId(catalogue, id) };
  }
  const [hash, ...others] = await catalogue.hashesWithPrefix(id, MOST_NAMED);
  if (hash === undefined) return { asked, problem: "unknown", near: await nearId(catalogue, id) };
  return others.length === 0
    ? { contentHash: hash }
    : { asked, problem: "ambiguous", near: shownIds([hash, ...others]) };
};

/** In the order asked; an id that is asked for twice is found twice. */
export const lookUpPhotos = async (
  catalogue: Pick<SearchCatalogue, "hashesWithPrefix" | "summaries">,
  ids: readonly string[],
): Promise<readonly PhotoLookUp[]> => {
  const found: Found[] = [];
  for (const id of ids) found.push(await findOne(catalogue, id));
  const hashes = found.flatMap((one) => ("contentHash" in one ? one.contentHash : []));
  const summaries = new Map<string, PhotoSummary>();
  for (const photo of await catalogue.summaries(hashes)) summaries.set(photo.contentHash, photo);
  const shown = new Map(shownIds(hashes).map((id, place) => [hashes[place], id]));
  return found.map((one, place) => {
    if (!("contentHash" in one)) return one;
    const asked = ids[place] ?? "";
    const photo = summaries.get(one.contentHash);
    return photo === undefined
      ? { asked, problem: "unknown", near: [] } // it has left the library since
      : { asked, id: shown.get(one.contentHash) ?? asked, photo };
  });
};
