/** Whether a text is in the language that was asked for, as far as that can be told without a model. */
import type { Issue } from "../parsing/issues.ts";

/** Fewer letters say nothing. */
const MIN_LETTERS = 12;
/** Share of letters in the scripts of the language; names and quotations of other scripts take the rest. */
const MIN_SHARE = 0.5;
/** Scripts of Intl that are written with several of Unicode's. */
const UNICODE_SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  Jpan: ["Hira", "Kana", "Hani"],
  Kore: ["Hang", "Hani"],
  Hans: ["Hani"],
  Hant: ["Hani"],
};

const localeOf = (tag: string): Intl.Locale | undefined => {
  try {
    return new Intl.Locale(tag).maximize();
  } catch {
    return undefined; // not a tag of BCP 47
  }
};

export const isLanguageTag = (tag: string): boolean => localeOf(tag) !== undefined;

/** Regions do not count: `es-MX` is Spanish. */
export const isSameLanguage = (left: string, right: string): boolean => {
  const [leftLanguage, rightLanguage] = [localeOf(left)?.language, localeOf(right)?.language];
  return leftLanguage !== undefined && leftLanguage === rightLanguage;
};

const scriptPattern = (script: string): RegExp => {
  const names = UNICODE_SCRIPTS[script] ?? [script];
  return new RegExp(`[${names.map((name) => `\\p{Script_Extensions=${name}}`).join("")}]`, "gu");
};

/** False only when the letters are those of other languages; Spanish and English cannot be told apart here. */
export const mayBeInLanguage = (text: string, language: string): boolean => {
  const letters = (text.match(/\p{L}/gu) ?? []).join("");
  const script = localeOf(language)?.script;
  if (letters.length < MIN_LETTERS || script === undefined) return true;
  const fitting = (letters.match(scriptPattern(script)) ?? []).join("");
  return fitting.length / letters.length >= MIN_SHARE;
};

export const languageIssues = (path: string, text: string | null, language: string): readonly Issue[] =>
  text === null || mayBeInLanguage(text, language)
    ? []
    : [{ path, rule: `must be written in the language ${JSON.stringify(language)}` }];
