/** What describing photos would send and cost, before any of them is processed. */
import { basename, dirname } from "node:path";
import type { Forecast, ForecastCount, ForecastDeps } from "./forecast.ts";
import { forecast } from "./forecast.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import type { PhotoEnrichmentWish } from "./process-run-types.ts";
import type { EnrichmentTargets } from "./target-types.ts";

export interface PhotoForecastDeps extends Omit<ForecastDeps, "targets" | "kinds"> {
  readonly targets: EnrichmentTargets;
  readonly kinds: EnrichmentKinds;
}

export interface PhotoForecastRequest extends Pick<PhotoEnrichmentWish, "kinds" | "explicit"> {
  /** Absolute, one for each photo. */
  readonly paths: Iterable<string>;
}

/** Every photo counts, also one that is described already: that is known only when it has been read. */
export const forecastPhotos = (
  { targets, kinds, ...deps }: PhotoForecastDeps,
  { kinds: names, explicit, paths }: PhotoForecastRequest,
): Promise<Forecast> => {
  let [free, bound] = [0, 0];
  for (const path of paths) {
    if (kinds.isLocalOnly(dirname(path), basename(path))) bound += 1;
    else free += 1;
  }
  const routeOf = (kind: string, localOnly: boolean): string => targets.routeOf(kind, { localOnly, explicit });
  const isServed = (kind: string): boolean => targets.chainOf(routeOf(kind, true)).length > 0;
  const counts = names.flatMap((kind): readonly ForecastCount[] => [
    { kind, route: routeOf(kind, false), items: free },
    ...(isServed(kind) ? [{ kind, route: routeOf(kind, true), items: bound }] : []),
  ]);
  return forecast({ ...deps, targets, kinds }, { counts, heldBack: names.some(isServed) ? 0 : bound });
};
