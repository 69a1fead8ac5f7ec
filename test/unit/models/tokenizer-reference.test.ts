/**
 * Token ids against two references: ids recorded from the tokenizers library in Rust (0.23.3, `encode` with its own
 * truncation, fixtures/tokenizer-ids.json), and transformers.js as its users call it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CLIPTokenizer, GemmaTokenizer, SiglipTokenizer } from "transformers-reference";
import { describe, expect, test } from "vitest";
import { applyTextRules, createTextTokenizer } from "../../../models/embedding/tokenizer.ts";
import type { TextRules } from "../../../models/embedding/tokenizer.ts";
import { clipVitBase32 } from "../../../models/embedding/manifests/clip-vit-base-patch32.ts";
import recorded from "../../fixtures/tokenizer-ids.json" with { type: "json" };
import { FOLDER_KINDS, modelFolder } from "../../support/model-folders/model-folder.ts";
import type { FolderKind } from "../../support/model-folders/model-folder.ts";
import { TEXTS } from "../../support/model-folders/texts.ts";

type Recorded = Readonly<Record<string, Readonly<Record<FolderKind | "clip-openai", readonly number[]>>>>;
const RECORDED: Recorded = recorded;

const padded = (ids: readonly number[], { length, padId }: TextRules): readonly number[] => [
  ...ids,
  ...Array.from({ length: length - ids.length }, () => padId),
];

const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

const parse = (bytes: Uint8Array | undefined): object => JSON.parse(new TextDecoder().decode(bytes)) as object;

const CLIP_PATH = join(import.meta.dirname, "../../../../shared/models/clip/tokenizer.json");

test("every text has recorded ids", () => {
  expect(Object.keys(RECORDED).toSorted()).toEqual(TEXTS.toSorted());
});

interface Encoding {
  readonly input_ids: { readonly data: BigInt64Array };
}
type Reference = (text: string, options: object) => Encoding;
const CLASSES = { siglip: SiglipTokenizer, siglip2: GemmaTokenizer, clip: CLIPTokenizer } as const;

describe.each(FOLDER_KINDS)("a tokenizer of the type of %s", (kind) => {
  const folder = modelFolder(kind);
  const { text: rules } = folder.recipe;
  const tokenizerJson = parse(folder.files["tokenizer.json"]);
  const ours = createTextTokenizer(tokenizerJson, rules);
  // Callable, which its types do not say.
  const reference = new CLASSES[kind](
    tokenizerJson,
    parse(folder.files["tokenizer_config.json"]),
  ) as unknown as Reference;

  test.each(TEXTS.map((text) => [shown(text), text] as const))("%s", async (_, text) => {
    const ids = (await ours).encode(text);
    expect(ids).toEqual(padded(RECORDED[text]?.[kind] ?? [], rules));
    // SigLIP 2 was trained on lower-case texts, but its export does not lower them: callers have to.
    const fed = kind === "siglip2" ? applyTextRules(text, rules) : text;
    const options = { padding: "max_length", max_length: rules.length, truncation: true };
    const theirs = Array.from(reference(fed, options).input_ids.data, Number);
    // transformers.js cuts the end mark off a text that is too long; the library in Rust keeps it, as training did.
    const isCut = theirs.at(-1) !== ids.at(-1);
    expect(theirs.slice(0, isCut ? -1 : undefined)).toEqual(ids.slice(0, isCut ? -1 : undefined));
    if (isCut) expect(RECORDED[text]?.[kind]).toHaveLength(rules.length);
  });

  test("texts of other scripts keep apart what the vocabulary allows", async () => {
    const [first, second] = [(await ours).encode("日没の海辺"), (await ours).encode("海边日落")];
    if (kind === "siglip") expect(first).toEqual(second);
    else expect(first).not.toEqual(second);
  });
});

describe.skipIf(!existsSync(CLIP_PATH))("CLIP's own tokenizer (skipped when ../shared/models is absent)", () => {
  test.each(TEXTS.map((text) => [shown(text), text] as const))("%s", async (_, text) => {
    const rules = clipVitBase32.text;
    const tokenizer = await createTextTokenizer(parse(readFileSync(CLIP_PATH)), rules);
    expect(tokenizer.encode(text)).toEqual(padded(RECORDED[text]?.["clip-openai"] ?? [], rules));
  });

  test("gives the golden ids of the manifest", async () => {
    const rules = clipVitBase32.text;
    const tokenizer = await createTextTokenizer(parse(readFileSync(CLIP_PATH)), rules);
    for (const { text, ids } of clipVitBase32.golden.texts) expect(tokenizer.encode(text)).toEqual(padded(ids, rules));
  });
});
