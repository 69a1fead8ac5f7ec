/** What the user said about a root, as it is stored with it. */
import type { RootOptions } from "./root-repository.ts";

/** Roots are few, and files are read by the thousand. */
const known = new Map<string, RootOptions>();
const KEPT = 1000;

/** @param text column `options` of roots */
export const rootOptionsOf = (text: string): RootOptions => {
  const parsed = known.get(text) ?? (JSON.parse(text) as RootOptions); // written by root-repository.ts
  if (known.size >= KEPT) known.clear();
  known.set(text, parsed);
  return parsed;
};
