/** What earlier runs left in an output file and in its journal: which photos they cover, and the records themselves. */
import { hash } from "node:crypto";
import { stat, truncate, unlink } from "node:fs/promises";
import { systemCode } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { openRecordFile, type StoredRecord } from "./record-file.ts";
import { moveAside, replaceFile } from "./replace-file.ts";

export interface EarlierRecord {
  readonly schemaVersion: number | undefined;
  readonly embeddingModel: string | undefined;
}

/** Records by path and content hash; the newest wins. */
export interface RecordIndex {
  readonly find: (path: string, contentHash: string) => EarlierRecord | undefined;
  /** Whether a language model's description of this content is there. */
  readonly hasPatch: (contentHash: string) => boolean;
  readonly add: (record: StoredRecord) => void;
}

export const createRecordIndex = (): RecordIndex => {
  const records = new Map<string, EarlierRecord>();
  const kinds = new Map<string, EarlierRecord>(); // one object per pair of values, not one per record
  const patched = new Set<string>();
  const keyOf = (path: string, contentHash: string): string => `${contentHash}${path}`;
  return {
    find: (path, contentHash) => records.get(keyOf(path, contentHash)),
    hasPatch: (contentHash) => patched.has(contentHash),
    add: ({ type = "core", filePath, contentHash, schemaVersion, embeddingModel }) => {
      if (type === "enrichment" && contentHash !== undefined) patched.add(contentHash);
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
}

const EMPTY: EarlierFile = {
  shape: "empty",
  isWhole: true,
  hasLinesOnly: true,
  tornFrom: undefined,
};

/** Reads a file of records into the index. A file that does not exist is an empty one. */
export const readEarlier = async (path: string, index: RecordIndex, logger: Logger): Promise<EarlierFile> => {
  const { size } = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return { size: 0 };
    throw error;
  });
  if (size === 0) return EMPTY;
  const file = openRecordFile(path);
  let hasLinesOnly = true;
  for await (const record of file.records()) {
    index.add(record);
    hasLinesOnly &&= !record.text.includes("\n");
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
  };
};

/** Cuts off what follows the last complete record. */
export const cutTornEnd = async (path: string, { tornFrom }: EarlierFile): Promise<void> => {
  if (tornFrom !== undefined) await truncate(path, tornFrom);
};

export const journalPath = (path: string): string => `${path}.partial.jsonl`;

/** One layout for all, as the journal has it. */
const compactText = (text: Buffer): Buffer =>
  text.includes("\n") ? Buffer.from(JSON.stringify(JSON.parse(text.toString()))) : text;

const digestOf = (text: Buffer): string => hash("sha1", compactText(text), "base64");

/** Records of `path` as lines, without those in `known`. */
export async function* linesOf(
  path: string,
  known: ReadonlySet<string> = new Set(),
): AsyncGenerator<Uint8Array | string> {
  for await (const { text } of openRecordFile(path).records()) {
    if (known.has(digestOf(text))) continue;
    yield compactText(text);
    yield "\n";
  }
}

/**
 * Takes over the journal of a run that did not end. What the output holds already is dropped from it: that run may have
 * been killed after it merged the journal, or it was writing the same records anew.
 * @returns true when the journal holds records that the output lacks
 */
export const adoptJournal = async (
  path: string,
  output: EarlierFile,
  { index, logger }: { readonly index: RecordIndex; readonly logger: Logger },
): Promise<boolean> => {
  const journal = journalPath(path);
  if ((await readEarlier(journal, index, logger)).shape === "empty") return false;
  const known = new Set<string>();
  if (output.shape !== "empty") {
    for await (const { text } of openRecordFile(path).records()) known.add(digestOf(text));
  }
  await replaceFile(journal, linesOf(journal, known), { mode: undefined, kept: "Nothing was changed." });
  const { size } = await stat(journal);
  if (size === 0) await unlink(journal);
  else logger.info(`Continuing the unfinished run in ${journal}.`);
  return size > 0;
};

/** Without --skip-existing the journal of an unfinished run is only kept. */
export const moveJournalAside = async (path: string, logger: Logger): Promise<void> => {
  const journal = journalPath(path);
  const stats = await stat(journal).catch(() => undefined);
  if (stats === undefined || stats.size === 0) return;
  const backup = await moveAside(journal);
  logger.warn(`An earlier run did not finish; its records are kept in ${backup}.`);
};
