/** The data block of kinds that read what a person asked for. */
import type { EnrichmentInputs } from "../inputs.ts";
import type { DataField } from "./data-block.ts";

/** Characters. */
const REQUEST_CAP = 2000;
const MAX_TITLES = 20;

export const requestFields = ({ request }: EnrichmentInputs): readonly DataField[] => {
  if (request === undefined) return [];
  const { text, now, timeZone, photoTitles, missing = [] } = request;
  return [
    { name: "request", source: "user", value: text, cap: REQUEST_CAP, keep: true },
    { name: "now", source: "photon", value: now, keep: true },
    { name: "time_zone", source: "photon", value: timeZone, keep: true },
    ...(missing.length === 0
      ? []
      : [{ name: "missing", source: "photon" as const, value: missing, keep: true as const }]),
    ...(photoTitles.length === 0
      ? []
      : [{ name: "selected_photos", source: "llm" as const, value: photoTitles.slice(0, MAX_TITLES) }]),
  ];
};
