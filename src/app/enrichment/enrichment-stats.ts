/** How far enrichment is, in the names and units that programs know. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { resolveFolders } from "../../search/filters.ts";

export interface StatsFilter {
  readonly folders?: readonly string[];
  /** Ids or names. */
  readonly albums?: readonly string[];
}

/** Field names as they are printed: this is a record for programs. */
export interface EnrichmentStats {
  readonly total_photos: number;
  readonly enriched_descriptions: number;
  readonly photo_profiles: number;
  readonly with_translations: number;
  /** Percent of the photos, one decimal. */
  readonly enrichment_coverage: number;
  readonly profile_coverage: number;
  readonly translation_coverage: number;
  /** Enrichments by kind and state. */
  readonly states: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Unfinished jobs of the library, by kind. */
  readonly queue: {
    readonly depth: number;
    readonly running: number;
    readonly kinds: Readonly<Record<string, number>>;
  };
  /** photon's own cache of answers. `hit_rate`: 0 to 1. */
  readonly cache: { readonly size: number; readonly hit_rate: number; readonly total_requests: number };
}

const DECIMALS = 10;

/** Percent with one decimal: 892 of 1250 is 71.4; nothing of nothing is 0. */
export const coverage = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((100 * DECIMALS * part) / whole) / DECIMALS;

const photosOf = async (
  { search, administration, albums: albumRows }: Catalogue,
  { folders = [], albums = [] }: StatsFilter,
): Promise<readonly string[] | undefined> => {
  if (folders.length + albums.length === 0) return undefined;
  const hashes = new Set<string>();
  for (const folder of await resolveFolders(search, folders)) {
    for (const { contentHash } of await administration.photosAt(folder)) hashes.add(contentHash);
  }
  for (const album of albums) for (const hash of await albumRows.photos(album)) hashes.add(hash);
  return [...hashes];
};

const statesOf = (
  rows: readonly { readonly kind: string; readonly state: string; readonly count: number }[],
): EnrichmentStats["states"] =>
  Object.fromEntries(
    [...Map.groupBy(rows, ({ kind }) => kind)].map(([kind, own]) => [
      kind,
      Object.fromEntries(own.map(({ state, count }) => [state, count])),
    ]),
  );

export const readStats = async (
  catalogue: Catalogue,
  filter: StatsFilter,
  findAlbum: (name: string) => Promise<string>,
): Promise<EnrichmentStats> => {
  const albums = await Promise.all((filter.albums ?? []).map(findAlbum));
  const counts = await catalogue.executions.counts(await photosOf(catalogue, { ...filter, albums }));
  const { photos, described, withProfile, withTranslations } = counts;
  const { kinds } = await catalogue.jobs.stats();
  const cache = await catalogue.calls.cacheStats();
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const depths = Object.entries(kinds).map(([kind, { available, running }]) => [kind, available + running] as const);
  return {
    total_photos: photos,
    enriched_descriptions: described,
    photo_profiles: withProfile,
    with_translations: withTranslations,
    enrichment_coverage: coverage(described, photos),
    profile_coverage: coverage(withProfile, photos),
    translation_coverage: coverage(withTranslations, photos),
    states: statesOf(counts.states),
    queue: {
      depth: sum(depths.map(([, depth]) => depth)),
      running: sum(Object.values(kinds).map(({ running }) => running)),
      kinds: Object.fromEntries(depths),
    },
    cache: {
      size: cache.size,
      hit_rate: cache.requests === 0 ? 0 : cache.hits / cache.requests,
      total_requests: cache.requests,
    },
  };
};
