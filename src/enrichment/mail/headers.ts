/** Headers of mails: RFC 5322 fields, RFC 2045 parameters, RFC 2047 words. */
import { decodeBytes, decodeEscapes } from "./encodings.ts";

export type Headers = ReadonlyMap<string, string>;

/** `text/plain; charset="utf-8"` */
export interface ContentType {
  /** Lower case. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Folded lines are one line; of a field that comes twice the first counts. */
export const parseHeaders = (text: string): Headers => {
  const headers = new Map<string, string>();
  for (const line of text.replaceAll(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
};

const PARAMETER = /;\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/g;

export const parseContentType = (value: string | undefined): ContentType => {
  const [type = ""] = (value ?? "text/plain").split(";");
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, bare] of (value ?? "").matchAll(PARAMETER)) {
    parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? bare ?? "");
  }
  return { type: type.trim().toLowerCase(), parameters };
};

const ENCODED_WORD = /=\?([^?\s]+)\?([bqBQ])\?([^?\s]*)\?=/g;

const decodeWord = (charset: string, encoding: string, text: string): string => {
  const bytes = encoding.toLowerCase() === "b" ? Buffer.from(text, "base64") : decodeEscapes(text.replaceAll("_", " "));
  return decodeBytes(bytes, charset.split("*")[0]); // a language may follow the charset (RFC 2231)
};

/** `=?utf-8?Q?Gr=C3=BC=C3=9Fe?=` as people read it; blanks between two such words belong to neither. */
export const decodeWords = (value: string): string =>
  value
    .replaceAll(/(\?=)\s+(=\?)/g, "$1$2")
    .replaceAll(ENCODED_WORD, (_whole, charset: string, encoding: string, text: string) =>
      decodeWord(charset, encoding, text),
    );

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** The day of sending as the sender's calendar has it, `2026-03-04`; undefined when the field is no date. */
export const parseMailDate = (value: string | undefined): string | undefined => {
  const [, day = "", monthName = "", year = ""] =
    /(?:^|[\s,])(\d{1,2})\s+([A-Za-z]{3})[a-z]*\s+(\d{4})\b/.exec(value ?? "") ?? [];
  const month = MONTHS.indexOf(monthName.toLowerCase()) + 1;
  if (month === 0 || Number(day) < 1 || Number(day) > 31) return undefined;
  return `${year}-${String(month).padStart(2, "0")}-${day.padStart(2, "0")}`;
};
