/** The quality gate of photon-mini: cosines of painted scenes and queries against those recorded with its weights. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { createHostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import { prepareModelInput } from "../../../src/photo/model-input.ts";
import type { ModelInputSpec } from "../../../src/photo/types.ts";
import { decodePhoto } from "../../../src/pipeline/decode/decode-photo.ts";
import { cosine } from "../model-workspace.ts";
import { GATE_FOLDER, gateScenes, sceneFile } from "./gate-scenes.ts";

/** Runtimes and processors round differently; measured differences are below a tenth of this. */
const COSINE_TOLERANCE = 0.01;
/** A query counts as found when its scene leads by more than rounding can take away. */
const LEAD = 2 * COSINE_TOLERANCE;
/** Of the queries, whatever was recorded: weights that find less are not photon-mini. */
export const LEAST_FOUND_SHARE = 0.9;

const LIMITS = { maxFileBytes: 2 ** 24, maxDimension: 4096, maxPixels: 2 ** 24, timeoutMs: 30_000 };

/** Rows are queries, columns scenes, both in the order of `gateScenes`. */
export type CosineTable = readonly (readonly number[])[];

const expectationsSchema = z.strictObject({
  /** Of the weights they were recorded with. */
  revision: z.string(),
  scenes: z.array(z.string()),
  queries: z.array(z.string()),
  cosines: z.array(z.array(z.number())),
  /** Queries whose scene came first with a lead. */
  found: z.array(z.string()),
});
export type Expectations = Readonly<z.output<typeof expectationsSchema>>;

export const EXPECTATIONS_FILE = join(GATE_FOLDER, "expectations.json");

export const readExpectations = async (): Promise<Expectations> =>
  expectationsSchema.parse(JSON.parse(await readFile(EXPECTATIONS_FILE, "utf8")));

const pixelsOf = async (file: string, modelInput: ModelInputSpec): Promise<Uint8Array> => {
  const signal = new AbortController().signal;
  const options = { needs: { thumbnailSize: 0, modelInput }, limits: LIMITS, signal };
  return prepareModelInput(await decodePhoto(await readFile(file), "jpeg", options), modelInput);
};

/** @param preprocessing replaces parts of the model's own, to show that the gate sees it */
export const measureCosines = async (
  model: InstalledModel,
  preprocessing: Partial<ModelInputSpec> = {},
): Promise<CosineTable> => {
  await using encoder = createHostedEncoder(model, { hosts: 1, textInProcess: true });
  const spec = { ...encoder.imageInput, ...preprocessing };
  const pictures = await Promise.all(
    gateScenes.map(async ({ scene }) => encoder.embedImage(await pixelsOf(sceneFile(scene), spec))),
  );
  const texts = await encoder.embedTexts(gateScenes.map(({ query }) => query));
  return texts.map((text) => pictures.map((picture) => cosine(text, picture)));
};

const leadOf = (row: readonly number[], own: number): number =>
  (row[own] ?? Number.NaN) - Math.max(...row.filter((_, scene) => scene !== own));

export const foundQueries = (cosines: CosineTable, lead = LEAD): readonly string[] =>
  gateScenes.flatMap(({ query }, own) => (leadOf(cosines[own] ?? [], own) > lead ? [query] : []));

export const expectationsOf = (revision: string, cosines: CosineTable): Expectations => ({
  revision,
  scenes: gateScenes.map(({ scene }) => scene),
  queries: gateScenes.map(({ query }) => query),
  cosines: cosines.map((row) => row.map((value) => Number(value.toFixed(4)))),
  found: [...foundQueries(cosines)],
});

/** What is wrong, a sentence each; empty when the model does what was recorded, and that is enough. */
export const gateProblems = (cosines: CosineTable, expected: Expectations): readonly string[] => {
  const wrong = cosines.flatMap((row, query) =>
    row.flatMap((value, scene) => {
      const recorded = expected.cosines[query]?.[scene] ?? Number.NaN;
      return Math.abs(value - recorded) <= COSINE_TOLERANCE
        ? []
        : [`"${expected.queries[query]}" with ${expected.scenes[scene]}: ${value.toFixed(4)} instead of ${recorded}`];
    }),
  );
  const found = foundQueries(cosines, 0);
  const lost = expected.found.filter((query) => !found.includes(query));
  const share = found.length / gateScenes.length;
  return [
    ...(wrong.length === 0 ? [] : [`${wrong.length} cosines differ, such as ${wrong.slice(0, 3).join("; ")}.`]),
    ...lost.map((query) => `"${query}" does not find its scene first.`),
    ...(share >= LEAST_FOUND_SHARE ? [] : [`Only ${found.length} of ${gateScenes.length} queries find their scene.`]),
  ];
};
