/**
 * Encodes the default vocabulary with the weights beside this folder, so that photon tags without making a label bank
 * first. Maintainer's tool, after new weights or a change of the vocabulary: `node models/photon-mini/train/label-bank.ts`.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInSource, ensureBuiltInModel } from "../../embedding/built-in-model.ts";
import { createHostedEncoder } from "../../embedding/hosted-encoder.ts";
import { bankKeyOf, bankPathOf, ensureLabelBank } from "../../embedding/label-bank.ts";
import { writeLabelBank } from "../../embedding/label-bank-file.ts";
import { vocabularyFor } from "../../embedding/vocabularies.ts";
import { silentLogger } from "../../../src/logger.ts";

const folder = await mkdtemp(join(tmpdir(), "photon-mini-"));
const shipped = join(builtInSource(), "label-banks");
try {
  await rm(shipped, { recursive: true, force: true }); // the one of earlier weights
  const model = await ensureBuiltInModel(folder);
  const vocabulary = await vocabularyFor(model, { dir: folder, sets: ["visual"], blocked: [], logger: silentLogger });
  await using encoder = createHostedEncoder(model, { textInProcess: true });
  const key = await bankKeyOf(encoder, vocabulary);
  const { bank } = await ensureLabelBank(encoder, vocabulary, { bankDir: folder, key });
  await mkdir(shipped);
  await writeLabelBank(bankPathOf(shipped, key), { ...bank, header: { ...bank.header, dtype: "int8" } });
  console.log(`${vocabulary.length} terms in ${bankPathOf(shipped, key)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
