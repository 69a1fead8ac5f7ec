/** Choices about prompts that configuration makes: texts of a library or album, and which version a scope gets. */
import { createHash } from "node:crypto";
import { ConfigError } from "../../errors.ts";

/** Shares by version, as configured: `{ "3": 0.5, "4": 0.5 }`. */
export type VersionShares = Readonly<Record<string, number>>;

const UINT32_RANGE = 2 ** 32;

/** 0 up to 1, the same for a scope each time and independent between kinds. */
const fractionOf = (kind: string, scopeId: string): number =>
  createHash("sha256").update(`${kind}\n${scopeId}`).digest().readUInt32BE() / UINT32_RANGE;

const sharesAbove0 = (shares: VersionShares): readonly (readonly [version: number, share: number])[] =>
  Object.entries(shares)
    .map(([version, share]) => [Number(version), share] as const)
    .filter(([, share]) => share > 0)
    .toSorted(([left], [right]) => left - right);

/**
 * @param known versions whose template exists
 * @throws ConfigError naming the key
 */
export const checkVersionShares = (kind: string, shares: VersionShares, known: readonly number[]): void => {
  const key = `enrichment.kinds.${kind}.ab`;
  const unknown = Object.keys(shares).find((version) => !known.includes(Number(version)));
  if (unknown !== undefined) {
    throw new ConfigError(`Expected versions of ${known.join(", ")} in ${key}, received ${unknown}.`, {
      hint: `Take ${unknown} out of ${key}, or give its share to one of the versions named.`,
    });
  }
  const wrong = Object.values(shares).find((share) => !(share >= 0 && share <= 1));
  if (wrong !== undefined || sharesAbove0(shares).length === 0) {
    throw new ConfigError(`Expected shares from 0 to 1, at least one above 0, in ${key}, received others.`, {
      hint: `Write for example ${key} = { "${known[0] ?? 1}" = 1.0 }.`,
    });
  }
};

/** @param shares undefined = everybody gets the current version */
export const choosePromptVersion = (
  { kind, promptVersion }: { readonly kind: string; readonly promptVersion: number },
  scopeId: string,
  shares: VersionShares | undefined,
): number => {
  const weighted = shares === undefined ? [] : sharesAbove0(shares);
  const total = weighted.reduce((sum, [, share]) => sum + share, 0);
  let left = fractionOf(kind, scopeId) * total;
  for (const [version, share] of weighted) {
    if (left < share) return version;
    left -= share;
  }
  return weighted.at(-1)?.[0] ?? promptVersion;
};
