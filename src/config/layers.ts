/** Which of several sources holds: the last one, apart from values that were chosen for something else. */
import type { ConfigKey } from "./schema.ts";
import { configFields } from "./schema.ts";
import type { GivenValue } from "./sources.ts";

type Layer = ReadonlyMap<string, GivenValue>;

/** The value of `key` when only the layers up to `index` are asked. */
const valueUpTo = (layers: readonly Layer[], index: number, key: string): unknown =>
  layers
    .slice(0, index + 1)
    .findLast((layer) => layer.has(key))
    ?.get(key)?.value;

/** A model of one provider is none of another: `llm.model` of the file falls away under `--llm` with another provider. */
const isForAnother = (layers: readonly Layer[], index: number, owner: string): boolean => {
  const then = valueUpTo(layers, index, owner);
  return then !== undefined && then !== valueUpTo(layers, layers.length - 1, owner);
};

const OWNERS: ReadonlyMap<string, string> = new Map(
  configFields.flatMap(({ key, traits }) => (traits.belongsTo === undefined ? [] : [[key, traits.belongsTo]])),
);

/** @param sources weakest first; of several values of one key in a source the last one counts */
export const mergeLayers = (sources: readonly (readonly GivenValue[])[]): ReadonlyMap<ConfigKey, GivenValue> => {
  const layers = sources.map((values): Layer => new Map(values.map((value) => [value.key, value])));
  const merged = new Map<ConfigKey, GivenValue>();
  for (const [index, layer] of layers.entries()) {
    for (const value of layer.values()) {
      const owner = OWNERS.get(value.key);
      if (owner === undefined || !isForAnother(layers, index, owner)) merged.set(value.key, value);
    }
  }
  return merged;
};
