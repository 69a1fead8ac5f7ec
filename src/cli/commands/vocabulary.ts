/** `photon vocabulary list|preview`. */
import { z } from "zod";
import type { VocabularyApi, VocabularyPreview } from "../../app/vocabulary.ts";
import { InvalidInputError } from "../../errors.ts";
import { defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { formatCount, formatJson, formatPlural, formatTable } from "../terminal.ts";

const setFlag = flag(
  "--set <name>",
  z.array(z.string()).optional(),
  "Use this vocabulary instead of those in the settings. Repeatable.",
  { config: "tagging.vocabulary.sets" },
);
const blockFlag = flag(
  "--block <word>",
  z.array(z.string()).optional(),
  "Leave this tag out, instead of those the settings leave out. Repeatable.",
  { config: "tagging.vocabulary.blocked" },
);

const SHOWN_ANCESTORS = 2;

export const vocabularyListCommand = defineCommand({
  options: z.object({
    category: flag("--category <name>", z.string().optional(), "Only terms of this category: animal, food, place."),
    set: setFlag,
    block: blockFlag,
    json: jsonFlag,
  }),
  details:
    "Shows name, category, what it is a kind of, and synonyms. A model with a word list of its own is asked only for terms it knows.",
  examples: [
    { command: "photon vocabulary list", does: "every tag the settings allow" },
    { command: "photon vocabulary list --category animal", does: "one category" },
    { command: "photon vocabulary list --set wordnet --json", does: "another set, for programs" },
  ],
  async run({ category, json }, { photon, stdout }) {
    const library: VocabularyApi = await photon();
    const { model, terms } = await library.vocabulary();
    const wanted = terms.filter((term) => category === undefined || term.category === category);
    const categories = [...new Set(terms.map((term) => term.category))].toSorted();
    if (category !== undefined && wanted.length === 0) {
      throw new InvalidInputError(`Expected a category with terms for --category, received ${category}.`, {
        hint: `The vocabulary has terms in: ${categories.join(", ")}.`,
      });
    }
    if (json) {
      await stdout.line(formatJson({ model, terms: wanted }));
      return EXIT.done;
    }
    const head = ["tag", "category", "a kind of", "synonyms"].map((name) => stdout.style("dim", name));
    const rows = wanted.map((term) => [
      term.name,
      term.category,
      term.ancestors.slice(0, SHOWN_ANCESTORS).join(", "),
      term.synonyms.join(", "),
    ]);
    await stdout.write(formatTable([head, ...rows]));
    return EXIT.done;
  },
});

/** Names of each list that people are shown; `--json` has all. */
const SHOWN_NAMES = 12;

const namesText = (title: string, names: readonly string[]): string => {
  if (names.length === 0) return "";
  const more = names.length - SHOWN_NAMES;
  const rest = more > 0 ? ` and ${formatCount(more)} more` : "";
  return `${title} (${formatCount(names.length)}): ${names.slice(0, SHOWN_NAMES).join(", ")}${rest}\n`;
};

const costText = ({ cost }: VocabularyPreview): string => {
  if (cost === undefined) return "No photo has a vector yet: nothing to tag anew.\n";
  const { photos, prompts, promptSeconds = 0 } = cost;
  if (photos === 0 && prompts === 0) return "All tags are current.\n";
  const encoding =
    prompts === 0
      ? ""
      : `, after encoding ${formatPlural(prompts, "prompt")} (about ${formatCount(Math.ceil(promptSeconds))} s)`;
  return `"photon retag" would look at ${formatPlural(photos, "photo")}${encoding}. No photo file is read.\n`;
};

const changesText = ({ changes }: VocabularyPreview): string => {
  if (changes === undefined) return "";
  if (changes.added.length + changes.removed.length === 0) return "The same terms as those of the last tags.\n";
  return namesText("comes in", changes.added) + namesText("goes", changes.removed);
};

const previewText = (preview: VocabularyPreview): string => {
  const categories = Object.entries(preview.categories).map(([name, count]) => `${name} ${formatCount(count)}`);
  return [
    `${formatPlural(preview.terms, "term")}${preview.model === undefined ? "" : ` for ${preview.model}`}: ${categories.join(", ")}\n`,
    changesText(preview),
    namesText("blocked", preview.blocked),
    namesText("unknown to the model", preview.unknown),
    costText(preview),
  ].join("");
};

export const vocabularyPreviewCommand = defineCommand({
  options: z.object({ set: setFlag, block: blockFlag, json: jsonFlag }),
  details:
    "Shows what the settings, or --set and --block in their place, make of the vocabulary: which terms come in and go beside the last tags, and what tagging anew would cost. Writes nothing; apply it with photon retag.",
  examples: [
    { command: "photon vocabulary preview", does: "the effect of the settings of now" },
    { command: "photon vocabulary preview --set visual --set garden", does: "with your own vocabulary garden.json" },
    { command: "photon vocabulary preview --block category:mood --block insect", does: "without some tags" },
  ],
  async run({ json }, { photon, stdout, stderr }, signal) {
    const library: VocabularyApi = await photon();
    const preview = await library.previewVocabulary({ signal });
    if (json) {
      await stdout.line(formatJson(preview));
      return EXIT.done;
    }
    await stdout.write(previewText(preview));
    for (const word of preview.blockedWithoutEffect) {
      await stderr.line(
        `"${word}" of tagging.vocabulary.blocked blocks nothing. "photon vocabulary list" shows the names.`,
      );
    }
    for (const set of preview.unusedSets) {
      await stderr.line(`${set}.json is not used: add "${set}" to tagging.vocabulary.sets.`);
    }
    return EXIT.done;
  },
});
