/**
 * Does an installed model do here what it should? Token ids and logits as recorded in its manifest, pictures upright
 * whatever their EXIF orientation, vectors finite, of length 1, repeatable and different for different pictures.
 * A model without goldens is held to the rest.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../src/clock.ts";
import { errorReport, isAbort, PhotonError } from "../../src/errors.ts";
import type { ModelInputSpec } from "../../src/photo/types.ts";
import type { DualEncoder } from "./encoder.ts";
import { createHostedEncoder } from "./hosted-encoder.ts";
import type { HostedEncoderOptions } from "./hosted-encoder.ts";
import type { InstalledModel } from "./installed-models.ts";
import type { ModelManifest } from "./manifest.ts";
import { fileOfRole } from "./manifest.ts";
import { checkGoldenPairs, cosineOf, logitsOf } from "./self-test-pairs.ts";
import type { MeasuredPair } from "./self-test-pairs.ts";
import { createTextTokenizer } from "./tokenizer.ts";

export interface SelfTestPicture {
  /** As the goldens name it. */
  readonly name: string;
  readonly caption: string;
  /** JPEG, upright; of the first picture stored in the EXIF orientations 1 to 8, in this order. */
  readonly files: readonly Uint8Array[];
}

export interface SelfTestDeps {
  /** The first one must show something that differs from each of its turned and mirrored copies. */
  readonly pictures: () => Promise<readonly SelfTestPicture[]>;
  /** The decode of photos, so that the test covers it. */
  readonly readPixels: (file: Uint8Array, spec: ModelInputSpec, signal: AbortSignal) => Promise<Uint8Array>;
  readonly encoder: HostedEncoderOptions;
  readonly clock: Pick<Clock, "now">;
}

export interface SelfTestCheck {
  readonly name: "token ids" | "vectors" | "repeatable" | "different" | "orientation" | "pairs";
  readonly status: "passed" | "failed" | "skipped";
  /** What was measured, or why it was not; one sentence. */
  readonly detail: string;
}

export interface SelfTestReport {
  readonly passed: boolean;
  readonly checks: readonly SelfTestCheck[];
  /** Details of the checks that failed. */
  readonly problems: readonly string[];
  /** Of one picture with nothing beside it, decode not counted; undefined when no picture could be embedded. */
  readonly millisecondsPerImage: number | undefined;
  /** Every painted picture with every caption: what a maintainer records as goldens. */
  readonly pairs: readonly MeasuredPair[];
}

const LENGTH_TOLERANCE = 1e-3;
const SAME_COSINE = 0.99999;
const ORIENTATION_COSINE = 0.99;

type Verdict = Pick<SelfTestCheck, "status" | "detail">;

const verdict = (problems: readonly string[], measured: string): Verdict =>
  problems.length === 0 ? { status: "passed", detail: measured } : { status: "failed", detail: problems.join(" ") };

const checkTokenIds = async ({ manifest, directory }: InstalledModel): Promise<Verdict> => {
  const { text: rules, golden } = manifest;
  if (golden.texts.length === 0) return { status: "skipped", detail: "The manifest records no token ids." };
  const json = await readFile(join(directory, fileOfRole(manifest, "tokenizer").path), "utf8");
  // The file was checked by hash, so its shape is the tokenizer library's business.
  const tokenizer = await createTextTokenizer(JSON.parse(json) as object, rules);
  const problems = golden.texts.flatMap(({ text, ids }) => {
    const padding = Array.from({ length: Math.max(0, rules.length - ids.length) }, () => rules.padId);
    const expected = [...ids, ...padding].join(" ");
    const received = tokenizer.encode(text).join(" ");
    return expected === received ? [] : [`Expected the token ids ${expected} for "${text}", received ${received}.`];
  });
  return verdict(problems, `${golden.texts.length} texts have the recorded token ids.`);
};

const lengthProblem = (what: string, vector: Float32Array): readonly string[] => {
  const length = Math.sqrt(cosineOf(vector, vector));
  return Math.abs(length - 1) <= LENGTH_TOLERANCE
    ? []
    : [`Expected length 1 for the vector of ${what}, received ${length}.`];
};

const checkVectors = (pictures: Vectors, texts: Vectors): Verdict => {
  const problems = [...pictures, ...texts].flatMap(([name, vector]) => lengthProblem(name, vector));
  return verdict(problems, `${pictures.size} pictures and ${texts.size} texts have finite vectors of length 1.`);
};

/** A tower that ignores what it is given, or gives the same for everything, is of no use. */
const checkDifferent = (pictures: Vectors, texts: Vectors): Verdict => {
  const twins = [pictures, texts].flatMap((vectors) => {
    const list = [...vectors];
    return list.flatMap(([name, vector], index) =>
      list
        .slice(index + 1)
        .flatMap(([other, second]) =>
          cosineOf(vector, second) > SAME_COSINE
            ? [`Expected different vectors for ${name} and ${other}, received the same.`]
            : [],
        ),
    );
  });
  return verdict(twins, "Different pictures and texts have different vectors.");
};

type Vectors = ReadonlyMap<string, Float32Array>;

/** What the checks share: the encoder under test and how it gets its pixels. */
interface Bench {
  readonly encoder: DualEncoder;
  readonly pictures: readonly SelfTestPicture[];
  readonly pixelsOf: (picture: SelfTestPicture, orientation: number) => Promise<Uint8Array>;
  readonly signal: AbortSignal;
}

const checkOrientations = async ({ encoder, pictures, pixelsOf, signal }: Bench): Promise<Verdict> => {
  const [picture] = pictures;
  if (picture === undefined) return { status: "skipped", detail: "There is no picture to turn." };
  const vectors = await Promise.all(
    picture.files.map(async (_, index) => encoder.embedImage(await pixelsOf(picture, index), { signal })),
  );
  const upright = vectors[0] ?? new Float32Array();
  const cosines = vectors.map((vector) => cosineOf(upright, vector));
  const problems = cosines.flatMap((cosine, index) =>
    cosine >= ORIENTATION_COSINE
      ? []
      : [
          `Expected cosine ${ORIENTATION_COSINE} for ${picture.name} in orientation ${index + 1}, received ${cosine.toFixed(4)}.`,
        ],
  );
  return verdict(
    problems,
    `The smallest cosine of ${cosines.length} EXIF orientations is ${Math.min(...cosines).toFixed(4)}.`,
  );
};

const checkRepeatable = async ({ encoder, pictures, pixelsOf, signal }: Bench, vectors: Vectors): Promise<Verdict> => {
  const again = await Promise.all(
    pictures.map(async (picture) => {
      const vector = await encoder.embedImage(await pixelsOf(picture, 0), { signal });
      return { name: picture.name, cosine: cosineOf(vector, vectors.get(picture.name) ?? vector) };
    }),
  );
  const problems = again.flatMap(({ name, cosine }) =>
    cosine >= SAME_COSINE
      ? []
      : [`Expected the same vector for ${name} alone and among others, received cosine ${cosine}.`],
  );
  return verdict(problems, "A picture has the same vector alone and among others.");
};

interface TimedVectors {
  readonly vectors: Vectors;
  readonly millisecondsPerImage: number | undefined;
}

/** One after the other; the first one starts the host and is not timed. */
const embedAlone = async (
  { encoder, pictures, pixelsOf, signal }: Bench,
  clock: SelfTestDeps["clock"],
): Promise<TimedVectors> => {
  const vectors = new Map<string, Float32Array>();
  let milliseconds = 0;
  for (const picture of pictures) {
    const pixels = await pixelsOf(picture, 0);
    const start = clock.now();
    const vector = await encoder.embedImage(pixels, { signal });
    if (vectors.size > 0) milliseconds += clock.now() - start;
    vectors.set(picture.name, vector);
  }
  return { vectors, millisecondsPerImage: vectors.size < 2 ? undefined : milliseconds / (vectors.size - 1) };
};

const embedCaptions = async (
  { encoder, pictures, signal }: Bench,
  golden: ModelManifest["golden"],
): Promise<Vectors> => {
  const texts = [...new Set([...pictures.map(({ caption }) => caption), ...golden.pairs.map(({ text }) => text)])];
  const vectors = await encoder.embedTexts(texts, { signal });
  return new Map(texts.map((text, index) => [text, vectors[index] ?? new Float32Array()]));
};

const runChecks = async (
  model: InstalledModel,
  bench: Bench,
  clock: SelfTestDeps["clock"],
): Promise<Omit<SelfTestReport, "passed" | "problems">> => {
  const { golden, score } = model.manifest;
  const tokenIds = await checkTokenIds(model);
  const { vectors, millisecondsPerImage } = await embedAlone(bench, clock);
  const texts = await embedCaptions(bench, golden);
  const pairs = logitsOf(vectors, texts, score);
  const checks: readonly SelfTestCheck[] = [
    { name: "token ids", ...tokenIds },
    { name: "vectors", ...checkVectors(vectors, texts) },
    { name: "different", ...checkDifferent(vectors, texts) },
    { name: "repeatable", ...(await checkRepeatable(bench, vectors)) },
    { name: "orientation", ...(await checkOrientations(bench)) },
    { name: "pairs", ...checkGoldenPairs(golden.pairs, pairs) },
  ];
  return { checks, millisecondsPerImage, pairs };
};

/**
 * @throws what is not the model's fault (an abort, an internal error); whatever the model does wrong is in the report
 */
export const selfTest = async (
  model: InstalledModel,
  { pictures: paint, readPixels, encoder: options, clock }: SelfTestDeps,
  signal: AbortSignal,
): Promise<SelfTestReport> => {
  await using encoder = createHostedEncoder(model, options);
  const pictures = await paint();
  const pixelsOf: Bench["pixelsOf"] = ({ files }, orientation) =>
    readPixels(files[orientation] ?? new Uint8Array(), encoder.imageInput, signal);
  try {
    const facts = await runChecks(model, { encoder, pictures, pixelsOf, signal }, clock);
    const problems = facts.checks.flatMap(({ status, detail }) => (status === "failed" ? [detail] : []));
    return { ...facts, passed: problems.length === 0, problems };
  } catch (error) {
    if (isAbort(error) || !(error instanceof PhotonError)) throw error;
    const detail = errorReport(error).message;
    const checks: readonly SelfTestCheck[] = [{ name: "vectors", status: "failed", detail }];
    return { passed: false, checks, problems: [detail], millisecondsPerImage: undefined, pairs: [] };
  }
};
