/** Looks at the path of `--output` before any work is done. */
import { realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { InvalidInputError, isDiskFull, StorageError, systemCode } from "../../errors.ts";

export type OutputTarget =
  /** `path` is absolute, links resolved; `bytes` is 0 when there is no such file yet. */
  | { readonly kind: "file"; readonly path: string; readonly bytes: number; readonly mode: number | undefined }
  /** Something that cannot be renamed: a pipe, a terminal, /dev/null. */
  | { readonly kind: "device"; readonly path: string };

const missing = (error: unknown): undefined => {
  if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
  throw error;
};

const requireFolder = async (path: string): Promise<void> => {
  const folder = dirname(path);
  const stats = await stat(folder).catch(missing);
  if (stats?.isDirectory() === true) return;
  throw new InvalidInputError(`Expected a file in an existing folder for --output, received ${path}.`, {
    hint: `Create the folder first: mkdir -p "${folder}"`,
  });
};

export const inspectTarget = async (path: string, workingDirectory: string): Promise<OutputTarget> => {
  const absolute = resolve(workingDirectory, path);
  const stats = await stat(absolute).catch(missing);
  if (stats === undefined) {
    await requireFolder(absolute);
    return { kind: "file", path: absolute, bytes: 0, mode: undefined };
  }
  if (stats.isDirectory()) {
    throw new InvalidInputError(`Expected a file for --output, received the folder ${path}.`, {
      hint: `Name a file in it, for example ${path}/photos.jsonl.`,
    });
  }
  if (!stats.isFile()) return { kind: "device", path: absolute };
  return { kind: "file", path: await realpath(absolute), bytes: stats.size, mode: stats.mode };
};

/** What an output file that cannot be written ends the run with. `kept` says where earlier records are. */
export const outputError = (path: string, cause: unknown, kept: string): StorageError =>
  isDiskFull(cause)
    ? new StorageError(`The disk is full: ${path} could not be written.`, {
        cause,
        hint: `Free some space and run the command again with --skip-existing. ${kept}`,
      })
    : new StorageError(`The output file ${path} could not be written (${systemCode(cause) ?? String(cause)}).`, {
        cause,
        hint: `Check that the folder can be written, or choose another --output. ${kept}`,
      });
