/** One record of a run, short enough for a screen. */
import { readFile } from "node:fs/promises";

const LONG_TEXT = 40;
const SHOWN_CHARACTERS = 16;

const shorten = (name: string, value: unknown): unknown => {
  if (name === "embedding" && Array.isArray(value)) return `${value.length} numbers`;
  if (typeof value !== "string" || value.length <= LONG_TEXT || name.endsWith("path")) return value;
  return `${value.slice(0, SHOWN_CHARACTERS)}… (${value.length} characters)`;
};

/** The first record of a JSONL file, its long fields cut, indented. */
export const recordExcerpt = async (path: string): Promise<string> => {
  const [line = "{}"] = (await readFile(path, "utf8")).split("\n", 1);
  return JSON.stringify(JSON.parse(line), shorten, 2);
};
