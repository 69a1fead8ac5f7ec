/**
 * Reads the few fields that resuming needs out of the JSON text of a record, without parsing the rest: a vector and a
 * thumbnail are some 30 KB that would cost half a millisecond. Works on bytes; strings are skipped by searching for
 * their closing quote.
 */

/** Fields of one record, as far as it has them. */
export interface RecordFields {
  readonly type?: string;
  readonly filePath?: string;
  readonly contentHash?: string;
  readonly schemaVersion?: number;
  readonly embeddingModel?: string;
}

export type ScanResult =
  /** `end` is the position after the closing brace. */
  | { readonly kind: "record"; readonly fields: RecordFields; readonly end: number }
  /** The text ends inside the object. */
  | { readonly kind: "incomplete" }
  | { readonly kind: "invalid" };

const FIELDS = {
  type: "type",
  file_path: "filePath",
  content_hash: "contentHash",
  schema_version: "schemaVersion",
  embedding_model: "embeddingModel",
} as const satisfies Readonly<Record<string, keyof RecordFields>>;

const isFieldName = (key: string): key is keyof typeof FIELDS => Object.hasOwn(FIELDS, key);
/** Most keys are told apart by their length alone, without making a string of them. */
const keyLengths = new Set(Object.keys(FIELDS).map(({ length }) => length));
const NUMBERS = Buffer.from("embedding");

const BYTE = {
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  colon: 0x3a,
  openBrace: 0x7b,
  closeBrace: 0x7d,
  openBracket: 0x5b,
  closeBracket: 0x5d,
} as const;

/** The two ways in which a position can be missing. */
const INCOMPLETE = -1;
const INVALID = -2;

const isWhitespace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

export const skipWhitespace = (bytes: Buffer, position: number): number => {
  let next = position;
  while (isWhitespace(bytes[next])) next += 1;
  return next;
};

const isEscaped = (bytes: Buffer, quote: number): boolean => {
  let backslashes = 0;
  while (bytes[quote - 1 - backslashes] === BYTE.backslash) backslashes += 1;
  return backslashes % 2 === 1;
};

/** @param position of the opening quote */
const skipString = (bytes: Buffer, position: number): number => {
  let quote = bytes.indexOf(BYTE.quote, position + 1);
  while (quote !== -1 && isEscaped(bytes, quote)) quote = bytes.indexOf(BYTE.quote, quote + 1);
  return quote === -1 ? INCOMPLETE : quote + 1;
};

/** @param position of the opening bracket or brace */
const skipNested = (bytes: Buffer, position: number): number => {
  let depth = 0;
  for (let next = position; next < bytes.length;) {
    const byte = bytes[next];
    if (byte === BYTE.quote) {
      next = skipString(bytes, next);
      if (next < 0) return next;
      continue;
    }
    if (byte === BYTE.openBrace || byte === BYTE.openBracket) depth += 1;
    if (byte === BYTE.closeBrace || byte === BYTE.closeBracket) depth -= 1;
    next += 1;
    if (depth === 0) return next;
  }
  return INCOMPLETE;
};

/** An array of numbers ends at the first bracket; thousands of digits are passed in one search. */
const skipNumbers = (bytes: Buffer, position: number): number => {
  const close = bytes.indexOf(BYTE.closeBracket, position);
  if (close === -1) return INCOMPLETE;
  const open = bytes.indexOf(BYTE.openBracket, position + 1);
  return open !== -1 && open < close ? skipNested(bytes, position) : close + 1;
};

const isEndOfScalar = (byte: number | undefined): boolean =>
  byte === BYTE.comma || byte === BYTE.closeBrace || byte === BYTE.closeBracket || isWhitespace(byte);

const skipScalar = (bytes: Buffer, position: number): number => {
  let next = position;
  while (next < bytes.length && !isEndOfScalar(bytes[next])) next += 1;
  if (next === bytes.length) return INCOMPLETE;
  return next === position ? INVALID : next;
};

const skipValue = (bytes: Buffer, position: number, isNumbers: boolean): number => {
  const byte = bytes[position];
  if (byte === BYTE.quote) return skipString(bytes, position);
  if (byte === BYTE.openBracket && isNumbers) return skipNumbers(bytes, position);
  if (byte === BYTE.openBracket || byte === BYTE.openBrace) return skipNested(bytes, position);
  return skipScalar(bytes, position);
};

const failed = (position: number): ScanResult => ({ kind: position === INCOMPLETE ? "incomplete" : "invalid" });
const endOrInvalid = (bytes: Buffer, position: number): ScanResult =>
  failed(position >= bytes.length ? INCOMPLETE : INVALID);

const parseScalar = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller calls the record invalid
  }
};

/** Fields of another type than ours belong to someone else and are passed over. */
const fieldOf = (key: keyof typeof FIELDS, value: unknown): RecordFields =>
  typeof value === (key === "schema_version" ? "number" : "string") ? { [FIELDS[key]]: value } : {};

/** @param start position of the opening brace */
export const scanRecord = (bytes: Buffer, start: number): ScanResult => {
  let fields: RecordFields = {};
  let position = skipWhitespace(bytes, start + 1);
  if (bytes[position] === BYTE.closeBrace) return { kind: "record", fields, end: position + 1 };
  for (;;) {
    if (bytes[position] !== BYTE.quote) return endOrInvalid(bytes, position);
    const keyEnd = skipString(bytes, position);
    if (keyEnd < 0) return failed(keyEnd);
    const keyStart = position + 1;
    const keyLength = keyEnd - 1 - keyStart;
    const colon = skipWhitespace(bytes, keyEnd);
    if (bytes[colon] !== BYTE.colon) return endOrInvalid(bytes, colon);
    const valueStart = skipWhitespace(bytes, colon + 1);
    const isNumbers = keyLength === NUMBERS.length && NUMBERS.compare(bytes, keyStart, keyEnd - 1) === 0;
    const valueEnd = skipValue(bytes, valueStart, isNumbers);
    if (valueEnd < 0) return failed(valueEnd);
    const key = keyLengths.has(keyLength) ? bytes.toString("latin1", keyStart, keyEnd - 1) : "";
    if (isFieldName(key)) {
      const value = parseScalar(bytes.toString("utf8", valueStart, valueEnd));
      if (value === undefined) return { kind: "invalid" };
      fields = { ...fields, ...fieldOf(key, value) };
    }
    position = skipWhitespace(bytes, valueEnd);
    if (bytes[position] === BYTE.closeBrace) return { kind: "record", fields, end: position + 1 };
    if (bytes[position] !== BYTE.comma) return endOrInvalid(bytes, position);
    position = skipWhitespace(bytes, position + 1);
  }
};
