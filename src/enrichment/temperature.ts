/** How freely a model may answer. */
import { ConfigError } from "../errors.ts";

/** 0..2; `default` is the middle. */
export interface TemperatureRange {
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

/** Rounded: the middle of 0.2 and 0.4 is 0.30000000000000004 in binary. */
export const temperatureRange = (min: number, max: number): TemperatureRange => ({
  min,
  max,
  default: Math.round(((min + max) / 2) * 1000) / 1000,
});

/**
 * @param configured `enrichment.kinds.<kind>.temperature`; undefined = the default
 * @throws ConfigError when it lies outside of the kind's range
 */
export const temperatureOf = (
  { kind, temperature }: { readonly kind: string; readonly temperature: TemperatureRange },
  configured?: number,
): number => {
  if (configured === undefined) return temperature.default;
  const { min, max } = temperature;
  if (configured >= min && configured <= max) return configured;
  const key = `enrichment.kinds.${kind}.temperature`;
  throw new ConfigError(`Expected a number from ${min} to ${max} for ${key}, received ${configured}.`, {
    hint: `Change ${key} in the configuration file, or leave it out for ${temperature.default}.`,
  });
};
