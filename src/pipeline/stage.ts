/**
 * The stage contract. A stage sees one photo; batching is the encoder's business (it groups concurrent calls).
 * A stage reads what earlier stages left on the draft and adds its own part; storing is done by process-photos.ts.
 */
import type { DualEncoder, Tagger } from "../../models/embedding/encoder.ts";
import type {
  DecodedImage,
  DecodeLimits,
  MetadataReading,
  ModelInputSpec,
  PhotoFormat,
  ScoredTag,
  Thumbnail,
  ThumbnailSettings,
} from "../photo/types.ts";
import type { Sidecars } from "./sidecar-files.ts";

export type StageOutcome = { readonly status: "done" } | { readonly status: "skipped"; readonly reason: string };

/** One photo on its way through the stages. Stages fill in the optional fields. */
export interface PhotoDraft {
  /** Path to open, exact bytes. */
  readonly absolutePath: Buffer;
  /** The whole file, read once; emptied when the last stage that reads it is done. */
  bytes: Uint8Array;
  /** What the files beside it that belong to it say. */
  readonly sidecars?: Pick<Sidecars, "xmp" | "takeout">;
  /** Found by sniffing the head, never by the extension. */
  readonly format: PhotoFormat;
  contentHash?: string;
  decoded?: DecodedImage;
  metadata?: MetadataReading;
  thumbnail?: Thumbnail;
  perceptualHash?: Uint8Array;
  vector?: Float32Array;
  /** Of the larger model of `--quality high`. */
  largerVector?: Float32Array;
  tags?: readonly ScoredTag[];
}

/** What stages may use; built once per run. */
export interface StageContext {
  readonly limits: DecodeLimits;
  /** undefined switches the stage off. */
  readonly thumbnail: ThumbnailSettings | undefined;
  readonly encoder: DualEncoder | undefined;
  /** A larger model beside the library's: its vectors go into the records and are kept under their own key. */
  readonly largerEncoder?: DualEncoder;
  readonly tagger: Tagger | undefined;
  readonly signal: AbortSignal;
}

export interface Stage<Name extends string = string> {
  readonly name: Name;
  /** Bump to run the stage again on every photo. */
  readonly version: number;
  readonly requires: readonly string[];
  /** A failure here loses only this stage's result; without it the photo itself fails and is quarantined. */
  readonly optional: boolean;
  /** The result lives on the draft only: the stage runs again whenever a stale stage requires it. */
  readonly transient?: true;
  /** Stages of the encoder lane wait for an encoder host; they do not hold one of the decode slots. */
  readonly lane?: "encoder";
  /**
   * Settings the stored result depends on, as text, e.g. `256/webp/80`; a photo whose stored key differs is stale.
   * `undefined` = the stage is switched off in this run.
   */
  key(context: StageContext): string | undefined;
  /** Fills its part of the draft. Throws UnreadablePhotoError with a public code, or an abort. */
  run(draft: PhotoDraft, context: StageContext): Promise<StageOutcome>;
}

export const defineStage = <const Name extends string>(stage: Stage<Name>): Stage<Name> => stage;

/** What the decode must be able to serve; see `decodeTarget` in decode/. */
export interface DecodeNeeds {
  readonly thumbnailSize: number;
  readonly modelInput: ModelInputSpec | undefined;
}
