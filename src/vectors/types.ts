/** The vector index as the rest of photon sees it. LanceDB stays behind this file's interfaces. */

/** Everything the index stores about one photo; made by the catalogue. */
export interface IndexRow {
  readonly contentHash: string;
  /** Revision of the photo this row was made from. */
  readonly rev: number;
  /** NULL when the photo has no vector: it is found by words and filters only. */
  readonly vector: Float32Array | undefined;
  /** Wall-clock capture time read as if it were UTC, milliseconds. */
  readonly capturedKey: number | undefined;
  /** Every folder and ancestor (down from the root) of all present files, absolute. */
  readonly folders: readonly string[];
  /** `Make Model`, as shown. */
  readonly camera: string | undefined;
  readonly lens: string | undefined;
  /** Lower-case tag names, what they are kinds of, and keywords. */
  readonly tags: readonly string[];
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  readonly favourite: boolean;
  readonly rating: number | undefined;
  /** Of a photo group all of its formats: `jpeg+raw`. */
  readonly format: string;
  /** True when a description has been stored. */
  readonly enriched: boolean;
  /** Full-text column: caption, title, tags, keywords, file and folder words, camera. */
  readonly text: string;
}

/** All given conditions must hold. Photos without capture time fail every date condition. */
export interface IndexFilter {
  /** Inclusive, capturedKey. */
  readonly capturedFrom?: number;
  /** Exclusive, capturedKey. */
  readonly capturedBefore?: number;
  /** Any of these absolute folders holds the photo (at any depth). */
  readonly folders?: readonly string[];
  /** Case-insensitive part of `camera`; any of them. */
  readonly cameras?: readonly string[];
  /** All of these tags, each by any of its names. */
  readonly tags?: readonly (readonly string[])[];
  /** None of these tags. */
  readonly withoutTags?: readonly string[];
  readonly near?: { readonly latitude: number; readonly longitude: number; readonly kilometres: number };
  readonly hasGps?: boolean;
  readonly enriched?: boolean;
  readonly favourite?: boolean;
  readonly minRating?: number;
  readonly formats?: readonly string[];
  /** Only these photos. */
  readonly contentHashes?: readonly string[];
}

export interface VectorHit {
  readonly contentHash: string;
  /** Cosine similarity with the query vector, -1..1, exact (refined). */
  readonly cosine: number;
}

export interface TextHit {
  readonly contentHash: string;
  /** BM25, unbounded, comparable within one query only. */
  readonly bm25: number;
}

export interface VectorIndexStatus {
  readonly vectorKey: string;
  readonly dimension: number;
  readonly rows: number;
  readonly fragments: number;
  readonly version: number;
  /** "none" = exact scan. */
  readonly vectorIndex: "none" | "IVF_RQ";
  /** Rows newer than the vector index, scanned exactly. */
  readonly unindexedRows: number;
  readonly bytes: number;
}

/** Read side of one vector table; every query sees the newest commit. */
export interface VectorIndex extends AsyncDisposable {
  readonly vectorKey: string;
  readonly dimension: number;
  /** Nearest by cosine, best first. Rows without a vector are never hits. InvalidInputError on another dimension. */
  nearest(query: {
    readonly vector: Float32Array;
    readonly limit: number;
    readonly filter?: IndexFilter;
    /** Scan instead of using the index (recall measurements). */
    readonly exact?: boolean;
  }): Promise<readonly VectorHit[]>;
  /** Full-text hits, best first. */
  matchText(query: {
    readonly text: string;
    readonly limit: number;
    readonly filter?: IndexFilter;
  }): Promise<readonly TextHit[]>;
  /** Photos that pass the filter, newest capture first unless told otherwise, undated last, then by hash: a total order. */
  list(query: {
    readonly filter?: IndexFilter;
    readonly order?: "newest" | "oldest";
    readonly limit: number;
    readonly offset?: number;
  }): Promise<readonly string[]>;
  count(filter?: IndexFilter): Promise<number>;
  status(): Promise<VectorIndexStatus>;
}

/** Photos whose index row is out of date; the catalogue implements it. */
export interface IndexMark {
  readonly contentHash: string;
  readonly rev: number;
}

/** What the committer needs from the catalogue. */
export interface IndexSource {
  /** Oldest marks first. */
  takeMarks(limit: number): Promise<readonly IndexMark[]>;
  /** Rows for the given photos under one vector key; a photo that is gone has none. */
  rowsFor(contentHashes: readonly string[], vectorKey: string): Promise<readonly IndexRow[]>;
  /**
   * Deletes each mark whose rev is still the one given, unless the library is searched with another key by now: then
   * the table that was written is not the one that is searched, and the marks stay.
   * @param vectorKey of the table that was written; undefined = the table without a model
   * @returns whether this is the key that the library is searched with
   */
  clearMarks(marks: readonly IndexMark[], vectorKey?: string): Promise<boolean>;
  countMarks(): Promise<number>;
  /** Every indexable photo with its revision, for healing. */
  allRevisions(): Promise<readonly IndexMark[]>;
  /** Marks these photos again. */
  markAgain(contentHashes: readonly string[]): Promise<void>;
}
