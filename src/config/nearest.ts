/** "Did you mean ...?" */
import { closest, distance } from "fastest-levenshtein";

/** The name most like `name`, unless even that one is another word. */
export const nearestName = (name: string, candidates: readonly string[]): string | undefined => {
  if (candidates.length === 0) return undefined;
  const best = closest(name, candidates);
  return distance(name, best) <= Math.max(2, Math.floor(name.length / 3)) ? best : undefined;
};
