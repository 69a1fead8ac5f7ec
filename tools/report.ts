/** What a caller is told of an error: cause and next step, and nothing of what it may not see. */
import { isAbsolute, relative, sep } from "node:path";
import type { Logger } from "../src/logger.ts";
import { errorReport, firstError, isAbort, PhotonError } from "../src/errors.ts";

const MOST_CHARACTERS = 1000;

export interface ReportDeps {
  /** Folders whose paths a caller may see; empty while the library is not open. */
  readonly shownFolders: () => Promise<readonly string[]>;
  readonly logger: Logger;
}

const isInside = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
};

/** Absolute paths, with spaces where they are in quotes, and addresses of files. */
const PATHS =
  /"(?:file:\/\/|\/|~\/|[A-Za-z]:[\\/]|\\\\)[^"\n]*"|(?<![\w/:.])(?:file:\/\/)?(?:~?\/|[A-Za-z]:[\\/]|\\\\)[^\s"'`,;]*[^\s"'`,;.:)]/g;

const withoutForeignPaths = (text: string, folders: readonly string[]): string =>
  text.replaceAll(PATHS, (found) => {
    const path = found.replaceAll('"', "");
    return folders.some((folder) => isInside(path, folder)) ? found : "(a path outside of the photo folders)";
  });

/** One line, no characters that steer terminals or the direction of text. */
const plain = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim()
    .slice(0, MOST_CHARACTERS);

export const createReport =
  ({ shownFolders, logger }: ReportDeps) =>
  async (thrown: unknown): Promise<string> => {
    const error = firstError(thrown);
    if (isAbort(error)) return "The call was stopped before it was done.";
    if (!(error instanceof PhotonError)) {
      logger.error("A tool failed in a way photon does not know.", {
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      return "photon failed in a way it does not know. The log of the server has the details; trying again may help.";
    }
    const { message, hint } = errorReport(error);
    logger.debug(message, { code: error.code, cause: error.cause instanceof Error ? error.cause.message : undefined });
    const folders = await shownFolders().catch(() => []); // the library itself may be what failed
    return plain(withoutForeignPaths(hint === undefined ? message : `${message} ${hint}`, folders));
  };
