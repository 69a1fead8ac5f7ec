/**
 * A file with one record per line. Afresh: the former file is renamed to `.bak` first and removed when the run ends;
 * it stays after a kill or Ctrl-C. Resuming: a torn last line is cut off and lines are appended; an array or a journal
 * found there becomes lines first.
 */
import { rename, unlink } from "node:fs/promises";
import type { Logger } from "../../logger.ts";
import { openAppendFile } from "./append-file.ts";
import {
  adoptJournal,
  cutTornEnd,
  journalPath,
  linesOf,
  moveJournalAside,
  readEarlier,
  type RecordIndex,
} from "./earlier-records.ts";
import type { RecordOutput } from "./output.ts";
import type { OutputTarget } from "./output-target.ts";
import { moveAside, replaceFile } from "./replace-file.ts";

type FileTarget = Extract<OutputTarget, { kind: "file" }>;

const RESUMED = "The records written so far are kept.";

async function* asLines(paths: readonly string[]): AsyncGenerator<Uint8Array | string> {
  for (const path of paths) yield* linesOf(path);
}

const prepareToResume = async (
  { path, bytes, mode }: FileTarget,
  earlier: { readonly index: RecordIndex; readonly logger: Logger },
): Promise<void> => {
  const file = await readEarlier(path, earlier.index, earlier.logger);
  const hasJournal = await adoptJournal(path, file, earlier);
  if (file.hasLinesOnly && !hasJournal) return await cutTornEnd(path, file);
  await replaceFile(path, asLines([...(bytes > 0 ? [path] : []), ...(hasJournal ? [journalPath(path)] : [])]), {
    mode,
    kept: RESUMED,
  });
  if (hasJournal) await unlink(journalPath(path));
};

/** @param resume index to fill with the records already there; undefined starts afresh */
export const createLinesFile = async (
  target: FileTarget,
  resume: RecordIndex | undefined,
  logger: Logger,
): Promise<RecordOutput> => {
  if (resume === undefined) await moveJournalAside(target.path, logger);
  else await prepareToResume(target, { index: resume, logger });
  const backup = resume === undefined && target.bytes > 0 ? await moveAside(target.path) : undefined;
  const kept = backup === undefined ? RESUMED : `The former output is in ${backup}.`;
  const file = await openAppendFile(target.path, kept);
  let written = 0;
  let isFinished = false;
  return {
    write: async (record) => {
      await file.append(`${JSON.stringify(record)}\n`);
      written += 1;
    },
    finish: async (end) => {
      isFinished = true;
      await file.sync();
      if (backup === undefined) return;
      if (end === "complete" && written > 0) await unlink(backup);
      else logger.info(kept);
    },
    [Symbol.asyncDispose]: async () => {
      await file[Symbol.asyncDispose]();
      const hasFailedAtOnce = !isFinished && written === 0;
      if (hasFailedAtOnce && backup !== undefined) await rename(backup, target.path);
    },
  };
};
