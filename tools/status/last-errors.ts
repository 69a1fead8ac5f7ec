/** What went wrong last: files that cannot be processed, enrichments that were given up. */
import { basename } from "node:path";
import { z } from "zod";
import type { EnrichmentApi } from "../../src/app/enrichment/enrichment-api.ts";
import type { AdministrationApi } from "../../src/library/administration.ts";
import { outsideName, outsideText } from "../photos/outside-text.ts";

const MOST = 5;
const MESSAGE_LENGTH = 200;
const SHOWN_DIGITS = 12;

export const lastErrorSchema = z.strictObject({
  about: z.string().describe("Name of a file, or id of a photo."),
  kind: z.string().optional().describe("Document type of an enrichment."),
  code: z.string(),
  message: z.string(),
  at: z.string().describe("ISO 8601, UTC."),
});
type LastError = z.output<typeof lastErrorSchema>;

interface ErrorSources extends Pick<AdministrationApi, "quarantined"> {
  readonly enrichment: Pick<EnrichmentApi, "lastFailures">;
}

/** Newest first. */
export const lastErrors = async ({ quarantined, enrichment }: ErrorSources): Promise<LastError[]> => {
  const files = (await quarantined(MOST)).map(({ path, code, message, since: at }) => ({
    about: outsideName(basename(path)),
    code,
    message,
    at,
  }));
  const enrichments = (await enrichment.lastFailures(MOST)).map(({ scopeId, documentType, code, message, at }) => ({
    about: scopeId.slice(0, SHOWN_DIGITS),
    kind: outsideName(documentType),
    code,
    message,
    at,
  }));
  return [...files, ...enrichments]
    .toSorted((left, right) => right.at - left.at)
    .slice(0, MOST)
    .map((error) => ({
      ...error,
      message: outsideText(error.message, MESSAGE_LENGTH),
      at: new Date(error.at).toISOString(),
    }));
};
