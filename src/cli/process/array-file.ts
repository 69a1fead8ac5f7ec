/**
 * A JSON document in a file. Records go to a journal beside it, one line each; at the end the document is written from
 * the former document (when resuming) and the journal, and the journal is removed. Until then the former one stays.
 */
import { unlink } from "node:fs/promises";
import type { Logger } from "../../logger.ts";
import { type AppendFile, openAppendFile } from "./append-file.ts";
import {
  adoptJournal,
  type EarlierFile,
  journalPath,
  moveJournalAside,
  readEarlier,
  type RecordIndex,
} from "./earlier-records.ts";
import { INDENT, indentElement, type RecordOutput } from "./output.ts";
import type { OutputTarget } from "./output-target.ts";
import { openRecordFile } from "./record-file.ts";
import { replaceFile } from "./replace-file.ts";

export interface ArrayFileOptions {
  /** Indent by two spaces. */
  readonly pretty: boolean;
  /** The run is about one file: a single record is an object, not an array, and is indented. */
  readonly isSingle: boolean;
  /** Index to fill with the records already there; undefined starts afresh. */
  readonly resume: RecordIndex | undefined;
  readonly logger: Logger;
}

type Piece = Uint8Array | string;

async function* elements(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) {
    for await (const { text } of openRecordFile(path).records()) yield text;
  }
}

/** Records of another layout than wanted keep theirs: their text is not ours to change. */
async function* asArray(texts: AsyncIterable<Buffer>, pretty: boolean): AsyncGenerator<Piece> {
  let count = 0;
  for await (const text of texts) {
    count += 1;
    yield count === 1 ? "[" : ",";
    if (pretty) yield "\n  ";
    yield pretty && !text.includes("\n") ? indentElement(JSON.parse(text.toString())) : text;
  }
  yield count === 0 ? "[]\n" : pretty ? "\n]\n" : "]\n";
}

/** One record as an object; more of them as an array. */
async function* asObject(paths: readonly string[], pretty: boolean): AsyncGenerator<Piece> {
  const firstTwo: Buffer[] = [];
  for await (const text of elements(paths)) {
    if (firstTwo.push(text) === 2) return yield* asArray(elements(paths), pretty);
  }
  const [only] = firstTwo;
  if (only !== undefined) yield `${JSON.stringify(JSON.parse(only.toString()), undefined, INDENT)}\n`;
}

export const createArrayFile = async (
  { path, bytes, mode }: Extract<OutputTarget, { kind: "file" }>,
  { pretty, isSingle, resume, logger }: ArrayFileOptions,
): Promise<RecordOutput> => {
  let former: EarlierFile | undefined;
  let hasJournal = false;
  if (resume === undefined) await moveJournalAside(path, logger);
  else {
    former = await readEarlier(path, resume, logger);
    hasJournal = await adoptJournal(path, former, { index: resume, logger });
  }
  const kept = `The records of this run are in ${journalPath(path)}, the former output is unchanged.`;
  let journal: AppendFile | undefined;
  const closeJournal = async (): Promise<void> => {
    await journal?.[Symbol.asyncDispose]();
    journal = undefined;
  };
  const canStay = (): boolean =>
    former?.isWhole === true && (former.shape === "array" || (isSingle && former.shape === "lines"));
  return {
    write: async (record) => {
      journal ??= await openAppendFile(journalPath(path), kept);
      await journal.append(`${JSON.stringify(record)}\n`);
      hasJournal = true;
    },
    finish: async () => {
      if (!hasJournal && (isSingle || canStay())) return;
      await closeJournal();
      const paths = [...(former !== undefined && bytes > 0 ? [path] : []), ...(hasJournal ? [journalPath(path)] : [])];
      await replaceFile(path, isSingle ? asObject(paths, pretty) : asArray(elements(paths), pretty), { mode, kept });
      if (hasJournal) await unlink(journalPath(path));
    },
    [Symbol.asyncDispose]: closeJournal,
  };
};
