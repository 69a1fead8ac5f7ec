/** Answers as objects for `formatJson`; field names turn into snake_case there. */
import { formatCaptureTime } from "../../photo/capture-time.ts";
import type { DuplicatesReply, PhotoDetails, PhotoSummary, SearchReply } from "../../search/types.ts";

const SCORE_DIGITS = 6;
const rounded = (value: number): number => Number(value.toFixed(SCORE_DIGITS));

const photoJson = (photo: PhotoSummary): Readonly<Record<string, unknown>> => ({
  contentHash: photo.contentHash,
  paths: photo.places.map(({ path }) => path),
  online: photo.places.some(({ online }) => online),
  capturedAt: photo.capturedAt === undefined ? undefined : formatCaptureTime(photo.capturedAt),
  camera: photo.camera,
  format: photo.format,
  width: photo.width,
  height: photo.height,
  fileSize: photo.fileBytes,
  gps: photo.gps,
  tags: photo.tags,
  title: photo.title,
  caption: photo.caption,
  favourite: photo.favourite,
  rating: photo.rating,
  enriched: photo.enriched,
  described: photo.described,
});

export const searchJson = ({ hits, ...reply }: SearchReply): Readonly<Record<string, unknown>> => ({
  ...reply,
  returned: hits.length,
  hits: hits.map(({ rank, id, photo, score, match, signals }) => ({
    rank,
    id,
    score: score === undefined ? undefined : rounded(score),
    match,
    ...photoJson(photo),
    signals,
  })),
});

export const detailsJson = (photo: PhotoDetails, id: string): Readonly<Record<string, unknown>> => ({
  id,
  ...photoJson(photo),
  group: photo.group.map((member) => ({ id: member.contentHash.slice(0, id.length), ...member })),
  sidecars: photo.sidecars,
  metadata: photo.metadata,
  scoredTags: photo.scoredTags,
  story: photo.story,
  translations: photo.translations,
  vectorKeys: photo.vectorKeys,
  indexed: photo.indexed,
});

export const duplicatesJson = (replies: readonly DuplicatesReply[]): Readonly<Record<string, unknown>> => ({
  totals: Object.fromEntries(replies.map(({ kind, total }) => [kind, total])),
  groups: replies
    .flatMap(({ groups }) => groups)
    .map(({ kind, ids, photos, reason, distance }) => ({
      kind,
      keep: kind === "exact" ? photos[0]?.places[0]?.path : ids[0],
      reason,
      distance,
      photos: photos.map((photo, position) => ({ id: ids[position], ...photoJson(photo) })),
    })),
  nextCursor: replies.length === 1 ? replies[0]?.nextCursor : undefined,
  notes: replies.flatMap(({ notes }) => notes),
});
