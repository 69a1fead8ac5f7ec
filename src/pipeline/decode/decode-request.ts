import type { DecodeLimits } from "../../photo/types.ts";
import type { DecodeNeeds } from "../stage.ts";

export interface DecodeOptions {
  /** What will be made from the decode; decides its size. */
  readonly needs: DecodeNeeds;
  readonly limits: DecodeLimits;
  readonly signal: AbortSignal;
}

/** What a decoder of one format is asked for. */
export interface DecodeRequest extends DecodeOptions {
  /** Format as named in messages. */
  readonly title: string;
}
