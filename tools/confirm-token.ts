/**
 * Tokens that confirm a preview. They hold nothing and are stored nowhere: a seal over the time they end and the digest of
 * what was previewed, so that every process on the library accepts them, and another set needs another preview.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { MINUTE } from "../src/clock.ts";

const VALID_MS = 10 * MINUTE;

/** Of one tool, one action and one set, whatever the order of the set. */
export const digestOf = (tool: string, action: string, members: readonly string[]): string =>
  createHash("sha256")
    .update(JSON.stringify([tool, action, [...new Set(members)].toSorted()]))
    .digest("hex");

const seal = (key: Uint8Array, body: string): string => createHmac("sha256", key).update(body).digest("base64url");

export const mintToken = (
  key: Uint8Array,
  digest: string,
  now: number,
): { readonly token: string; readonly expiresAt: number } => {
  const expiresAt = now + VALID_MS;
  const body = `${expiresAt}.${digest}`;
  return { token: `${body}.${seal(key, body)}`, expiresAt };
};

/** @param key and digest as the token was minted with; `now` in milliseconds UTC */
export const tokenFits = (
  key: Uint8Array,
  token: string,
  { digest, now }: { readonly digest: string; readonly now: number },
): boolean => {
  const [until = "", set = "", mac = ""] = token.split(".");
  const given = Buffer.from(mac);
  const right = Buffer.from(seal(key, `${until}.${set}`));
  return given.length === right.length && timingSafeEqual(given, right) && set === digest && Number(until) > now;
};
