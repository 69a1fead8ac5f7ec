/** Tells an address what happened: one signed request, no redirects, nothing read of the answer but its status. */
import { createHmac } from "node:crypto";
import { SECOND } from "../clock.ts";

const DEADLINE_MS = 10 * SECOND;

export interface WebhookMessage {
  /** The record of the outbox, as JSON. */
  readonly body: string;
  /** Of the outbox: receivers drop what they have seen before. */
  readonly eventId: number;
}

export interface WebhookAddress {
  readonly url: string;
  /** undefined = what is sent is not signed. */
  readonly secret: string | undefined;
}

export type WebhookAnswer =
  | { readonly ok: true }
  /** Public code: `HTTP_<status>`, `TIMEOUT` or `UNREACHABLE`. */
  | { readonly ok: false; readonly code: string };

/** `sha256=` and the HMAC-SHA-256 of the body in hex. */
const webhookSignature = (body: string, secret: string): string =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

/** @throws the signal's reason when it aborts */
export const sendWebhook = async (
  { url, secret }: WebhookAddress,
  { body, eventId }: WebhookMessage,
  signal: AbortSignal,
): Promise<WebhookAnswer> => {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "user-agent": "photon",
        "x-photon-event": String(eventId),
        ...(secret === undefined ? {} : { "x-photon-signature": webhookSignature(body, secret) }),
      },
      redirect: "manual",
      signal: AbortSignal.any([signal, deadline]),
    });
    await response.body?.cancel();
    return response.ok ? { ok: true } : { ok: false, code: `HTTP_${response.status}` };
  } catch {
    signal.throwIfAborted();
    return { ok: false, code: deadline.aborted ? "TIMEOUT" : "UNREACHABLE" }; // its text may name the address
  }
};
