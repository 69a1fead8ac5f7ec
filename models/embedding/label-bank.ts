/** Vectors of a vocabulary's terms: read from disk when they fit, else made term by term and kept. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DualEncoder, EncodeOptions } from "./encoder.ts";
import { normalise } from "./inference-session.ts";
import { CHUNK_TERMS, openPartialBank, readLabelBank, writeLabelBank } from "./label-bank-file.ts";
import type { LabelBank, LabelBankHeader } from "./label-bank-file.ts";
import { promptsOf } from "./vocabulary.ts";
import type { VocabularyEntry } from "./vocabulary.ts";

/** The text side of an encoder, with everything that names it. */
export type TermEncoder = Pick<DualEncoder, "vectorKey" | "dimension" | "embedTexts"> & {
  /** Names text graph, tokenizer and text rules. */
  readonly textKey: string;
};

interface BankProgress {
  readonly done: number;
  readonly total: number;
}

export interface PrepareOptions extends EncodeOptions {
  readonly onProgress?: (progress: BankProgress) => void;
}

/** BLAKE3, 64 hex digits, over all that a bank depends on; the order of terms is part of it. */
export const bankKeyOf = async (
  { vectorKey, textKey }: Pick<TermEncoder, "vectorKey" | "textKey">,
  vocabulary: readonly VocabularyEntry[],
): Promise<string> => {
  const { blake3 } = await import("@napi-rs/blake-hash");
  return blake3(JSON.stringify({ vectorKey, textKey, vocabulary, prompts: vocabulary.map(promptsOf) })).toString("hex");
};

export const bankPathOf = (bankDir: string, key: string): string => join(bankDir, `${key.slice(0, 32)}.bank`);

/** Mean of the prompts' vectors per term, L2-normalised. */
const encodeTerms = async (
  encoder: TermEncoder,
  terms: readonly VocabularyEntry[],
  options: EncodeOptions,
): Promise<Float32Array> => {
  const prompts = terms.map(promptsOf);
  const vectors = await encoder.embedTexts(prompts.flat(), options);
  const rows = new Float32Array(terms.length * encoder.dimension);
  let next = 0;
  prompts.forEach((own, index) => {
    const row = rows.subarray(index * encoder.dimension, (index + 1) * encoder.dimension);
    for (const vector of vectors.slice(next, next + own.length)) {
      vector.forEach((value, place) => (row[place] = (row[place] ?? 0) + value));
    }
    normalise(row); // prompts that cancel each other out leave zeros: a term that matches nothing
    next += own.length;
  });
  return rows;
};

const buildRows = async (
  encoder: TermEncoder,
  vocabulary: readonly VocabularyEntry[],
  { path, header, options }: { path: string; header: LabelBankHeader; options: PrepareOptions },
): Promise<Float32Array> => {
  const partial = openPartialBank(`${path}.part`, header);
  const rows = new Float32Array(vocabulary.length * encoder.dimension);
  for (let start = 0, chunk = 0; start < vocabulary.length; start += CHUNK_TERMS, chunk += 1) {
    options.signal?.throwIfAborted();
    const terms = vocabulary.slice(start, start + CHUNK_TERMS);
    let encoded = await partial.readChunk(chunk);
    if (encoded === undefined) {
      encoded = await encodeTerms(encoder, terms, options);
      await partial.writeChunk(chunk, encoded);
    }
    rows.set(encoded, start * encoder.dimension);
    options.onProgress?.({ done: start + terms.length, total: vocabulary.length });
  }
  return rows;
};

export interface BankPlace {
  readonly bankDir: string;
  /** Folders that are looked into first and never written. */
  readonly shippedBankDirs?: readonly string[];
  readonly key: string;
}

export interface PlacedBank {
  readonly bank: LabelBank;
  readonly path: string;
}

const findBank = async ({ bankDir, shippedBankDirs = [], key }: BankPlace): Promise<PlacedBank | undefined> => {
  for (const folder of [...shippedBankDirs, bankDir]) {
    const path = bankPathOf(folder, key);
    const bank = await readLabelBank(path, key);
    if (bank !== undefined) return { bank, path };
  }
  return undefined;
};

/** The bank of this key; encodes what is missing in `bankDir`, going on where an earlier run was stopped. */
export const ensureLabelBank = async (
  encoder: TermEncoder,
  vocabulary: readonly VocabularyEntry[],
  { bankDir, shippedBankDirs, key, ...options }: PrepareOptions & BankPlace,
): Promise<PlacedBank> => {
  const present = await findBank({ bankDir, key, ...(shippedBankDirs === undefined ? {} : { shippedBankDirs }) });
  if (present !== undefined) return present;
  const path = bankPathOf(bankDir, key);
  await mkdir(bankDir, { recursive: true });
  const termIds = vocabulary.map((entry) => entry.id);
  const header: LabelBankHeader = {
    key,
    count: termIds.length,
    dimension: encoder.dimension,
    dtype: "float32",
    termIds,
  };
  const bank: LabelBank = { header, rows: await buildRows(encoder, vocabulary, { path, header, options }) };
  await writeLabelBank(path, bank);
  await openPartialBank(`${path}.part`, header).remove();
  return { bank, path };
};
