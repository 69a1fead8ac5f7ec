/** The value of an asynchronous `make`, made at the first call; a failure is not kept, so that it can be tried again. */
export interface Once<Value> {
  (): Promise<Value>;
  /** The value when it was made, without making it. */
  readonly made: () => Promise<Value> | undefined;
}

export const once = <Value>(make: () => Promise<Value>): Once<Value> => {
  let made: Promise<Value> | undefined;
  const get = (): Promise<Value> => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  return Object.assign(get, { made: () => made });
};
