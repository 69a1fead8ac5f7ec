/** The limits of an answer, read back from the words of the prompt: the schema of a request has none. */

export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface FieldLimits {
  readonly items: Range | undefined;
  readonly characters: Range | undefined;
}

const rangeOf = (words: string, unit: string): Range | undefined => {
  const [, least, most] = new RegExp(`(?:(\\d+) to )?(\\d+) ${unit}`).exec(words) ?? [];
  if (most === undefined) return undefined;
  const number = Number(most);
  if (words.includes(`at most ${most} ${unit}`)) return { least: 0, most: number };
  if (words.includes(`at least ${most} ${unit}`)) return { least: number, most: Infinity };
  return { least: Number(least ?? most), most: number };
};

/** Lines of the prompt such as `- "tags": list of 3 to 5 items, each text of 1 to 40 characters.` */
export const readLimits = (system: string): ((name: string) => FieldLimits) => {
  const words = new Map(
    [...system.matchAll(/^ *- "(\w+)": (.*)$/gm)].map(([, name = "", line = ""]) => [name, line] as const),
  );
  return (name) => {
    const line = words.get(name) ?? "";
    return { items: rangeOf(line, "items"), characters: rangeOf(line, "characters") };
  };
};

/** Headings that a Markdown answer has to have. */
export const requiredHeadings = (system: string): readonly string[] => {
  const list = /with these headings, in this order:\n((?:- .*\n?)*)/.exec(system)?.[1] ?? "";
  return [...list.matchAll(/^- (.*)$/gm)].map(([, heading = ""]) => heading);
};
