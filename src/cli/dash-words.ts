/** Arguments that start with a dash (`photon search sunset -fruit`), which commander would take for short flags. */
import type { CommandEntry } from "./commands.ts";

/** A private-use character; it never stands in what a person types. */
const MARK = "\uE000";

export const unmark = (text: string): string => text.replaceAll(MARK, "");

/** First word that is neither a flag nor the value of the global `--config`. */
const firstName = (words: readonly string[]): string | undefined =>
  words.find((word, index) => !word.startsWith("-") && words[index - 1] !== "--config");

/** Marks words such as `-fruit` of commands that take them; single letters (`-v`) stay flags. */
export const markDashWords = (words: readonly string[], commands: readonly CommandEntry[]): readonly string[] => {
  const name = firstName(words);
  if (commands.find((entry) => entry.name === name)?.dashWords !== true) return words;
  return words.map((word) => (/^-[^-]./.test(word) ? MARK + word : word));
};
