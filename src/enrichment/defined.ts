type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined | null> };

/** Leaves out the keys without a value; in stored content null and absent mean the same. */
export const defined = <T extends object>(fields: T): Defined<T> =>
  // fromEntries forgets the key names; only empty values were removed.
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)) as Defined<T>;
