/**
 * What photon needs beside exported weights: the default vocabulary encoded, so that it tags at once; the chance that a tag
 * is right, from held-out pictures; the golden pairs of the self-test. Maintainer's tool, after new weights or a change of
 * the vocabulary: `node models/photon-mini/train/finish.ts HELD_OUT`, where held_out.py wrote the folder.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { builtInSource, ensureBuiltInModel } from "../../embedding/built-in-model.ts";
import { fitTagCalibration } from "../../embedding/fit-tag-calibration.ts";
import { createHostedEncoder } from "../../embedding/hosted-encoder.ts";
import type { InstalledModel } from "../../embedding/installed-models.ts";
import { bankKeyOf, bankPathOf, ensureLabelBank } from "../../embedding/label-bank.ts";
import type { LabelBank } from "../../embedding/label-bank-file.ts";
import { writeLabelBank } from "../../embedding/label-bank-file.ts";
import { selfTest } from "../../embedding/self-test.ts";
import { writeTagCalibration } from "../../embedding/tag-calibration.ts";
import { applyTextRules } from "../../embedding/tokenizer.ts";
import { vocabularyFor } from "../../embedding/vocabularies.ts";
import type { VocabularyEntry } from "../../embedding/vocabulary.ts";
import { writePhrases } from "../../embedding/vocabulary/known-terms.ts";
import { selfTestDeps } from "../../../src/app/self-test-deps.ts";
import { systemClock } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import { silentLogger } from "../../../src/logger.ts";

const WEIGHTS = builtInSource();
/** Of a logit: processors round differently. */
const PAIR_TOLERANCE = 0.5;

const heldOutSchema = z.strictObject({
  dimension: z.int(),
  names: z.array(z.string()),
  /** Of each picture, positions in `names`. */
  true: z.array(z.array(z.int())),
  unknown: z.array(z.array(z.int())),
});
type HeldOut = z.output<typeof heldOutSchema>;

const writeBank = async (model: InstalledModel, vocabulary: readonly VocabularyEntry[]): Promise<LabelBank> => {
  const shipped = join(WEIGHTS, "label-banks");
  await rm(shipped, { recursive: true, force: true }); // the one of earlier weights
  await using encoder = createHostedEncoder(model, { textInProcess: true });
  const key = await bankKeyOf(encoder, vocabulary);
  const { bank } = await ensureLabelBank(encoder, vocabulary, { bankDir: model.directory, key });
  await mkdir(shipped);
  await writeLabelBank(bankPathOf(shipped, key), { ...bank, header: { ...bank.header, dtype: "int8" } });
  console.log(`${vocabulary.length} terms in ${bankPathOf(shipped, key)}`);
  return bank;
};

/** Terms whose name is one of the training's: only these have a truth. */
const calibrate = async (
  heldOut: HeldOut & { readonly folder: string },
  { model, vocabulary, bank }: { model: InstalledModel; vocabulary: readonly VocabularyEntry[]; bank: LabelBank },
): Promise<void> => {
  const bytes = await readFile(join(heldOut.folder, "vectors.f32"));
  const vectors = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const idOf = new Map(vocabulary.map(({ id, name }) => [applyTextRules(name, model.manifest.text), id]));
  const ids = heldOut.names.map((name) => idOf.get(name));
  const idsAt = (positions: readonly number[]): readonly string[] =>
    positions.flatMap((position) => ids[position] ?? []);
  const calibration = fitTagCalibration({
    vectors,
    labels: heldOut.true.map(idsAt),
    undecided: heldOut.unknown.map(idsAt),
    decided: ids.filter((id) => id !== undefined),
    bank,
  });
  await writeTagCalibration(WEIGHTS, { vectorKey: model.vectorKey, dimension: heldOut.dimension }, calibration);
  console.log(`${calibration.id} from ${heldOut.true.length} pictures`, calibration.weights);
};

const recordPairs = async (model: InstalledModel, home: string): Promise<void> => {
  const { config } = loadConfig({ environment: { PHOTON_HOME: home }, workingDirectory: home });
  const signal = new AbortController().signal;
  const { pairs, problems } = await selfTest(
    { ...model, manifest: { ...model.manifest, golden: { ...model.manifest.golden, pairs: [] } } },
    selfTestDeps(config, { logger: silentLogger, clock: systemClock }),
    signal,
  );
  if (problems.length > 0) throw new Error(problems.join(" "));
  const path = join(WEIGHTS, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as InstalledModel["manifest"]; // export.py wrote it
  const golden = {
    ...manifest.golden,
    pairs: pairs.map((pair) => ({ ...pair, logit: Number(pair.logit.toFixed(3)), tolerance: PAIR_TOLERANCE })),
  };
  await writeFile(path, `${JSON.stringify({ ...manifest, golden }, undefined, 2)}\n`);
  console.log(`${pairs.length} golden pairs`);
};

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("Expected the folder that held_out.py wrote.");
const heldOut = heldOutSchema.parse(JSON.parse(await readFile(join(folder, "held-out.json"), "utf8")));
await writePhrases(WEIGHTS, heldOut.names);
const home = await mkdtemp(join(tmpdir(), "photon-mini-"));
try {
  const model = await ensureBuiltInModel(home);
  const vocabulary = await vocabularyFor(model, { dir: home, sets: ["visual"], blocked: [], logger: silentLogger });
  const bank = await writeBank(model, vocabulary);
  await calibrate({ ...heldOut, folder }, { model, vocabulary, bank });
  await recordPairs(model, home);
} finally {
  await rm(home, { recursive: true, force: true });
}
