/** What is different between two versions of a result, field by field. */

export interface FieldDifference {
  /** `title`, `tags` or `events[0].title`. */
  readonly field: string;
  readonly change: "added" | "removed" | "changed";
  /** Left out when added. */
  readonly before?: unknown;
  /** Left out when removed. */
  readonly after?: unknown;
}

type Leaves = ReadonlyMap<string, unknown>;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isPlainList = (value: unknown): boolean => Array.isArray(value) && !value.some(isRecord);

/** Lists of words are one field; lists of objects are taken apart. */
const leavesOf = (value: unknown, path: string): readonly (readonly [string, unknown])[] => {
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, path === "" ? name : `${path}.${name}`));
  }
  if (Array.isArray(value) && !isPlainList(value)) {
    return value.flatMap((inner: unknown, index) => leavesOf(inner, `${path}[${index}]`));
  }
  return [[path, value]];
};

const isEmpty = (value: unknown): boolean => value === null || value === undefined;

const difference = (field: string, before: unknown, after: unknown): readonly FieldDifference[] => {
  if (JSON.stringify(before) === JSON.stringify(after) || (isEmpty(before) && isEmpty(after))) return [];
  if (isEmpty(before)) return [{ field, change: "added", after }];
  if (isEmpty(after)) return [{ field, change: "removed", before }];
  return [{ field, change: "changed", before, after }];
};

/** In the order of the earlier version's fields; empty = they say the same. */
export const diffContents = (
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly FieldDifference[] => {
  const [earlier, later]: readonly [Leaves, Leaves] = [new Map(leavesOf(before, "")), new Map(leavesOf(after, ""))];
  const fields = new Set([...earlier.keys(), ...later.keys()]);
  return [...fields].flatMap((field) => difference(field, earlier.get(field), later.get(field)));
};
