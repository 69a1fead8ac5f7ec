/** What the sample encoder can tell, see the concepts it is painted from: a user's vocabulary in libraries of tests. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { VocabularyEntry } from "../../../models/embedding/vocabulary.ts";

const term = (
  name: string,
  category: VocabularyEntry["category"],
  ancestors: readonly string[] = [],
  synonyms: readonly string[] = [],
): VocabularyEntry => ({ id: `sample/${name}`, name, category, ancestors, synonyms });

export const sampleVocabulary: readonly VocabularyEntry[] = [
  term("sunset", "time", ["sky"], ["sunrise", "dusk"]),
  term("beach", "place", ["sea"], ["shore", "coast"]),
  term("sea", "place", [], ["ocean", "lake"]),
  term("boat", "object", ["sea"], ["ship", "sailboat"]),
  term("snow", "weather", [], ["winter"]),
  term("mountain", "place", [], ["peak"]),
  term("forest", "place", ["tree"], ["woods"]),
  term("tree", "object"),
  term("meadow", "place", [], ["field", "grass"]),
  term("flower", "object", [], ["blossom"]),
  term("desert", "place", [], ["dune"]),
  term("night", "time", ["dark"], ["stars"]),
  term("fireworks", "event", ["night", "dark"]),
  term("street", "place", ["city"], ["road"]),
  term("city", "place", [], ["skyline"]),
  term("rain", "weather", [], ["fog"]),
  term("document", "document", ["white"], ["receipt", "paper"]),
  term("people", "person", [], ["portrait"]),
  term("sky", "scene", [], ["clouds"]),
  term("autumn", "season", [], ["foliage"]),
  term("bright", "style"),
  term("dark", "style"),
  ...["black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"].map((colour) =>
    term(colour, "colour"),
  ),
];

/** Name of the set in `tagging.vocabulary.sets`. */
export const SAMPLE_SET = "sample";

/** @param folder value of `tagging.vocabulary.dir`; made when it is missing */
export const writeSampleVocabulary = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const terms = sampleVocabulary.map(({ id: _id, ...term }) => term);
  await writeFile(join(folder, `${SAMPLE_SET}.json`), JSON.stringify(terms));
};
