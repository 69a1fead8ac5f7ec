/** The label bank that comes with photon-mini. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureBuiltInModel } from "../../../models/embedding/built-in-model.ts";
import { createHostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import { readLabelBank } from "../../../models/embedding/label-bank-file.ts";
import { bankKeyOf, bankPathOf, ensureLabelBank } from "../../../models/embedding/label-bank.ts";
import { vocabularyFor } from "../../../models/embedding/vocabularies.ts";
import { silentLogger } from "../../../src/logger.ts";
import { createTestLibrary } from "../../support/library.ts";
import { cosine, createWorkspace } from "../../support/model-workspace.ts";

test("is that of the default vocabulary and says what the text tower says", async () => {
  await using workspace = await createWorkspace();
  const model = await ensureBuiltInModel(workspace.directory);
  await using library = await createTestLibrary({ config: "" });
  await using photon = await library.open();
  const { sets, blocked } = photon.config.tagging.vocabulary;
  const vocabulary = await vocabularyFor(model, { dir: workspace.directory, sets, blocked, logger: silentLogger });
  await using encoder = createHostedEncoder(model, { textInProcess: true });
  const key = await bankKeyOf(encoder, vocabulary);
  const shipped = await readLabelBank(bankPathOf(join(model.directory, "label-banks"), key), key);
  expect(shipped, "run node models/photon-mini/train/finish.ts after a change of weights or terms").toBeDefined();
  const { bank } = await ensureLabelBank(encoder, vocabulary, { bankDir: workspace.directory, key });
  const cosines = vocabulary.map((_, row) => {
    const [start, end] = [row * encoder.dimension, (row + 1) * encoder.dimension];
    return cosine(bank.rows.subarray(start, end), shipped?.rows.subarray(start, end) ?? new Float32Array());
  });
  expect(Math.min(...cosines)).toBeGreaterThan(0.999);
});
