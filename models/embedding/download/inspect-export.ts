/** Names, shapes and token ids as the downloaded files have them: they decide, whatever the configuration files say. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ConfigError } from "../../../src/errors.ts";
import { openSession } from "../inference-session.ts";
import type { ModelManifest } from "../manifest.ts";
import { fileOfRole } from "../manifest.ts";

/** In order of preference; `last_hidden_state` is never the vector. */
const OUTPUTS = {
  vision: ["image_embeds", "pooler_output"],
  text: ["text_embeds", "pooler_output"],
} as const;
const MASK = "attention_mask";

const tokenizerSchema = z.object({
  added_tokens: z.array(z.object({ id: z.int().nonnegative(), content: z.string() })).default([]),
});

/** Contents of the tokens at the ends of a text, in the order in which tokenizers of these kinds name them. */
const TOKENS = {
  bosId: ["<|startoftext|>", "<bos>", "<s>"],
  eosId: ["<|endoftext|>", "<eos>", "</s>"],
} as const;

interface Graph {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly dimension: number | undefined;
}

const refuse = (id: string, expected: string, received: string): ConfigError =>
  new ConfigError(`expected ${expected} for ${id}, received ${received}`, {
    hint: "photon cannot run this export; look for another one of the same model.",
  });

const inspectGraph = async (manifest: ModelManifest, directory: string, role: "vision" | "text"): Promise<Graph> => {
  const path = join(directory, fileOfRole(manifest, role).path);
  const { session } = await openSession(path, { threads: 1, device: "cpu" });
  try {
    const output = OUTPUTS[role].find((name) => session.outputNames.includes(name));
    if (output === undefined) {
      throw refuse(manifest.id, `an output ${OUTPUTS[role].join(" or ")}`, session.outputNames.join(", "));
    }
    const facts = session.outputMetadata.find(({ name }) => name === output);
    const last = facts?.isTensor === true ? facts.shape.at(-1) : undefined;
    return { inputs: session.inputNames, output, dimension: typeof last === "number" ? last : undefined };
  } finally {
    await session.release();
  }
};

const correctText = async (
  manifest: ModelManifest,
  directory: string,
  inputs: readonly string[],
): Promise<ModelManifest["text"]> => {
  const { text } = manifest;
  const tokenizer: unknown = JSON.parse(
    await readFile(join(directory, fileOfRole(manifest, "tokenizer").path), "utf8"),
  );
  const { added_tokens: tokens } = tokenizerSchema.parse(tokenizer);
  const idOf = (contents: readonly string[]): number | undefined =>
    contents.map((content) => tokens.find((token) => token.content === content)?.id).find((id) => id !== undefined);
  const eosId = idOf(TOKENS.eosId) ?? text.eosId;
  const bosId = text.bosId === undefined ? undefined : (idOf(TOKENS.bosId) ?? text.bosId);
  return {
    ...text,
    eosId,
    ...(bosId === undefined ? {} : { bosId }),
    padId: text.padId === text.eosId ? eosId : (idOf(["<pad>"]) ?? text.padId),
    mask: inputs.includes(MASK),
  };
};

/** @throws ConfigError when the graphs are not those of a dual encoder */
export const inspectExport = async (manifest: ModelManifest, directory: string): Promise<ModelManifest> => {
  const vision = await inspectGraph(manifest, directory, "vision");
  const text = await inspectGraph(manifest, directory, "text");
  const dimension = vision.dimension ?? text.dimension ?? manifest.dimension;
  if ((text.dimension ?? dimension) !== dimension) {
    throw refuse(manifest.id, "towers of one dimension", `${dimension} and ${text.dimension}`);
  }
  return {
    ...manifest,
    dimension,
    output: { vision: vision.output, text: text.output },
    text: await correctText(manifest, directory, text.inputs),
  };
};
