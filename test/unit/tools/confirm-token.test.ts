import { expect, test } from "vitest";
import { digestOf, mintToken, tokenFits } from "../../../tools/confirm-token.ts";
import { deriveKey } from "../../../tools/library-secret.ts";

const SECRET = "5a".repeat(32);
const key = deriveKey(SECRET, "confirm-token");
const NOW = 1_700_000_000_000;
const digest = digestOf("remove_from_index", "remove", ["b", "a"]);
const { token, expiresAt } = mintToken(key, digest, NOW);

test("a token fits what was previewed, whatever the order of the set, for ten minutes", () => {
  expect(expiresAt).toBe(NOW + 600_000);
  expect(tokenFits(key, token, { digest: digestOf("remove_from_index", "remove", ["a", "b", "a"]), now: NOW })).toBe(
    true,
  );
  expect(tokenFits(key, token, { digest, now: expiresAt - 1 })).toBe(true);
  expect(tokenFits(key, token, { digest, now: expiresAt })).toBe(false);
});

test.each([
  ["another set", digestOf("remove_from_index", "remove", ["a"])],
  ["a larger set", digestOf("remove_from_index", "remove", ["a", "b", "c"])],
  ["another tool", digestOf("review_enrichment", "remove", ["a", "b"])],
  ["another action", digestOf("remove_from_index", "keep", ["a", "b"])],
  ["members put together", digestOf("remove_from_index", "remove", ["a,b"])],
])("a token does not fit %s", (_what, other) => {
  expect(tokenFits(key, token, { digest: other, now: NOW })).toBe(false);
});

test("a token of another library or for another purpose does not fit", () => {
  for (const other of [deriveKey("00".repeat(32), "confirm-token"), deriveKey(SECRET, "request-state")]) {
    expect(tokenFits(other, token, { digest, now: NOW })).toBe(false);
    expect(tokenFits(key, mintToken(other, digest, NOW).token, { digest, now: NOW })).toBe(false);
  }
});

const [until = "", set = "", mac = ""] = token.split(".");
test.each([
  ["nothing", ""],
  ["no seal", `${until}.${set}`],
  ["an empty seal", `${until}.${set}.`],
  ["a later end", `${Number(until) + 1}.${set}.${mac}`],
  ["an end that is no number", `NaN.${set}.${mac}`],
  ["a seal cut short", token.slice(0, -1)],
  ["a seal with another digit", `${until}.${set}.${mac.startsWith("A") ? "B" : "A"}${mac.slice(1)}`],
  ["other characters of the same length", `${until}.${set}.${"é".repeat(mac.length)}`],
  ["a megabyte", "x".repeat(1_000_000)],
])("a token with %s does not fit", (_what, tampered) => {
  expect(tokenFits(key, tampered, { digest, now: NOW })).toBe(false);
});
