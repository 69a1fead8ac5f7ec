/** What earlier runs left in an output file and in its journal: which photos they cover, and the records themselves. */
import { stat, truncate, unlink } from "node:fs/promises";
import { systemCode } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { openRecordFile, type StoredRecord } from "./record-file.ts";
import { moveAside } from "./replace-file.ts";

export interface EarlierRecord {
  readonly schemaVersion: number | undefined;
  readonly embeddingModel: string | undefined;
}

/** Records by path and content hash; the newest wins. */
export interface RecordIndex {
  readonly find: (path: string, contentHash: string) => EarlierRecord | undefined;
  readonly add: (record: StoredRecord) => void;
}

export const createRecordIndex = (): RecordIndex => {
  const records = new Map<string, EarlierRecord>();
  const kinds = new Map<string, EarlierRecord>(); // one object per pair of values, not one per record
  const keyOf = (path: string, contentHash: string): string => `${contentHash}${path}`;
  return {
    find: (path, contentHash) => records.get(keyOf(path, contentHash)),
    add: ({ type = "core", filePath, contentHash, schemaVersion, embeddingModel }) => {
      if (type !== "core" || filePath === undefined || contentHash === undefined) return;
      const kindKey = `${schemaVersion}/${embeddingModel}`;
      const kind = kinds.get(kindKey) ?? { schemaVersion, embeddingModel };
      kinds.set(kindKey, kind);
      records.set(keyOf(filePath, contentHash), kind);
    },
  };
};

export interface EarlierFile {
  readonly shape: "array" | "lines" | "empty";
  /** The document can stay as it is: nothing is torn, an array is closed. */
  readonly isWhole: boolean;
  /** Every record stands on one line. */
  readonly hasLinesOnly: boolean;
  readonly tornFrom: number | undefined;
  /** Text of the last record. */
  readonly lastText: string | undefined;
}

const EMPTY: EarlierFile = {
  shape: "empty",
  isWhole: true,
  hasLinesOnly: true,
  tornFrom: undefined,
  lastText: undefined,
};

/** Reads a file of records into the index. A file that does not exist is an empty one. */
export const readEarlier = async (path: string, index: RecordIndex, logger: Logger): Promise<EarlierFile> => {
  const { size } = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return { size: 0 };
    throw error;
  });
  if (size === 0) return EMPTY;
  const file = openRecordFile(path);
  let last: Buffer | undefined;
  let hasLinesOnly = true;
  for await (const record of file.records()) {
    index.add(record);
    hasLinesOnly &&= !record.text.includes("\n");
    last = record.text;
  }
  const { shape, tornFrom, isClosed, damagedPieces } = file.ending();
  if (tornFrom !== undefined) logger.warn(`The last record in ${path} is incomplete; its photo is processed again.`);
  if (damagedPieces > 0)
    logger.warn(`${path} holds ${damagedPieces} damaged records; their photos are processed again.`);
  return {
    shape,
    isWhole: tornFrom === undefined && isClosed,
    hasLinesOnly: hasLinesOnly && shape !== "array",
    tornFrom,
    lastText: last?.toString(),
  };
};

/** Cuts off what follows the last complete record. */
export const cutTornEnd = async (path: string, { tornFrom }: EarlierFile): Promise<void> => {
  if (tornFrom !== undefined) await truncate(path, tornFrom);
};

export const journalPath = (path: string): string => `${path}.partial.jsonl`;

const isSameRecord = (left: string | undefined, right: string | undefined): boolean =>
  left !== undefined && right !== undefined && JSON.stringify(JSON.parse(left)) === JSON.stringify(JSON.parse(right));

/**
 * Takes over the journal of a run that did not end. One whose last record ends the output as well was merged into it
 * before that run was killed; it is removed.
 * @returns true when the journal holds records that the output lacks
 */
export const adoptJournal = async (
  path: string,
  output: EarlierFile,
  { index, logger }: { readonly index: RecordIndex; readonly logger: Logger },
): Promise<boolean> => {
  const journal = await readEarlier(journalPath(path), index, logger);
  if (journal.lastText === undefined) return false;
  if (isSameRecord(journal.lastText, output.lastText)) {
    await unlink(journalPath(path));
    return false;
  }
  await cutTornEnd(journalPath(path), journal);
  logger.info(`Continuing the unfinished run in ${journalPath(path)}.`);
  return true;
};

/** Without --skip-existing the journal of an unfinished run is only kept. */
export const moveJournalAside = async (path: string, logger: Logger): Promise<void> => {
  const journal = journalPath(path);
  const stats = await stat(journal).catch(() => undefined);
  if (stats === undefined || stats.size === 0) return;
  const backup = await moveAside(journal);
  logger.warn(`An earlier run did not finish; its records are kept in ${backup}.`);
};
