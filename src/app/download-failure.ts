/** Failures of downloads as the edges see them. */
import { DownloadError } from "../../models/embedding/download/download-error.ts";

/**
 * The failure with more to its hint, when another network, mirror or computer may mend it; any other error as it is.
 * @param lines what may be tried
 */
export const withWaysOut = (error: unknown, lines: readonly string[]): unknown => {
  if (!(error instanceof DownloadError) || error.failure === "self_test") return error;
  const hint = [...(error.hint === undefined ? [] : [error.hint]), ...lines].join("\n");
  return new DownloadError(error.failure, error.message, { hint, details: error.details, cause: error });
};
