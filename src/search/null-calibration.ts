/** What the cosines of a library look like when nothing matches. */
export interface NullSet {
  readonly id: string;
  /** Photos in the library when it was measured. */
  readonly photos: number;
  /** Best cosine of each caption that fits nothing. */
  readonly best: readonly number[];
}
