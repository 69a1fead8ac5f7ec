/** What search asks of the rest of photon, and what it answers. Wired together in app.ts. */
import type { EncodeOptions, EncoderDescription } from "../../models/embedding/encoder.ts";
import type { SidecarKind } from "../photo/sidecar-names.ts";
import type { CaptureTime, GpsPosition, PhotoMetadata, StoredTag } from "../photo/types.ts";
import type { VectorIndex } from "../vectors/types.ts";
import type { NullSet } from "./null-calibration.ts";

/** One file in which a photo was seen. */
export interface PhotoPlace {
  /** Absolute, as text (bytes that are not UTF-8 shown as U+FFFD). */
  readonly path: string;
  /** Absolute path of the root that holds it. */
  readonly rootPath: string;
  /** False when the root is not mounted: the file is remembered, not gone. */
  readonly online: boolean;
}

/** What was written about a photo: content to show, never an instruction. */
export interface PhotoDescription {
  /** llm: a language model that photon asked. assistant: one that works with photon. user: a person changed it. */
  readonly source: "llm" | "assistant" | "user";
  readonly title?: string;
  readonly description?: string;
  /** Tag names, most useful first, without those that people refused. */
  readonly tags: readonly string[];
  /** PHOTO, SCREENSHOT, DOCUMENT, POSTER or ARTWORK. */
  readonly sourceType?: string;
  readonly model?: string;
  /** False: it waits for a person to look at it. */
  readonly confirmed: boolean;
}

/** What a hit shows of a photo. */
export interface PhotoSummary {
  readonly contentHash: string;
  readonly format: string;
  /** Pixels, after orientation. */
  readonly width: number;
  readonly height: number;
  readonly fileBytes: number;
  /** Online ones first, then by path. */
  readonly places: readonly PhotoPlace[];
  readonly capturedAt?: CaptureTime;
  /** `Make Model`, as the index has it. */
  readonly camera?: string;
  readonly gps?: GpsPosition;
  /** Tag names and keywords, best first. */
  readonly tags: readonly string[];
  readonly title?: string;
  readonly caption?: string;
  readonly favourite: boolean;
  readonly rating?: number;
  /** True when a description has been stored. */
  readonly enriched: boolean;
  readonly described?: PhotoDescription;
}

/** A photo of a group: a RAW file and the picture its camera made of the same shot. */
export interface GroupMember {
  readonly contentHash: string;
  readonly format: string;
  /** Absolute paths of its files, as text. */
  readonly paths: readonly string[];
  /** The one that searches and lists show for the group. */
  readonly shown: boolean;
}

/** What `show` adds to the summary. */
export interface PhotoDetails extends PhotoSummary {
  /** All photos of its group, the shown one first; empty without one. */
  readonly group: readonly GroupMember[];
  /** Files beside it that belong to it, as scans saw them. */
  readonly sidecars: readonly { readonly kind: SidecarKind; readonly path: string }[];
  readonly metadata: PhotoMetadata;
  /** People's tags first, then the models', best first. */
  readonly scoredTags: readonly StoredTag[];
  /** Lines that present the photo, by the names of their parts. */
  readonly story?: Readonly<Record<string, unknown>>;
  /** Title and texts by language, BCP 47. */
  readonly translations?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Vector keys under which a vector is stored. */
  readonly vectorKeys: readonly string[];
  /** False while the newest revision waits for the index. */
  readonly indexed: boolean;
}

/** What duplicate detection needs of a photo; small enough to hold 100,000 of them. */
export interface PhotoFingerprint {
  readonly contentHash: string;
  /** 18 bytes, see photo/perceptual-hash.ts; undefined when the photo has none. */
  readonly perceptualHash: Uint8Array | undefined;
  /** Wall-clock capture time read as if it were UTC, milliseconds. */
  readonly capturedKey: number | undefined;
  readonly camera: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly fileBytes: number;
  readonly rating: number | undefined;
  readonly favourite: boolean;
  /** Present files with this content, 1 or more. */
  readonly files: number;
}

/**
 * What search needs of the catalogue. Only photos with at least one file that is not known to be gone exist here; of a
 * photo group the index and fingerprints know the shown photo alone.
 */
export interface SearchCatalogue {
  /** The library's random id; cursors name it. */
  libraryId(): Promise<string>;
  /** Full hashes that begin with the prefix (lower-case hex, 12..64 digits), ascending, at most `limit`. */
  hashesWithPrefix(prefix: string, limit: number): Promise<readonly string[]>;
  /** The photos that lists show instead of these; those that are shown themselves are left out. */
  shownInstead(contentHashes: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Hash of the photo last seen in the file with this absolute path. */
  hashAtPath(path: string): Promise<string | undefined>;
  /** In the order asked; unknown photos are left out. */
  summaries(contentHashes: readonly string[]): Promise<readonly PhotoSummary[]>;
  details(contentHash: string): Promise<PhotoDetails | undefined>;
  /** `IndexRow.text` of the photos: what full text search sees. Unknown photos are left out. */
  texts(contentHashes: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Stored vectors under one key; photos without one are left out. */
  vectors(contentHashes: readonly string[], vectorKey: string): Promise<ReadonlyMap<string, Float32Array>>;
  /** The first `limit` stored vectors in order of content hash: a sample that is random and the same every time. */
  sampleVectors(vectorKey: string, limit: number): Promise<readonly Float32Array[]>;
  /** Every distinct folder and ancestor folder of present files, absolute, spelled as in `IndexRow.folders`. */
  folders(): Promise<readonly string[]>;
  counts(): Promise<LibraryCounts>;
  /** Newest first in the library, then by hash: a total order. */
  newestAdded(page: { readonly limit: number; readonly offset: number }): Promise<readonly string[]>;
  /** What lists are sorted by; unknown photos are left out. */
  sortKeys(contentHashes: readonly string[]): Promise<ReadonlyMap<string, PhotoSortKeys>>;
  /** Of every photo that has one. */
  perceptualHashes(): Promise<readonly { readonly contentHash: string; readonly hash: Uint8Array }[]>;
  /** In order of content hash. With folders: only photos with a file under one of them. */
  fingerprints(folders?: readonly string[]): Promise<readonly PhotoFingerprint[]>;
}

export interface PhotoSortKeys {
  /** Wall-clock capture time read as if it were UTC, milliseconds. */
  readonly capturedKey: number | undefined;
  /** When it came into the library, milliseconds UTC. */
  readonly addedAt: number;
}

export interface LibraryCounts {
  /** No photo has a present file. A count of them would cost a look at every photo, and each search asks. */
  readonly isEmpty: boolean;
  /** Unprocessed files plus marks waiting for the index: what a search cannot see yet. */
  readonly pending: number;
}

/** The library's active model as search uses it. Asking for it loads nothing; the embed functions may. */
export interface SearchModel extends Pick<EncoderDescription, "modelId" | "vectorKey" | "dimension" | "calibration"> {
  /** The model that comes with photon; better ones can be installed. */
  readonly basic: boolean;
  readonly embedTexts: (texts: readonly string[], options?: EncodeOptions) => Promise<readonly Float32Array[]>;
  /** Decodes the picture and embeds it. Rejects with NotFoundError or UnreadablePhotoError. */
  readonly embedFile: (path: string, options?: EncodeOptions) => Promise<Float32Array>;
}

export interface SearchDeps {
  readonly catalogue: SearchCatalogue;
  readonly index: () => Promise<VectorIndex>;
  /** undefined = the library has no model: words and filters only. */
  readonly model: () => Promise<SearchModel | undefined>;
  /** Asked when there is no model: id of the one whose files are gone. Unset or undefined = the library never had one. */
  readonly absentModel?: () => Promise<string | undefined>;
  /** Stored best cosines of captions that fit nothing; undefined = use the model's prior. */
  readonly nullSet?: (vectorKey: string) => Promise<NullSet | undefined>;
  /** Names of the terms that have this word as a synonym, lower case; unset = words mean themselves. */
  readonly termsCalled?: ((word: string) => Promise<readonly string[]>) | undefined;
}

export type TermSource =
  | { readonly kind: "text"; readonly text: string }
  /** A shown id: 12 or more hex digits. */
  | { readonly kind: "photo"; readonly id: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "vector"; readonly vector: readonly number[] | Float32Array };

export interface SearchTerm {
  readonly source: TermSource;
  /** Above 0: more like this. Below 0: less like this. Never 0. */
  readonly weight: number;
}

/** Filters as people write them; all of them must hold. */
export interface SearchFilters {
  /** Local date or time of any precision, inclusive: `2024`, `2024-06`, `2024-06-15`, `2024-06-15T14:30`. */
  readonly from?: string | undefined;
  /** The same, inclusive: `2024-09` takes the whole month. */
  readonly to?: string | undefined;
  /** Absolute folders, or the names at the end of one or more (`Holiday/2024`), without case. Any of them. */
  readonly folders?: readonly string[] | undefined;
  /** Part of make and model, without case. Any of them. */
  readonly cameras?: readonly string[] | undefined;
  /** All of these; synonyms and what a tag is a kind of count too ("puppy", "animal"). */
  readonly tags?: readonly string[] | undefined;
  /** None of these. */
  readonly withoutTags?: readonly string[] | undefined;
  readonly near?: { readonly latitude: number; readonly longitude: number; readonly kilometres: number } | undefined;
  readonly hasGps?: boolean | undefined;
  readonly enriched?: boolean | undefined;
  readonly favourite?: boolean | undefined;
  /** 0..5 */
  readonly minRating?: number | undefined;
  readonly formats?: readonly string[] | undefined;
}

export const SEARCH_MODES = ["hybrid", "vector", "text"] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

/** newest, oldest: by capture time, those without one last. added: last come into the library first. */
export const SEARCH_SORTS = ["relevance", "newest", "oldest", "added"] as const;
export type SearchSort = (typeof SEARCH_SORTS)[number];

export interface SearchRequest {
  /** No term = browse: everything that passes the filters. */
  readonly terms?: readonly SearchTerm[] | undefined;
  /** Default: relevance with terms, newest without. With terms the best 500 matches are sorted. */
  readonly sort?: SearchSort | undefined;
  readonly filters?: SearchFilters | undefined;
  /** Default hybrid. */
  readonly mode?: SearchMode | undefined;
  /** Hits of one page, default 20, 1..1000. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before, with the same request. */
  readonly cursor?: string | undefined;
  /** Instead of a cursor: 1 for the first page. */
  readonly page?: number | undefined;
  /** 0..1: hits below are left out. */
  readonly minScore?: number | undefined;
  /** List hits that are no better than chance too, marked weak. */
  readonly includeWeak?: boolean | undefined;
  /** Fill in `signals` of each hit. */
  readonly explain?: boolean | undefined;
  /** Leave out photos that are terms themselves ("more like this one"). */
  readonly excludeTermPhotos?: boolean | undefined;
}

/** good: as convincing as a true match. weak: maybe. none: what chance gives in a library of this size. */
export type Match = "good" | "weak" | "none";

/** Where a hit's place and score come from. */
export interface HitSignals {
  /** Sum of the shares, before order by match class. */
  readonly fused: number;
  readonly vector?: { readonly cosine: number; readonly rank: number; readonly score: number; readonly share: number };
  readonly text?: {
    readonly bm25: number;
    readonly rank: number;
    /** Share of the query's words found, 0..1; 1 is an exact hit. */
    readonly coverage: number;
    readonly score: number;
    readonly share: number;
  };
  /** What negative terms took off the score, 0..1. */
  readonly penalty?: number;
}

export interface SearchHit {
  /** 1 for the best hit of the first page. */
  readonly rank: number;
  /** First 12 digits of the content hash; longer where two photos of a page share them. */
  readonly id: string;
  readonly photo: PhotoSummary;
  /** 0..1, never above the score of the hit before; undefined when browsing. */
  readonly score?: number;
  readonly match?: Match;
  readonly signals?: HitSignals;
}

export interface SearchReply {
  readonly match: Match;
  readonly mode: SearchMode | "browse";
  readonly hits: readonly SearchHit[];
  /** Photos that pass the filters, searched or browsed. */
  readonly total: number;
  /** Photos and files a search cannot see yet. */
  readonly pending: number;
  /** Photos without capture time that a date filter left out. */
  readonly undatedExcluded: number;
  readonly nextCursor?: string;
  readonly model?: Pick<SearchModel, "modelId" | "vectorKey" | "basic">;
  /** Which fit the scores come from. */
  readonly calibrationId?: string;
  /** Set when there is no hit. */
  readonly emptyBecause?: EmptyReason;
  /** Photos that the filters keep out; set when none passes them. */
  readonly leftOut?: number;
  /** Full sentences for people: why empty, what is left out, what to try. */
  readonly notes: readonly string[];
}

/** no-index: photos are there, their index is lost. page: the list has ended before it. */
export type EmptyReason = "no-photos" | "no-index" | "filters" | "no-match" | "min-score" | "page";

export const DUPLICATE_KINDS = ["exact", "near", "burst"] as const;
type DuplicateKind = (typeof DUPLICATE_KINDS)[number];

export interface DuplicatesRequest {
  readonly kind: DuplicateKind;
  /** As in {@link SearchFilters}. */
  readonly folders?: readonly string[] | undefined;
  /** near: differing bits of 144 that still count, 0..16, default 10. */
  readonly distance?: number | undefined;
  /** Groups of one page, default 20, 1..1000. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface DuplicateGroup {
  readonly kind: DuplicateKind;
  /** The suggested best first. exact: one photo with several places. */
  readonly photos: readonly PhotoSummary[];
  /** Ids of `photos`, same order. */
  readonly ids: readonly string[];
  /** Why the first photo (exact: the first place) is the one to keep. */
  readonly reason: string;
  /** Largest perceptual distance from the suggested best (near) or between neighbours in time (burst). */
  readonly distance?: number;
}

export interface DuplicatesReply {
  readonly kind: DuplicateKind;
  readonly groups: readonly DuplicateGroup[];
  /** Groups in all pages. */
  readonly total: number;
  readonly nextCursor?: string;
  readonly notes: readonly string[];
}

/**
 * malformed: no id at all. unknown: an id of no photo. ambiguous: it fits several. `near` are ids that may be meant.
 */
export type PhotoLookUp =
  | { readonly asked: string; readonly id: string; readonly photo: PhotoSummary }
  | {
      readonly asked: string;
      readonly problem: "malformed" | "unknown" | "ambiguous";
      readonly near: readonly string[];
    };

/** The search part of the application; every method is a core function that CLI and MCP share. */
export interface Search {
  search(request: SearchRequest, signal: AbortSignal): Promise<SearchReply>;
  /** @param photo id or path. NotFoundError when the library does not know it. */
  show(photo: string, signal: AbortSignal): Promise<PhotoDetails>;
  duplicates(request: DuplicatesRequest, signal: AbortSignal): Promise<DuplicatesReply>;
  /** Photos by their ids (`photo://` in front is allowed), in the order asked; what is wrong is part of the answer. */
  lookUp(ids: readonly string[]): Promise<readonly PhotoLookUp[]>;
  /** How many others look nearly the same, by content hash; photos about which nothing can be said are left out. */
  similarCounts(contentHashes: readonly string[]): Promise<ReadonlyMap<string, number>>;
}
