/** Golden pairs of pictures and texts: logits as recorded, and the right text first. */
import type { ModelManifest } from "./manifest.ts";

type GoldenPair = ModelManifest["golden"]["pairs"][number];

export interface MeasuredPair {
  /** Name of the picture. */
  readonly image: string;
  readonly text: string;
  /** exp(logitScale) * cosine + logitBias, without the bias where the model has none. */
  readonly logit: number;
}

/** Of vectors of length 1. */
export const cosineOf = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

/** Every picture with every text. */
export const logitsOf = (
  pictures: ReadonlyMap<string, Float32Array>,
  texts: ReadonlyMap<string, Float32Array>,
  { logitScale, logitBias }: ModelManifest["score"],
): readonly MeasuredPair[] =>
  [...pictures].flatMap(([image, picture]) =>
    [...texts].map(([text, vector]) => ({
      image,
      text,
      logit: Math.exp(logitScale) * cosineOf(picture, vector) + (logitBias ?? 0),
    })),
  );

const best = <Pair extends MeasuredPair>(pairs: readonly Pair[]): Pair | undefined =>
  pairs.toSorted((a, b) => b.logit - a.logit)[0];

const byImage = (pairs: readonly GoldenPair[]): ReadonlyMap<string, readonly GoldenPair[]> =>
  Map.groupBy(pairs, ({ image }) => image);

const logitProblems = (golden: readonly GoldenPair[], find: (pair: GoldenPair) => number): readonly string[] =>
  golden.flatMap((pair) => {
    const logit = find(pair);
    return Math.abs(logit - pair.logit) <= pair.tolerance // NaN is a problem too
      ? []
      : [
          `Expected logit ${pair.logit} within ${pair.tolerance} for ${pair.image} and "${pair.text}", received ${logit.toFixed(3)}.`,
        ];
  });

const rankProblems = (golden: readonly GoldenPair[], find: (pair: GoldenPair) => number): readonly string[] =>
  [...byImage(golden)].flatMap(([image, pairs]) => {
    const expected = best(pairs);
    const received = best(pairs.map((pair) => ({ ...pair, logit: find(pair) })));
    return expected?.text === received?.text
      ? []
      : [
          `Expected "${expected?.text ?? ""}" as the best of ${pairs.length} texts for ${image}, received "${received?.text ?? ""}".`,
        ];
  });

export const checkGoldenPairs = (
  golden: readonly GoldenPair[],
  measured: readonly MeasuredPair[],
): { readonly status: "passed" | "failed" | "skipped"; readonly detail: string } => {
  if (golden.length === 0) return { status: "skipped", detail: "The manifest records no pairs." };
  const find = ({ image, text }: GoldenPair): number =>
    measured.find((pair) => pair.image === image && pair.text === text)?.logit ?? Number.NaN;
  const problems = [...rankProblems(golden, find), ...logitProblems(golden, find)];
  return problems.length === 0
    ? { status: "passed", detail: `${golden.length} pairs have the recorded logits, and the right text is first.` }
    : { status: "failed", detail: problems.join(" ") };
};
