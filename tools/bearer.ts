/** The token in an Authorization header. */
import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();

/** Takes as long for a wrong token as for the right one, whatever its length. */
export const isBearer = (header: string | undefined, token: string): boolean => {
  const [, given = ""] = /^Bearer +(\S+)$/i.exec(header ?? "") ?? [];
  return timingSafeEqual(digest(given), digest(token));
};
