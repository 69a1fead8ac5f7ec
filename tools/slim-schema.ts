/** Schemas and what they find wrong, as short as models can do with: they read all of it. */

const isOpen = (name: string, value: unknown): boolean =>
  name === "additionalProperties" && typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** Leaves out the dialect, which is the protocol's own, and permissions of what is permitted anyway. */
export const slimmed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(slimmed);
  if (typeof value !== "object" || value === null) return value;
  const said = Object.entries(value).filter(([name, part]) => name !== "$schema" && !isOpen(name, part));
  return Object.fromEntries(said.map(([name, part]) => [name, slimmed(part)]));
};

/** Problems that are told of one call. */
const MOST_ISSUES = 8;
const MOST_CHARACTERS = 300;

/** Of many problems the first ones, and how many there are: a list of a thousand wrong numbers says no more. */
export const shortened = <Issue extends { readonly message: string }>(
  issues: readonly Issue[],
): readonly (Issue | { readonly message: string })[] => {
  const told = issues.slice(0, MOST_ISSUES).map((issue) => {
    const { message } = issue;
    return message.length <= MOST_CHARACTERS ? issue : { ...issue, message: `${message.slice(0, MOST_CHARACTERS)}…` };
  });
  const left = issues.length - told.length;
  return left === 0 ? told : [...told, { message: `${left} more of this sort` }];
};
