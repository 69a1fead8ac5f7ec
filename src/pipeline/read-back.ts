/** Photos as a run reports them, put together from the catalogue and from what a run has just computed. */
import { InternalError } from "../errors.ts";
import type { StoredPhoto } from "../catalogue/photo-row.ts";
import type { TagEdits } from "../photo/tag-edits.ts";
import { withTagEdits } from "../photo/tag-edits.ts";
import type { ProcessedPhoto, ScoredTag, Thumbnail } from "../photo/types.ts";
import type { PipelineLibrary } from "./pipeline-deps.ts";
import type { StageKeys } from "./stage-plan.ts";
import { staleStages } from "./stage-plan.ts";
import type { PhotoDraft, StageContext } from "./stage.ts";

/** The parts of a photo that the library holds, as far as a run wants them. */
export interface StoredParts {
  readonly photo: StoredPhoto;
  readonly vector: Float32Array | undefined;
  readonly largerVector: Float32Array | undefined;
  /** What models found, whatever people decided about it. */
  readonly tags: readonly ScoredTag[] | undefined;
  readonly tagEdits: TagEdits | undefined;
  readonly thumbnail: Thumbnail | undefined;
}

const readThumbnail = async (
  library: PipelineLibrary,
  { contentHash, thumbnail }: StoredPhoto,
): Promise<Thumbnail | undefined> => {
  if (thumbnail === undefined) return undefined;
  const bytes = await library.renditions.read(contentHash, thumbnail.format);
  return bytes === undefined ? undefined : { ...thumbnail, bytes };
};

/** @param wanted stage keys of this run: parts of stages that are switched off are not read */
export const readParts = async (
  library: PipelineLibrary,
  contentHashes: readonly string[],
  wanted: StageKeys,
  context: StageContext,
): Promise<ReadonlyMap<string, StoredParts>> => {
  const { photos } = library.catalogue;
  const stored = await photos.load(contentHashes);
  const hashes = [...stored.keys()];
  const vectorKey = context.encoder?.vectorKey;
  const vectors = wanted.has("embed") && vectorKey !== undefined ? await photos.vectors(hashes, vectorKey) : undefined;
  const largerKey = context.largerEncoder?.vectorKey;
  const largerVectors =
    wanted.has("embed-larger") && largerKey !== undefined ? await photos.vectors(hashes, largerKey) : undefined;
  const tags = wanted.has("tag") ? await photos.tags(hashes) : undefined;
  const edits = await photos.tagEdits(hashes);
  const parts = await Promise.all(
    [...stored].map(async ([hash, photo]): Promise<[string, StoredParts]> => {
      const thumbnail = wanted.has("thumbnail") ? await readThumbnail(library, photo) : undefined;
      return [
        hash,
        {
          photo,
          vector: vectors?.get(hash),
          largerVector: largerVectors?.get(hash),
          tags: tags?.get(hash),
          tagEdits: edits.get(hash),
          thumbnail,
        },
      ];
    }),
  );
  return new Map(parts);
};

/** Stages whose key is current but whose result is gone (a rendition deleted by hand, say): they are run again. */
export const lostStages = (parts: StoredParts | undefined, wanted: StageKeys): readonly string[] => {
  if (parts === undefined) return [...staleStages(wanted, undefined)];
  return [
    ...(wanted.has("thumbnail") && parts.thumbnail === undefined ? ["thumbnail"] : []),
    ...(wanted.has("embed") && parts.vector === undefined ? ["embed"] : []),
    ...(wanted.has("embed-larger") && parts.largerVector === undefined ? ["embed-larger"] : []),
  ];
};

type Encoders = Pick<StageContext, "encoder" | "largerEncoder">;

/** What a record shows: the larger model's vector in a run that makes one. */
const embeddingOf = (
  { vector, largerVector }: Pick<StoredParts, "vector" | "largerVector">,
  { encoder, largerEncoder }: Encoders,
): Pick<ProcessedPhoto, "embedding"> => {
  const [shown, made] = largerEncoder === undefined ? [encoder, vector] : [largerEncoder, largerVector];
  return shown === undefined || made === undefined ? {} : { embedding: { vectorKey: shown.vectorKey, vector: made } };
};

/** A photo whose every part is stored. */
export const storedPhoto = (
  { photo, tags, tagEdits, thumbnail, vector, largerVector }: StoredParts,
  encoders: Encoders,
): ProcessedPhoto => ({
  contentHash: photo.contentHash,
  format: photo.format,
  fileSize: photo.fileSize,
  ...photo.size,
  metadata: photo.metadata,
  exif: photo.exif,
  ...embeddingOf({ vector, largerVector }, encoders),
  tags: withTagEdits(tags ?? [], tagEdits),
  ...(thumbnail === undefined ? {} : { thumbnail }),
  ...(photo.perceptualHash === undefined ? {} : { perceptualHash: photo.perceptualHash }),
});

/** What the draft holds, and for the rest what is stored. */
export const assemblePhoto = (
  draft: PhotoDraft & { readonly contentHash: string },
  fileSize: number,
  parts: StoredParts | undefined,
  encoders: Encoders,
): ProcessedPhoto => {
  const { decoded } = draft;
  const size =
    decoded === undefined
      ? parts?.photo.size
      : { width: decoded.originalWidth, height: decoded.originalHeight, orientation: decoded.orientation };
  if (size === undefined) throw new InternalError("A photo was finished without being decoded.");
  const vector = draft.vector ?? parts?.vector;
  const largerVector = draft.largerVector ?? parts?.largerVector;
  const thumbnail = draft.thumbnail ?? parts?.thumbnail;
  const perceptualHash = draft.perceptualHash ?? parts?.photo.perceptualHash;
  return {
    contentHash: draft.contentHash,
    format: draft.format,
    fileSize,
    ...size,
    metadata: draft.metadata?.merged ?? parts?.photo.metadata ?? {},
    exif: draft.metadata?.exif ?? parts?.photo.exif ?? {},
    ...embeddingOf({ vector, largerVector }, encoders),
    tags: withTagEdits(draft.tags ?? parts?.tags ?? [], parts?.tagEdits),
    ...(thumbnail === undefined ? {} : { thumbnail }),
    ...(perceptualHash === undefined ? {} : { perceptualHash }),
  };
};
