/** The contract of a dual encoder: pictures and texts in, vectors of one space out. Core code imports it as types only. */
import type { ModelInputSpec, ScoredTag } from "../../src/photo/types.ts";

export interface EncodeOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds, counted from the start of inference, never from queueing. Unset = the encoder's own limit. */
  readonly timeoutMs?: number;
}

/** Maps cosines of one model to numbers people can read. */
export interface ScoreCalibration {
  /** Identifies the fit; stored beside scores. */
  readonly id: string;
  /** score = 1 / (1 + exp(-(scale * cosine + bias))) */
  readonly scale: number;
  readonly bias: number;
  /** Cosine below which a best hit is what chance gives ("no match") in a small library. */
  readonly noMatchBelow: number;
  /** Cosine from which a best hit is called good. */
  readonly goodFrom: number;
}

/** What is known of a model without loading its weights. */
export interface EncoderDescription {
  readonly modelId: string;
  /** `<id>@<revision, 8 hex>/<variant>/p<preprocess version>`: only vectors of equal keys are comparable. */
  readonly vectorKey: string;
  readonly dimension: number;
  readonly imageInput: ModelInputSpec;
  readonly calibration: ScoreCalibration;
}

export interface DualEncoder extends EncoderDescription, AsyncDisposable {
  /**
   * @param pixels interleaved 8-bit RGB, `imageInput.size` squared, already resized as `imageInput` says
   * @returns L2-normalised vector of `dimension` floats
   * @throws UnreadablePhotoError with `embed_failed` or `embed_timeout`
   * Calls made at the same time are grouped into runs by the encoder.
   */
  embedImage(pixels: Uint8Array, options?: EncodeOptions): Promise<Float32Array>;
  /** L2-normalised vectors, one per text, in order. Text rules of the manifest are applied here. */
  embedTexts(texts: readonly string[], options?: EncodeOptions): Promise<readonly Float32Array[]>;
}

/** Zero-shot tags from a label bank. */
export interface Tagger {
  /** Key of model, vocabulary, prompts and tokenizer. */
  readonly bankKey: string;
  /** Which fit confidences come from. */
  readonly calibrationId: string;
  /** Key of all that tags depend on besides the vector: bank, calibration, thresholds. Under another one they are stale. */
  readonly resultKey: string;
  /** Resolves to undefined while the label bank is still being made: the photo gets its tags later. */
  tag(vector: Float32Array, options?: EncodeOptions): Promise<readonly ScoredTag[] | undefined>;
}
