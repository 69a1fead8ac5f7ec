/** How long a provider asks to wait (RFC 9110, section 10.2.3; `retry-after-ms` is a custom of some providers). */
import { DAY, SECOND } from "../../src/clock.ts";

/** @returns milliseconds, at most a day; null when nothing usable is said */
export const retryAfterMs = (headers: Headers | undefined, now: number): number | null => {
  const exact = Number(headers?.get("retry-after-ms"));
  if (exact > 0) return Math.min(exact, DAY);
  const text = headers?.get("retry-after");
  if (text === null || text === undefined || text.trim() === "") return null;
  const seconds = Number(text);
  const wait = Number.isFinite(seconds) ? seconds * SECOND : Date.parse(text) - now;
  return wait > 0 ? Math.min(wait, DAY) : null;
};
