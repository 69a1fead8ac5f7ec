/** Vectors of whole model folders against transformers.js, which loads the same folders by their config files. */
import {
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  env,
  SiglipTextModel,
  SiglipVisionModel,
  Tensor,
} from "transformers-reference";
import { describe, expect, test } from "vitest";
import { createHostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import { fillPlanes, normalisingTables } from "../../../models/embedding/image-tower.ts";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import { applyTextRules } from "../../../models/embedding/tokenizer.ts";
import { FOLDER_KINDS, installModelFolder, modelFolder } from "../../support/model-folders/model-folder.ts";
import type { FolderKind } from "../../support/model-folders/model-folder.ts";
import { cosine, createWorkspace, patternPixels } from "../../support/model-workspace.ts";

env.allowRemoteModels = false;

interface Output {
  readonly data: Float32Array;
}
type Outputs = Readonly<Record<string, Output>>;
type Callable<Input> = (input: Input) => Promise<Outputs>;
interface Loader {
  from_pretrained(folder: string, options: object): Promise<unknown>;
}

const CLASSES: Readonly<Record<FolderKind, { readonly vision: Loader; readonly text: Loader }>> = {
  siglip: { vision: SiglipVisionModel, text: SiglipTextModel },
  siglip2: { vision: SiglipVisionModel, text: SiglipTextModel },
  clip: { vision: CLIPVisionModelWithProjection, text: CLIPTextModelWithProjection },
};

const LOCAL = { local_files_only: true, dtype: "fp32" };

const load = async (kind: FolderKind, { directory, manifest }: InstalledModel) => {
  const { vision, text } = CLASSES[kind];
  // Callables, which their types do not say.
  const visionModel = (await vision.from_pretrained(directory, LOCAL)) as Callable<object>;
  const textModel = (await text.from_pretrained(directory, LOCAL)) as Callable<object>;
  const tokenizer = (await AutoTokenizer.from_pretrained(directory, LOCAL)) as unknown as (
    text: string,
    options: object,
  ) => object;
  const { image, text: rules } = manifest;
  return {
    image: async (pixels: Uint8Array): Promise<Outputs> => {
      const planes = new Float32Array(pixels.length);
      fillPlanes(pixels, planes, { tables: normalisingTables(image.mean, image.std), offset: 0 });
      return visionModel({ pixel_values: new Tensor("float32", planes, [1, 3, image.size, image.size]) });
    },
    text: async (value: string): Promise<Outputs> =>
      textModel(tokenizer(value, { padding: "max_length", max_length: rules.length, truncation: true })),
  };
};

const vectorOf = (outputs: Outputs, name: string): Float32Array => outputs[name]?.data ?? new Float32Array();

const QUERIES = ["a photo of a dog", "People in the Snow, at night!", "zwei Kinder spielen am Strand", "🐶 日没", ""];

describe.each(FOLDER_KINDS)("a folder of the type of %s", (kind) => {
  test("gives the vectors of transformers.js for pictures and texts", async () => {
    await using workspace = await createWorkspace();
    const model = await installModelFolder(workspace.directory, modelFolder(kind));
    await using encoder = createHostedEncoder(model, { textInProcess: true });
    const reference = await load(kind, model);
    const { output, image, text } = model.manifest;
    for (const seed of [1, 2]) {
      const pixels = patternPixels(image.size, seed);
      const expected = vectorOf(await reference.image(pixels), output.vision);
      expect(cosine(await encoder.embedImage(pixels), expected)).toBeGreaterThan(0.99999);
    }
    const vectors = await encoder.embedTexts(QUERIES);
    for (const [index, query] of QUERIES.entries()) {
      const fed = kind === "siglip2" ? applyTextRules(query, text) : query; // its export does not lower case
      const expected = vectorOf(await reference.text(fed), output.text);
      expect(cosine(vectors[index] ?? new Float32Array(), expected)).toBeGreaterThan(0.99999);
    }
  });

  test("another padding would be another vector", async () => {
    await using workspace = await createWorkspace();
    const model = await installModelFolder(workspace.directory, modelFolder(kind));
    const { text } = model.manifest;
    const encode = async (padId: number): Promise<Float32Array> => {
      const changed = { ...model, manifest: { ...model.manifest, text: { ...text, padId } } };
      await using encoder = createHostedEncoder(changed, { textInProcess: true });
      const [vector = new Float32Array()] = await encoder.embedTexts(["a photo of a dog"]);
      return vector;
    };
    expect(cosine(await encode(text.padId), await encode(5))).toBeLessThan(0.99);
  });
});
