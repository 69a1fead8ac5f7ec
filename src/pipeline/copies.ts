/** Copies of a photo share its metadata, so all of their places count when its sidecars are looked for. */

/** Every known place of a photo, in the catalogue's order, and the one at hand, which may be new. */
export const placesWith = (atHand: Buffer, known: readonly Buffer[] = []): readonly Buffer[] =>
  known.some((place) => place.equals(atHand)) ? known : [...known, atHand];
