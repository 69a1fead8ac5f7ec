type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Leaves out the keys without a value, in the same order: absent and undefined are not the same in records. */
export const defined = <T extends object>(fields: T): Defined<T> =>
  // fromEntries forgets the key names; only undefined values were removed.
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
