/** What a translation has to carry over as it is: numbers, placeholders, names. */

const NUMBER = /\p{Nd}+(?:[.,'’\u00a0\u202f]\p{Nd}+)*/gu;
/** `{name}`, `{{name}}`, `${name}`, `%s`, `%1$d`, `%(name)s`. */
const PLACEHOLDER = /\$?\{\{?[\w.]+\}\}?|%(?:\d+\$)?[sdif@](?![\p{L}\p{N}])|%\(\w+\)[sd]/gu;

/** Languages group digits differently: 1,234.5 and 1.234,5 are the same digits. */
const digitsOf = (number: string): string => number.replaceAll(/[^\p{Nd}]/gu, "");

const counted = (items: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
};

const holdsAll = (target: readonly string[], source: readonly string[]): boolean => {
  const found = counted(target);
  return [...counted(source)].every(([item, count]) => (found.get(item) ?? 0) >= count);
};

const matches = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([match]) => match);

export const keepsNumbers = (source: string, target: string): boolean =>
  holdsAll(matches(target, NUMBER).map(digitsOf), matches(source, NUMBER).map(digitsOf));

export const keepsPlaceholders = (source: string, target: string): boolean =>
  holdsAll(matches(target, PLACEHOLDER), matches(source, PLACEHOLDER));

/** @param names those that do not occur in the source are not asked for */
export const keepsNames = (source: string, target: string, names: readonly string[]): boolean =>
  names.every((name) => !source.includes(name) || target.includes(name));
