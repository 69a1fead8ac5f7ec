/** Pictures of photos for people and assistants, made when they are asked for and not kept. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { PhotoSize, ThumbnailFacts } from "../catalogue/photo-row.ts";
import { reachableAmong } from "../catalogue/reachable.ts";
import type { SubjectFile } from "../catalogue/subject-repository.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { UnreadablePhotoError } from "../errors.ts";
import { composeSheet } from "../photo/contact-sheet.ts";
import type { RenditionStore } from "../photo/rendition-store.ts";
import type { SheetTile } from "../photo/sheet-layout.ts";
import { layoutSheet } from "../photo/sheet-layout.ts";
import type { ShownPicture, ShownPictureSettings } from "../photo/shown-picture.ts";
import { encodeShownPicture } from "../photo/shown-picture.ts";
import { identifyFormat } from "../photo/sniff.ts";
import type { DecodeLimits, RgbImage } from "../photo/types.ts";
import { decodePhoto } from "../pipeline/decode/decode-photo.ts";
import type { EncodingGate } from "./enrichment/encoding-gate.ts";
import { createEncodingGate } from "./enrichment/encoding-gate.ts";
import { once } from "./once.ts";
import { readPhotoContent } from "./photo-content.ts";
import { decodeLimitsOf } from "./process-api.ts";

export interface ContactSheet {
  readonly picture: ShownPicture;
  /** Content hashes of photos that can be read neither from a file nor from a rendition; their tiles are empty. */
  readonly missing: readonly string[];
}

export interface PicturesApi {
  readonly pictures: {
    /** One picture, upright, without metadata; undefined = the photo cannot be read now, and has no rendition. */
    readonly view: (
      contentHash: string,
      settings: ShownPictureSettings,
      signal: AbortSignal,
    ) => Promise<ShownPicture | undefined>;
    /** @param contentHashes 1 to 30 known photos, numbered in this order @param maxBytes of the file */
    readonly sheet: (contentHashes: readonly string[], maxBytes: number, signal: AbortSignal) => Promise<ContactSheet>;
  };
}

export interface PicturesDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly catalogue: () => Promise<Catalogue>;
  readonly renditions: RenditionStore;
}

/** What one call knows of its photos. */
interface Source {
  readonly contentHash: string;
  /** Of roots that can be reached now. */
  readonly files: readonly SubjectFile[];
  readonly rendition: ThumbnailFacts | undefined;
  /** Width divided by height. */
  readonly aspect: number;
}

interface Reading {
  readonly renditions: RenditionStore;
  readonly limits: DecodeLimits;
  readonly gate: EncodingGate;
  readonly signal: AbortSignal;
}

const NO_SIZE = { width: 0, height: 0 } as const;
const aspectOf = ({ width, height }: Pick<PhotoSize, "width" | "height">): number =>
  width > 0 && height > 0 ? width / height : 1;
const longEdgeOf = (tile: SheetTile | undefined): number => Math.max(tile?.width ?? 0, tile?.height ?? 0);

const loadSources = async (
  { clock, catalogue }: PicturesDeps,
  contentHashes: readonly string[],
): Promise<readonly Source[]> => {
  const { subjects, photos } = await catalogue();
  const files = await subjects.files(contentHashes);
  const facts = await photos.load(contentHashes);
  const reachable = await reachableAmong(new Set([...files.values()].flat().map(({ root }) => root)), clock);
  return contentHashes.map((contentHash) => ({
    contentHash,
    files: (files.get(contentHash) ?? []).filter(({ root }) => reachable.has(root)),
    rendition: facts.get(contentHash)?.thumbnail,
    aspect: aspectOf(facts.get(contentHash)?.size ?? NO_SIZE),
  }));
};

const decode = (bytes: Uint8Array, path: string, edge: number, { limits, signal }: Reading): Promise<RgbImage> =>
  decodePhoto(bytes, identifyFormat(bytes, path), {
    needs: { thumbnailSize: edge, modelInput: undefined },
    limits,
    signal,
  });

/** undefined when the file is damaged by now, or too large to be decoded. */
const ifReadable = async (read: () => Promise<RgbImage | undefined>): Promise<RgbImage | undefined> => {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnreadablePhotoError) return undefined;
    throw error;
  }
};

const fromRendition = ({ contentHash, rendition }: Source, edge: number, reading: Reading) =>
  ifReadable(async () => {
    if (rendition === undefined) return undefined;
    const bytes = await reading.renditions.read(contentHash, rendition.format);
    return bytes === undefined ? undefined : decode(bytes, `rendition.${rendition.format}`, edge, reading);
  });

const fromOriginal = ({ contentHash, files }: Source, edge: number, reading: Reading) =>
  ifReadable(async () => {
    const content = await readPhotoContent(contentHash, files, reading);
    return content === undefined ? undefined : decode(content.bytes, content.path, edge, reading);
  });

/** A rendition that is large enough costs a tenth of the original and shows the same. */
const readPixels = (source: Source, edge: number, reading: Reading): Promise<RgbImage | undefined> =>
  reading.gate.pass(async () => {
    const isEnough = source.rendition !== undefined && source.rendition.size >= edge;
    const kept = isEnough ? await fromRendition(source, edge, reading) : undefined;
    return kept ?? (await fromOriginal(source, edge, reading)) ?? (await fromRendition(source, edge, reading));
  }, reading.signal);

const view = async (
  deps: PicturesDeps,
  reading: Reading,
  { contentHash, settings }: { readonly contentHash: string; readonly settings: ShownPictureSettings },
): Promise<ShownPicture | undefined> => {
  const [source] = await loadSources(deps, [contentHash]);
  const pixels = source === undefined ? undefined : await readPixels(source, settings.maxEdge, reading);
  return pixels === undefined ? undefined : encodeShownPicture(pixels, settings);
};

const sheet = async (
  deps: PicturesDeps,
  reading: Reading,
  { contentHashes, maxBytes }: { readonly contentHashes: readonly string[]; readonly maxBytes: number },
): Promise<ContactSheet> => {
  const sources = await loadSources(deps, contentHashes);
  const layout = layoutSheet(sources.map(({ aspect }) => aspect));
  const images = await Promise.all(
    sources.map((source, place) => readPixels(source, longEdgeOf(layout.tiles[place]), reading)),
  );
  return {
    picture: await composeSheet(layout, images, maxBytes),
    missing: contentHashes.filter((_hash, place) => images[place] === undefined),
  };
};

export const createPicturesApi = (deps: PicturesDeps): PicturesApi => {
  const { renditions } = deps;
  const limits = decodeLimitsOf(deps.config);
  const openGate = once(async () => {
    const { subjects } = await deps.catalogue();
    return createEncodingGate({ isCoreWorking: subjects.isCoreWorking, clock: deps.clock });
  });
  const readingOf = async (signal: AbortSignal): Promise<Reading> => ({
    renditions,
    limits,
    gate: await openGate(),
    signal,
  });
  return {
    pictures: {
      view: async (contentHash, settings, signal) => view(deps, await readingOf(signal), { contentHash, settings }),
      sheet: async (contentHashes, maxBytes, signal) =>
        sheet(deps, await readingOf(signal), { contentHashes, maxBytes }),
    },
  };
};
