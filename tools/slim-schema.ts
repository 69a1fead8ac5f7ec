/** JSON Schemas without what goes without saying: models read those of all tools in every conversation. */

const isOpen = (name: string, value: unknown): boolean =>
  name === "additionalProperties" && typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** Leaves out the dialect, which is the protocol's own, and permissions of what is permitted anyway. */
export const slimmed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(slimmed);
  if (typeof value !== "object" || value === null) return value;
  const said = Object.entries(value).filter(([name, part]) => name !== "$schema" && !isOpen(name, part));
  return Object.fromEntries(said.map(([name, part]) => [name, slimmed(part)]));
};
