/**
 * The query language: `"2:golden retriever" +pool.jpg -fruit`.
 *
 * - Plain words are one text term.
 * - `+` and `-` belong to the token they touch: one word, one quoted phrase, one file or one photo id.
 * - `N:` weighs what follows. Without quotes it reaches over the plain words up to the next sign or weight.
 * - A token that is an existing file or a photo id (12 or more hex digits) is a picture term.
 * - A shell argument with spaces is one token, as if quoted, unless it holds quotes, signs or weights of its own.
 */
import { InvalidInputError } from "../errors.ts";
import type { SearchTerm, TermSource } from "./types.ts";

export interface QueryReader {
  /** Absolute path when the words name a regular file. */
  readonly fileAt: (path: string) => string | undefined;
}

export interface QueryWords {
  /** Words of the command line, as the shell gave them, or one whole query. */
  readonly words: readonly string[];
  /** Files or photo ids, each with an optional weight `N:`. */
  readonly like?: readonly string[];
  readonly unlike?: readonly string[];
  /** Words that must count against a photo. */
  readonly not?: readonly string[];
}

interface Token {
  readonly sign: "+" | "-" | undefined;
  readonly weight: number | undefined;
  readonly body: string;
  readonly quoted: boolean;
}

const MAX_WEIGHT = 100;
/** `16:9` and `3:30` are words, not weights. */
const WEIGHT = /^(\d+(?:\.\d+)?|\.\d+):(?!\d+$)/;
const PHOTO_ID = /^[0-9a-f]{12,64}$/i;
const PICTURE_FILE = /\.(jpe?g|png|webp|gif|tiff?|bmp|avif|hei[cf]|cr[23]|nef|arw|dng|raf|orf|rw2)$/i;
const TOKEN = /(?:[^\s"]|"[^"]*")+/g;
const OPERATOR_INSIDE = /"|\s(?:[+-]\S|[+-]?(?:\d+(?:\.\d+)?|\.\d+):(?!\d+(?:\s|$)))/;

const checkedWeight = (weight: number, text: string): number => {
  if (weight > 0 && weight <= MAX_WEIGHT) return weight;
  throw new InvalidInputError(`Expected a weight above 0 and up to ${MAX_WEIGHT}, received "${text}".`, {
    hint: "Write 2:beach for twice the weight, -beach for less of it.",
  });
};

const unquoted = (text: string): string => text.replaceAll('"', "").trim();

/** Sign and weight may stand before or inside the quotes: `-"fruit salad"`, `"-fruit salad"`. */
const readToken = (raw: string, whole: boolean): Token => {
  const quoted = whole || raw.includes('"');
  const text = unquoted(raw);
  const sign = text.startsWith("+") ? "+" : text.startsWith("-") ? "-" : undefined;
  const unsigned = sign === undefined ? text : text.slice(1);
  const weight = WEIGHT.exec(unsigned);
  const body = (weight === null ? unsigned : unsigned.slice(weight[0].length)).trim();
  if (body === "" && (sign !== undefined || weight !== null || quoted)) {
    throw new InvalidInputError(`Expected a word, a file or a photo id directly after "${text}", received nothing.`, {
      hint: 'Write the sign against the word: -fruit, +pool.jpg, 2:beach, -"fruit salad".',
    });
  }
  return { sign, weight: weight === null ? undefined : checkedWeight(Number(weight[1]), text), body, quoted };
};

/** A bare word never is a file by accident: it needs a dot or a folder separator. */
const pictureOf = (body: string, { fileAt }: QueryReader): TermSource | undefined => {
  const path = /[./\\]/.test(body) ? fileAt(body) : undefined;
  if (path !== undefined) return { kind: "file", path };
  return PHOTO_ID.test(body) ? { kind: "photo", id: body.toLowerCase() } : undefined;
};

const pictureToken = (word: string, reader: QueryReader): Token | undefined => {
  if (word.includes('"') || word.trim() === "") return undefined;
  const token = readToken(word, true);
  return pictureOf(token.body, reader) === undefined ? undefined : token;
};

const tokensOf = (word: string, reader: QueryReader): readonly Token[] => {
  const picture = pictureToken(word, reader); // first, because a file name may hold spaces and signs
  if (picture !== undefined) return [picture];
  if (!OPERATOR_INSIDE.test(word)) return word.trim() === "" ? [] : [readToken(word, /\s/.test(word.trim()))];
  if ((word.split('"').length - 1) % 2 === 1) {
    throw new InvalidInputError(`Expected a closing quote in the query, received ${word}`, {
      hint: 'Quotes come in pairs: "golden retriever" -fruit.',
    });
  }
  return (word.match(TOKEN) ?? []).map((raw) => readToken(raw, false));
};

const missingPicture = (name: string, body: string): InvalidInputError =>
  new InvalidInputError(`Expected an existing picture file or a photo id for ${name}, received "${body}".`, {
    hint: 'Check the path, or take the id that "photon search" prints (12 or more hex digits).',
  });

const sourceOf = (token: Token, reader: QueryReader): TermSource => {
  const picture = pictureOf(token.body, reader);
  if (picture !== undefined) return picture;
  const isMarked = token.sign !== undefined || token.weight !== undefined;
  if (isMarked && PICTURE_FILE.test(token.body)) throw missingPicture("a picture term", token.body);
  return { kind: "text", text: token.body };
};

const weightOf = ({ sign, weight = 1 }: Token): number => (sign === "-" ? -weight : weight);

/**
 * @param words words of the command line, or one string with the whole query
 * @throws InvalidInputError that says what was expected
 */
export const parseQuery = (words: readonly string[], reader: QueryReader): readonly SearchTerm[] => {
  const terms: SearchTerm[] = [];
  const plain: string[] = [];
  let weighted: { readonly words: string[]; readonly weight: number } | undefined;
  const closeWeighted = (): void => {
    if (weighted !== undefined) {
      terms.push({ source: { kind: "text", text: weighted.words.join(" ") }, weight: weighted.weight });
    }
    weighted = undefined;
  };
  for (const token of words.flatMap((word) => tokensOf(word, reader))) {
    const source = sourceOf(token, reader);
    const isPlain = token.sign === undefined && token.weight === undefined;
    if (source.kind === "text" && isPlain) {
      (weighted?.words ?? plain).push(token.body);
      continue;
    }
    closeWeighted();
    if (source.kind === "text" && token.weight !== undefined && !token.quoted) {
      weighted = { words: [token.body], weight: weightOf(token) };
    } else {
      terms.push({ source, weight: weightOf(token) });
    }
  }
  closeWeighted();
  return plain.length === 0 ? terms : [{ source: { kind: "text", text: plain.join(" ") }, weight: 1 }, ...terms];
};

const parsePicture = (value: string, name: string, reader: QueryReader): SearchTerm => {
  const token = readToken(value, true);
  const source = pictureOf(token.body, reader) ?? pictureOf(value, reader);
  if (source === undefined) throw missingPicture(name, value);
  return { source, weight: token.weight ?? 1 };
};

const negative = (term: SearchTerm): SearchTerm => ({ ...term, weight: -term.weight });

/** The query and the flags that say the same in other words. */
export const parseQueryWords = (
  { words, like = [], unlike = [], not = [] }: QueryWords,
  reader: QueryReader,
): readonly SearchTerm[] => [
  ...parseQuery(words, reader),
  ...like.map((value) => parsePicture(value, "like", reader)),
  ...unlike.map((value) => negative(parsePicture(value, "unlike", reader))),
  ...not.map((value) => {
    const { body, weight = 1 } = readToken(value, true);
    return { source: { kind: "text", text: body }, weight: -weight } as const;
  }),
];
