/** `duplicates`: one page of groups of one class. */
import { InvalidInputError } from "../errors.ts";
import { decodeCursor, encodeCursor, fingerprintOf, resumeAt } from "./cursor.ts";
import type { AlikePairs, FingerprintGroup } from "./duplicate-groups.ts";
import { burstGroups, exactGroups, MAX_NEAR_DISTANCE, nearGroups } from "./duplicate-groups.ts";
import { resolveFolders } from "./filters.ts";
import { calibratePictures } from "./null-calibration.ts";
import { shownIds } from "./photo-ids.ts";
import { dot } from "./resolve-terms.ts";
import { checkedLimit } from "./search-photos.ts";
import type {
  DuplicateGroup,
  DuplicatesReply,
  DuplicatesRequest,
  PhotoFingerprint,
  PhotoPlace,
  PhotoSummary,
  SearchDeps,
} from "./types.ts";

const SAMPLE_PHOTOS = 64;
const PAIRS_PER_READ = 500;

const checkDistance = (distance: number | undefined): void => {
  if (distance === undefined || (Number.isInteger(distance) && distance >= 0 && distance <= MAX_NEAR_DISTANCE)) return;
  throw new InvalidInputError(
    `Expected a whole number from 0 to ${MAX_NEAR_DISTANCE} for distance, received ${distance}.`,
    { hint: "10 finds edited and resized copies; 0 only what looks the same." },
  );
};

/** Vectors are alike when random pairs of this library hardly ever are as close. */
const alikeByVectors =
  ({ catalogue, model }: SearchDeps): AlikePairs =>
  async (pairs) => {
    const key = pairs.length === 0 ? undefined : (await model())?.vectorKey;
    if (key === undefined) return pairs.map(() => false);
    const sample = await catalogue.sampleVectors(key, SAMPLE_PHOTOS);
    const random = sample.flatMap((left, position) => sample.slice(position + 1).map((right) => dot(left, right)));
    const { goodFrom } = calibratePictures(random, 1);
    const alike: boolean[] = [];
    for (let first = 0; first < pairs.length; first += PAIRS_PER_READ) {
      const part = pairs.slice(first, first + PAIRS_PER_READ);
      const vectors = await catalogue.vectors([...new Set(part.flat())], key);
      alike.push(
        ...part.map(([left, right]) => {
          const [one, other] = [vectors.get(left), vectors.get(right)];
          return one !== undefined && other !== undefined && dot(one, other) >= goodFrom;
        }),
      );
    }
    return alike;
  };

interface Found {
  readonly groups: readonly FingerprintGroup[];
  readonly notes: readonly string[];
}

const findGroups = async (
  deps: SearchDeps,
  { kind, distance }: DuplicatesRequest,
  fingerprints: readonly PhotoFingerprint[],
): Promise<Found> => {
  switch (kind) {
    case "exact":
      return { groups: exactGroups(fingerprints), notes: [] };
    case "burst":
      return { groups: await burstGroups(fingerprints, alikeByVectors(deps)), notes: [] };
    case "near": {
      const { groups, flat } = nearGroups(fingerprints, distance);
      return {
        groups,
        notes:
          flat === 0
            ? []
            : [
                `${flat} flat or blank ${flat === 1 ? "picture is" : "pictures are"} left out: any two of them look alike.`,
              ],
      };
    }
    default:
      return kind satisfies never;
  }
};

const keyOf = (group: FingerprintGroup): string => group.photos[0]?.contentHash ?? "";

/** Names that people and systems give to second copies: `Backup`, `old laptop`, `IMG_1 (2).jpg`, `beach copy.jpg`. */
const COPY_NAME = /(?<!\p{L})(backups?|cop(y|ies)|duplicates?|old|te?mp|trash|downloads?)(?!\p{L})|\(\d+\)/iu;

const isNamedLikeCopy = ({ path, rootPath }: PhotoPlace): boolean =>
  COPY_NAME.test(path.startsWith(rootPath) ? path.slice(rootPath.length) : path);

/** The place to keep first: online, not named like a copy, fewest folders, then by name. */
const originalPlaceFirst = (photo: PhotoSummary): PhotoSummary => ({
  ...photo,
  places: photo.places.toSorted(
    (left, right) =>
      Number(right.online) - Number(left.online) ||
      Number(isNamedLikeCopy(left)) - Number(isNamedLikeCopy(right)) ||
      left.path.split(/[\\/]/).length - right.path.split(/[\\/]/).length ||
      left.path.length - right.path.length ||
      (left.path < right.path ? -1 : 1),
  ),
});

const toGroups = async (
  { catalogue }: SearchDeps,
  { kind }: DuplicatesRequest,
  page: readonly FingerprintGroup[],
): Promise<readonly DuplicateGroup[]> => {
  const hashes = page.flatMap(({ photos }) => photos.map(({ contentHash }) => contentHash));
  const summaries = new Map((await catalogue.summaries(hashes)).map((photo) => [photo.contentHash, photo]));
  const ids = new Map(shownIds(hashes).map((id, position) => [hashes[position], id]));
  return page.map(({ photos, reason, distance }) => {
    const known = photos.flatMap(({ contentHash }) => summaries.get(contentHash) ?? []);
    return {
      kind,
      photos: kind === "exact" ? known.map(originalPlaceFirst) : known,
      ids: known.map(({ contentHash }) => ids.get(contentHash) ?? contentHash),
      reason,
      ...(distance === undefined ? {} : { distance }),
    };
  });
};

/** @throws InvalidInputError for wrong values, NotFoundError for unknown folders */
export const findDuplicates = async (
  deps: SearchDeps,
  request: DuplicatesRequest,
  signal: AbortSignal,
): Promise<DuplicatesReply> => {
  const limit = checkedLimit(request.limit);
  checkDistance(request.distance);
  const folders =
    request.folders === undefined || request.folders.length === 0
      ? undefined
      : await resolveFolders(deps.catalogue, request.folders);
  const fingerprints = await deps.catalogue.fingerprints(folders);
  signal.throwIfAborted();
  const { groups, notes } = await findGroups(deps, request, fingerprints);
  const { limit: _limit, cursor, ...identity } = request;
  const scope = {
    libraryId: await deps.catalogue.libraryId(),
    request: fingerprintOf({ ...identity, duplicates: true }),
  };
  const offset = cursor === undefined ? 0 : resumeAt(groups.map(keyOf), decodeCursor(cursor, scope));
  const page = groups.slice(offset, offset + limit);
  const last = page.at(-1);
  const hasMore = last !== undefined && groups.length > offset + page.length;
  return {
    kind: request.kind,
    groups: await toGroups(deps, request, page),
    total: groups.length,
    ...(hasMore ? { nextCursor: encodeCursor(scope, { offset: offset + page.length, after: keyOf(last) }) } : {}),
    notes,
  };
};
