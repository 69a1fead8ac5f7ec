/** A transaction that several repositories write in. */
import { randomFillSync } from "node:crypto";
import type { Transaction } from "kysely";
import type { CatalogueSchema } from "./schema.ts";

export type Tx = Transaction<CatalogueSchema>;

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base 32
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** Random bytes are drawn for many ids at a time: each draw costs as much as dozens of bytes. */
const pool = Buffer.alloc(64 * RANDOM_DIGITS);
let used = pool.length;

const randomDigits = (): string => {
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let digits = "";
  for (const end = used + RANDOM_DIGITS; used < end; used += 1) digits += ALPHABET[(pool[used] ?? 0) % ALPHABET.length];
  return digits;
};

/** A ULID (github.com/ulid/spec): 26 characters that sort by time. */
export const createUlid = (now: number): string => {
  let time = "";
  for (let digit = 0, rest = now; digit < TIME_DIGITS; digit += 1, rest = Math.floor(rest / 32)) {
    time = `${ALPHABET[rest % 32] ?? ""}${time}`;
  }
  return `${time}${randomDigits()}`;
};
