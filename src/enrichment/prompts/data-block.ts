/**
 * The part of a prompt that carries what photon knows about a photo. It is the only way in for text of strangers (EXIF,
 * file names, captions, text in pictures, mails): cleaned, capped, marked with its source, and unable to end the block.
 */
import { InternalError } from "../../errors.ts";
import type { ValueSource } from "../inputs.ts";
import { capText, removeInvisible } from "../visible-text.ts";

export type DataValue = string | number | boolean | null | readonly DataValue[] | { readonly [key: string]: DataValue };

export interface DataField {
  /** Unique in its block; what prompts and the privacy ledger call it. */
  readonly name: string;
  readonly value: DataValue;
  readonly source: ValueSource;
  /** Most characters of each text in the value; undefined = 500. */
  readonly cap?: number;
  /** What the request is about: the condenser never drops it. */
  readonly keep?: true;
}

const OPENING_TAG = "<photo_data>";
const CLOSING_TAG = "</photo_data>";
/** Characters of one text. */
const DEFAULT_CAP = 500;
/** Of text read in pictures and of mails. */
export const LONG_TEXT_CAP = 8000;
const MAX_ITEMS = 100;

const cleanValue = (value: DataValue, cap: number): DataValue => {
  if (typeof value === "string") return capText(removeInvisible(value), cap);
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.slice(0, MAX_ITEMS).map((item) => cleanValue(item, cap));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [capText(removeInvisible(key), DEFAULT_CAP), cleanValue(item, cap)]),
  );
};

/** Array.isArray does not narrow readonly arrays. */
const isList = (value: object): value is readonly DataValue[] => Array.isArray(value);

export const cleanField = (field: DataField): DataField => ({
  ...field,
  value: cleanValue(field.value, field.cap ?? DEFAULT_CAP),
});

/** One entry as it stands in the block. */
export const renderField = ({ name, source, value }: DataField): string =>
  `${JSON.stringify(name)}:${JSON.stringify({ source, value })}`;

/**
 * @param fields cleaned
 * @returns `<photo_data>`, a JSON object, `</photo_data>`. No `<` stands in the JSON: as `\u003c` it means the same to a
 *   reader of JSON and cannot make a tag.
 */
export const renderDataBlock = (fields: readonly DataField[]): string => {
  const names = new Set(fields.map(({ name }) => name));
  if (names.size < fields.length) {
    throw new InternalError(`Expected different names for the fields of a data block, received ${[...names].join()}.`);
  }
  const json = `{${fields.map(renderField).join(",\n")}}`.replaceAll("<", String.raw`\u003c`);
  return `${OPENING_TAG}\n${json}\n${CLOSING_TAG}`;
};
