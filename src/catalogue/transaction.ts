/** A transaction that several repositories write in. */
import { randomBytes } from "node:crypto";
import type { Transaction } from "kysely";
import type { CatalogueSchema } from "./schema.ts";

export type Tx = Transaction<CatalogueSchema>;

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base 32
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** A ULID (github.com/ulid/spec): 26 characters that sort by time. */
export const createUlid = (now: number): string => {
  let time = "";
  for (let digit = 0, rest = now; digit < TIME_DIGITS; digit += 1, rest = Math.floor(rest / 32)) {
    time = `${ALPHABET[rest % 32] ?? ""}${time}`;
  }
  const random = Array.from(randomBytes(RANDOM_DIGITS), (byte) => ALPHABET[byte % 32]);
  return `${time}${random.join("")}`;
};
