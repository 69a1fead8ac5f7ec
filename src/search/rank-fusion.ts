/** Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): each ranking adds 1 / (k + rank). */

/** The constant of the paper; large enough that no single first place decides. */
export const FUSION_K = 60;

/** What a rank (from 1) adds; 0 for a photo that the ranking does not hold. */
export const rankShare = (rank: number | undefined): number => (rank === undefined ? 0 : 1 / (FUSION_K + rank));

/** Ranks from 1 in the order given. */
export const ranksOf = (keys: readonly string[]): ReadonlyMap<string, number> =>
  new Map(keys.map((key, position) => [key, position + 1]));
