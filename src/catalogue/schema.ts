/** Row types of the catalogue. The number of the schema is `PRAGMA user_version`; migrations/ makes the tables. */
import type { ColumnType, Generated, GeneratedAlways } from "kysely";
import type { SidecarKind } from "../photo/sidecar-names.ts";
import type { TagSource } from "../photo/types.ts";
import type { EnrichmentSchema } from "./enrichment-schema.ts";

/** Added roots are the user's library; visited roots only remember where `process` saw files. */
export type RootKind = "added" | "visited";

/**
 * pending: known, not processed. present: processed. quarantined: cannot be processed, see reason. missing: not found
 * when last looked for; everything attached to its content is kept. excluded: there, but left out by a rule; kept too.
 * A file that was not seen just now has `missing_since` and is otherwise as before: it may only have moved.
 */
export type FileState = "pending" | "present" | "quarantined" | "missing" | "excluded";

/** settle: new or changed, and not yet known to be whole. process: to be worked on. null: nothing is to be done. */
export type FileTodo = "settle" | "process";

/** online: its files are where they were. frozen: the folder cannot be trusted now. held: too many files are gone. */
export type RootState = "online" | "frozen" | "held";

/** What the user wants: auto = by the kind of file system. */
export type WantedRootMode = "auto" | "events" | "timed";

/**
 * building: vectors are being made, search does not see them. ready: every photo has one, and so has the key's index
 * table. active: what search uses; at most one key. retired: kept for going back, until it is pruned.
 */
export type VectorKeyState = "building" | "ready" | "active" | "retired";

/** Written as bigint, read as text (`cast(... as text)`): nanoseconds do not fit a JavaScript number. */
type Nanoseconds = ColumnType<string, bigint, bigint>;

export interface LibraryTable {
  id: number;
  /** Random; cursors and exports name it. */
  library_id: string;
  created_at: number;
}

export interface RootsTable {
  id: Generated<number>;
  /** Absolute real path, exact bytes. */
  path: Uint8Array;
  kind: RootKind;
  created_at: number;
  /** 0: the agent leaves it alone. */
  watch: Generated<number>;
  mode: Generated<WantedRootMode>;
  state: Generated<RootState>;
  /** A code of library/scan/root-check.ts. */
  state_reason: string | null;
  state_since: number | null;
  /** Device and inode of the folder when it was last found in order, as text: both may exceed 2^53. */
  device: string | null;
  inode: string | null;
  /** Such as ext, nfs; empty when the system does not tell. */
  file_system: string | null;
  /** JSON: some files with size and time, by which the folder is known again. */
  fingerprint: Generated<string>;
  /** Content of the file `.photon-root`, when the user had it written. */
  sentinel: string | null;
  /** JSON object, see RootOptions. */
  options: Generated<string>;
  /** When a scan first missed too many files. */
  loss_seen_at: number | null;
  /** 1: the user says that the files are gone. */
  loss_confirmed: Generated<number>;
  /** End of the last whole scan. */
  scanned_at: number | null;
  scan_ms: number | null;
}

/** Of the process that watches a root. */
export interface RootWatchTable {
  root_id: number;
  mode: "events" | "timed" | "frozen" | "held";
  /** Why it is not `events`. */
  reason: string | null;
  /** What a person can do about it. */
  fix: string | null;
  /** Folders that are watched. */
  folders: number;
  next_scan_at: number | null;
  /** Since when nothing was left to do; null while something is. */
  settled_at: number | null;
  updated_at: number;
}

/** Facts of the agent that outlive it, JSON; see agent-repository.ts. */
export interface AgentStateTable {
  name: string;
  value: string;
}

export interface FilesTable {
  id: Generated<number>;
  root_id: number;
  /** Relative to the root, exact bytes, `/` between folders. */
  path: Uint8Array;
  size: number;
  mtime_ns: Nanoseconds;
  ctime_ns: Nanoseconds;
  inode: Nanoseconds;
  content_hash: string | null;
  state: FileState;
  reason: string | null;
  reason_message: string | null;
  /** Decoder version and limits the file failed under; the same file is not tried again under the same ones. */
  reason_key: string | null;
  tries: number;
  /** 0-2: died in company; 3-5: died alone, see claim rules in file-repository.ts. */
  crashes: number;
  lease_owner: string | null;
  lease_token: string | null;
  lease_until: number | null;
  first_seen_at: number;
  updated_at: number;
  /** Path of its folder below the root, exact bytes; empty for the root itself. */
  folder: GeneratedAlways<Uint8Array>;
  missing_since: number | null;
  todo: FileTodo | null;
  /** Higher first, see TODO_PRIORITY. */
  todo_priority: Generated<number>;
  /** Not before. */
  todo_at: number | null;
  todo_since: number | null;
  todo_tries: Generated<number>;
  /** Size and times the file is to keep until it counts as whole, `size:mtime:ctime:inode`. */
  seen: string | null;
  /** Content it had before it could not be read: the next one that can be is an edit of that. */
  replaces: string | null;
}

export interface PhotosTable {
  content_hash: string;
  /** Goes up with every change that the index or a reader could see. */
  rev: number;
  format: string;
  file_size: number;
  width: number;
  height: number;
  orientation: number;
  captured_local: string | null;
  captured_offset: string | null;
  /** Wall time read as UTC, ms. */
  captured_key: number | null;
  camera_make: string | null;
  camera_model: string | null;
  lens: string | null;
  iso: number | null;
  aperture: number | null;
  exposure_seconds: number | null;
  focal_length_mm: number | null;
  latitude: number | null;
  longitude: number | null;
  altitude: number | null;
  metadata_orientation: number | null;
  rating: number | null;
  title: string | null;
  caption: string | null;
  /** JSON array of strings. */
  keywords: string;
  favourite: number;
  /** JSON object, the `exif` of the record. */
  exif: string;
  perceptual_hash: Uint8Array | null;
  /** Equal for files that decode to the same picture; see photo/pixel-digest.ts. */
  pixel_digest: Uint8Array | null;
  /** JSON: size, format, quality, width, height of the stored rendition. */
  thumbnail: string | null;
  created_at: number;
  updated_at: number;
  /** Of a language model; `title` is the file's own. */
  llm_title: string | null;
  /** What a language model sees on the photo. */
  llm_summary: string | null;
  /** The description readers see: the user's text as cleaned by a language model, else `llm_summary`. */
  enriched_description: string | null;
  /** JSON object, the document of `photo_story`. */
  photo_profile: string | null;
  /** JSON object: language tag to translated fields. */
  translations: string | null;
  source_type: string | null;
  llm_processed_at: number | null;
  llm_model_used: string | null;
}

export interface PhotoStagesTable {
  content_hash: string;
  stage: string;
  /** `<stage version>/<settings key>` of the stored result. */
  key: string;
  at: number;
}

export interface EmbeddingsTable {
  content_hash: string;
  vector_key: string;
  /** float32, little endian. */
  vector: Uint8Array;
}

export interface VectorKeysTable {
  vector_key: string;
  model_id: string;
  dimension: number;
  state: VectorKeyState;
  created_at: number;
  /** Speed of the run that builds it, while one does. */
  photos_per_second: number | null;
}

export interface TagsTable {
  content_hash: string;
  name: string;
  source: TagSource;
  category: string | null;
  /** JSON array of strings, most specific first. */
  ancestors: string;
  confidence: number;
  /** Position within its source, best first. */
  rank: number;
  /** What wrote it; null on tags without a known run. */
  run_id: number | null;
  created_at: number;
}

/** One act that wrote tags: a run of a model over photos, or one command of a person. */
export interface TagRunsTable {
  id: Generated<number>;
  /** Made by the run itself, so that each of its commits finds the row. */
  token: string;
  source: TagSource;
  vector_key: string | null;
  bank_key: string | null;
  calibration_id: string | null;
  at: number;
  undone_at: number | null;
}

/** What a person decided about a name on a photo; of several decisions the one of the newest run counts. */
export interface TagEditsTable {
  content_hash: string;
  /** As foldTagName in photo/tag-edits.ts gives it. */
  folded: string;
  run_id: number;
  name: string;
  action: "add" | "remove";
}

/** Best cosines of captions that fit nothing, per vector key; see search/null-calibration.ts. */
export interface NullSetsTable {
  vector_key: string;
  id: string;
  /** Photos with a vector when it was measured. */
  photos: number;
  /** JSON: `best` and `fall` of the null set. */
  best: string;
  made_at: number;
}

export interface LeasesTable {
  name: string;
  owner: string;
  /** Fencing token: goes up each time the lease changes hands. */
  token: number;
  until: number;
}

export interface ToIndexTable {
  content_hash: string;
  rev: number;
  marked_at: number;
}

/** Photos that readers are not shown by themselves; see photo/photo-groups.ts. */
export interface PhotoGroupsTable {
  content_hash: string;
  /** The photo that stands for it. */
  primary_hash: string;
}

/** Photos whose group may have changed; written by triggers. */
export interface ToGroupTable {
  content_hash: string;
}

/** Files dealt with, by minute since the epoch; written by triggers. */
export interface WorkDoneTable {
  stage: string;
  minute: number;
  count: number;
}

/** Files beside photos, as scans saw them. */
export interface SidecarsTable {
  root_id: number;
  /** Relative to the root, exact bytes. */
  path: Uint8Array;
  folder: Uint8Array;
  kind: SidecarKind;
  size: number;
  mtime_ns: Nanoseconds;
}

/** Of `.photonignore` files. */
export interface IgnoreFilesTable {
  root_id: number;
  /** Below the root, exact bytes. */
  folder: Uint8Array;
  /** Of its content. */
  digest: string;
}

/** Photos whose sidecars may be others; written by triggers and by sidecar-repository.ts. */
export interface ToRereadTable {
  content_hash: string;
}

export interface ForgottenTable {
  content_hash: string;
  at: number;
}

export interface CatalogueSchema extends EnrichmentSchema {
  library: LibraryTable;
  roots: RootsTable;
  root_watch: RootWatchTable;
  agent_state: AgentStateTable;
  files: FilesTable;
  photos: PhotosTable;
  photo_stages: PhotoStagesTable;
  embeddings: EmbeddingsTable;
  vector_keys: VectorKeysTable;
  tags: TagsTable;
  tag_runs: TagRunsTable;
  tag_edits: TagEditsTable;
  null_sets: NullSetsTable;
  leases: LeasesTable;
  to_index: ToIndexTable;
  photo_groups: PhotoGroupsTable;
  to_group: ToGroupTable;
  sidecars: SidecarsTable;
  ignore_files: IgnoreFilesTable;
  work_done: WorkDoneTable;
  to_reread: ToRereadTable;
  forgotten: ForgottenTable;
}
