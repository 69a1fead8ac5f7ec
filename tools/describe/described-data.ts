/** The answer of `describe`. */
import { z } from "zod";
import { NotFoundError } from "../../src/errors.ts";
import type { Search } from "../../src/search/types.ts";
import { fitResult } from "../photos/fit-result.ts";
import type { ItemError, KnownPhoto } from "../photos/known-photos.ts";
import { itemErrorSchema, knownPhotos } from "../photos/known-photos.ts";
import type { Detail } from "../photos/photo-row.ts";
import { ROW_LIMITS } from "../photos/photo-row.ts";
import type { DescribedMissing } from "./describe-missing.ts";
import type { FactsOfPhoto } from "./photo-facts.ts";
import { photoFacts, photoFactsSchema } from "./photo-facts.ts";

export const describeResultSchema = z.strictObject({
  photos: z.array(photoFactsSchema),
  errors: z.array(itemErrorSchema),
  job_id: z.string().optional().describe("Of descriptions that are not done yet."),
  note: z.string().optional(),
});
export type DescribeData = z.output<typeof describeResultSchema>;

export interface Wanted {
  readonly detail: Detail;
  readonly language: string | undefined;
  /** Something was written since the photos were looked up. */
  readonly isChanged: boolean;
}

/** undefined: it was forgotten meanwhile; the summary is left. */
const detailsOf = async (search: Search, { photo }: KnownPhoto, signal: AbortSignal) => {
  try {
    return await search.show(photo.contentHash, signal);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
};

export const loadFacts = async (
  search: Search,
  known: readonly KnownPhoto[],
  { detail, language, isChanged }: Wanted,
  signal: AbortSignal,
): Promise<readonly FactsOfPhoto[]> => {
  const ids = known.map(({ photo }) => photo.contentHash);
  const photos = isChanged ? (await knownPhotos(search, ids)).photos : known;
  const similar = await search.similarCounts(ids);
  const wantsDetails = detail === "full" || language !== undefined;
  const facts: FactsOfPhoto[] = [];
  for (const one of photos) {
    const details = wantsDetails ? await detailsOf(search, one, signal) : undefined;
    facts.push({ ...one, details, similar: similar.get(one.photo.contentHash) });
  }
  return facts;
};

const untranslated = (facts: readonly FactsOfPhoto[], language: string | undefined): readonly string[] => {
  if (language === undefined) return [];
  const lacking = facts.filter(
    ({ photo, details }) => photo.described !== undefined && details?.translations?.[language] === undefined,
  );
  return lacking.length === 0
    ? []
    : [
        `${lacking.length} have no translation to ${language}: request_enrichment with kind translate makes them, annotate with language writes them.`,
      ];
};

export const describedData = (
  facts: readonly FactsOfPhoto[],
  given: Omit<Wanted, "isChanged"> & {
    readonly errors: readonly ItemError[];
    readonly made: DescribedMissing | undefined;
  },
): DescribeData => {
  const { detail, language, errors, made } = given;
  const note = [...(made?.notes ?? []), ...untranslated(facts, language)].join(" ");
  return fitResult(ROW_LIMITS, (limits) => ({
    photos: facts.map((one) => photoFacts(one, { detail, language, limits })),
    errors: [...errors, ...(made?.errors ?? [])],
    ...(made?.jobId === undefined ? {} : { job_id: made.jobId }),
    ...(note === "" ? {} : { note }),
  }));
};
